import {
  type _Object,
  HeadObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  type ObjectVersion,
} from '@aws-sdk/client-s3';
import type { Timestamp } from '@surety/evidence';
import { checkKey, checkPrefix, isSegment } from '../key.ts';
import type { StoredObject } from '../store.ts';
import type { S3Reach } from './client.ts';
import { failureOf, isMissing, s3Error } from './error.ts';
import { lockedUntil } from './lock.ts';

/** An object as the store describes it. */
export type Seen = StoredObject & {
  readonly lockedUntil: Timestamp | null;
  /** Without its quotes. */
  readonly etag: string;
  /** Base64, with `-N` behind it where it was made of N parts; `null` where the store keeps none. */
  readonly checksum: string | null;
};

/** `null` where there is none. */
export async function lookAt(reach: S3Reach, key: string, version: string | null): Promise<Seen | null> {
  checkKey(key);
  try {
    const head = await reach.client.send(
      new HeadObjectCommand({
        Bucket: reach.bucket,
        Key: reach.prefix + key,
        ...(version !== null && { VersionId: version }),
        ChecksumMode: 'ENABLED',
      }),
      { abortSignal: reach.signal },
    );
    return {
      key,
      bytes: head.ContentLength ?? -1,
      version: reach.versioned ? (head.VersionId ?? null) : null,
      modified: (head.LastModified ?? new Date(0)).toISOString(),
      lockedUntil: lockedUntil(head),
      etag: bare(head.ETag),
      checksum: head.ChecksumSHA256 ?? null,
    };
  } catch (error) {
    const failure = failureOf(error);
    // 400: no version could ever have that name.
    if (failure !== null && (isMissing(failure) || (version !== null && failure.status === 400))) return null;
    throw s3Error(reach.name, `look at ${key}`, null, error);
  }
}

const bare = (etag: string | undefined): string => (etag ?? '').replaceAll('"', '');

export type Listed = StoredObject & { readonly latest: boolean; readonly etag: string };

/** Every version below a prefix, by key; of one key, the oldest first. What is no key of ours is left out. */
export async function* listAll(reach: S3Reach, prefix: string): AsyncGenerator<Listed> {
  checkPrefix(prefix);
  let versions: Listed[] = [];
  for await (const one of reach.versioned ? versionsBelow(reach, prefix) : objectsBelow(reach, prefix)) {
    if (!one.key.split('/').every(isSegment)) continue;
    if (versions[0] !== undefined && versions[0].key !== one.key) {
      yield* versions.reverse();
      versions = [];
    }
    versions.push(one);
  }
  yield* versions.reverse();
}

/** The versions of one key, oldest first. */
export async function versionsOf(reach: S3Reach, key: string): Promise<Listed[]> {
  const found: Listed[] = [];
  for await (const one of listAll(reach, key)) {
    // A longer key that begins so: everything after it is longer, too.
    if (one.key !== key) break;
    found.push(one);
  }
  return found;
}

type Page = {
  readonly KeyMarker: string | undefined;
  readonly VersionIdMarker: string | undefined;
};

async function* versionsBelow(reach: S3Reach, prefix: string): AsyncGenerator<Listed> {
  let page: Page | null = { KeyMarker: undefined, VersionIdMarker: undefined };
  while (page !== null) {
    const answer = await listing(reach, prefix, () =>
      reach.client.send(
        new ListObjectVersionsCommand({ Bucket: reach.bucket, Prefix: reach.prefix + prefix, ...page }),
        { abortSignal: reach.signal },
      ),
    );
    for (const one of answer.Versions ?? []) {
      yield listed(reach, one, one.VersionId ?? null, one.IsLatest === true);
    }
    page = nextPage(answer.IsTruncated === true, page, {
      KeyMarker: answer.NextKeyMarker,
      VersionIdMarker: answer.NextVersionIdMarker,
    });
  }
}

/** A page that says that there is more, and not where, would be asked for again for ever. */
function nextPage(truncated: boolean, page: Page, next: Page): Page | null {
  if (!truncated) return null;
  if (
    next.KeyMarker === undefined ||
    (next.KeyMarker === page.KeyMarker && next.VersionIdMarker === page.VersionIdMarker)
  ) {
    throw new Error('the listing does not go on where it says that there is more');
  }
  return next;
}

async function* objectsBelow(reach: S3Reach, prefix: string): AsyncGenerator<Listed> {
  let token: string | undefined;
  do {
    const answer = await listing(reach, prefix, () =>
      reach.client.send(
        new ListObjectsV2Command({
          Bucket: reach.bucket,
          Prefix: reach.prefix + prefix,
          ContinuationToken: token,
        }),
        { abortSignal: reach.signal },
      ),
    );
    for (const one of answer.Contents ?? []) yield listed(reach, one, null, true);
    token = nextToken(answer.IsTruncated === true, token, answer.NextContinuationToken);
  } while (token !== undefined);
}

function nextToken(
  truncated: boolean,
  token: string | undefined,
  next: string | undefined,
): string | undefined {
  if (!truncated) return undefined;
  if (next === undefined || next === token) {
    throw new Error('the listing does not go on where it says that there is more');
  }
  return next;
}

async function listing<T>(reach: S3Reach, prefix: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    throw s3Error(reach.name, `list ${prefix}`, null, error);
  }
}

function listed(
  reach: S3Reach,
  one: ObjectVersion | _Object,
  version: string | null,
  latest: boolean,
): Listed {
  return {
    key: (one.Key ?? '').slice(reach.prefix.length),
    bytes: one.Size ?? -1,
    version,
    modified: (one.LastModified ?? new Date(0)).toISOString(),
    latest,
    etag: bare(one.ETag),
  };
}
