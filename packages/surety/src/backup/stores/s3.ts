import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { BlindError, SuretyError } from '../../core/error.ts';
import { checkPrefix } from './key.ts';
import { refusals } from './refusals.ts';
import { tryOverwrite, tryRemove, tryShorten } from './s3/attacks.ts';
import { isR2, makeClient, type S3Facts, type S3Reach, type Tuning, usualTuning } from './s3/client.ts';
import { failureOf, isDenied, isMissing, isUnknownThere, s3Error } from './s3/error.ts';
import { listAll, lookAt } from './s3/look.ts';
import { putObject } from './s3/put.ts';
import { readObject } from './s3/read.ts';
import type { Store, StoreContext, Unfinished } from './store.ts';

/**
 * A bucket of S3 or of what speaks like it. Nothing is overwritten, and each object is of one version, which the manifest names.
 *
 * @throws {BlindError} when it does not answer, or does not let us look
 * @throws {SuretyError} `store/no-lock`, `store/plaintext`, `store/region`: it is not what the estate says
 */
export async function openS3(
  name: string,
  facts: S3Facts,
  { secret, signal }: StoreContext,
  tuning: Tuning = usualTuning,
): Promise<Store> {
  secret(facts.secretAccessKey);
  secret(facts.accessKeyId);
  const { client, clock } = makeClient(name, facts, tuning);
  const { bucket, prefix, lock } = facts;
  try {
    const versioned = await lookAtBucket(name, facts, client, signal);
    const evenParts = isR2(facts);
    const knows = { rung: 0 };
    return storeOf({
      name,
      client,
      bucket,
      prefix,
      lock,
      versioned,
      evenParts,
      tuning,
      knows,
      clock,
      signal,
    });
  } catch (error) {
    client.destroy();
    throw s3Error(name, `open bucket ${bucket}`, null, error);
  }
}

/** Whether it keeps versions. */
async function lookAtBucket(
  name: string,
  facts: S3Facts,
  client: S3Client,
  signal: AbortSignal,
): Promise<boolean> {
  const at = { Bucket: facts.bucket };
  const options = { abortSignal: signal };
  if (facts.lock === 'object-lock' && isR2(facts)) throw noLock(name, 'R2 has no Object Lock', r2Hint);
  await client.send(new HeadBucketCommand(at), options).catch((error: unknown) => {
    const failure = failureOf(error);
    if (failure === null || !isMissing(failure)) throw error;
    throw new BlindError(
      'store/gone',
      `store ${name}: there is no bucket ${facts.bucket}`,
      'make it, with versions and Object Lock; or is it spelt otherwise?',
    );
  });
  const status = await client.send(new GetBucketVersioningCommand(at), options).then(
    ({ Status }) => Status,
    (error: unknown) => {
      const failure = failureOf(error);
      if (failure === null || !isUnknownThere(failure)) throw error;
      return undefined;
    },
  );
  const versioned = status === 'Enabled';
  if (facts.lock === 'none') return versioned;
  if (!versioned) throw noLock(name, `bucket ${facts.bucket} keeps no versions`, lockHint);
  const enabled = await client.send(new GetObjectLockConfigurationCommand(at), options).then(
    ({ ObjectLockConfiguration }) => ObjectLockConfiguration?.ObjectLockEnabled === 'Enabled',
    (error: unknown) => {
      const failure = failureOf(error);
      // What is not there is answered by 404, and by some with 400 or 409; who may not look gets 403.
      if (failure === null || failure.status === null || failure.status >= 500 || isDenied(failure)) {
        throw error;
      }
      return false;
    },
  );
  if (!enabled) throw noLock(name, `bucket ${facts.bucket} has no Object Lock`, lockHint);
  return versioned;
}

const lockHint =
  "make a new bucket with Object Lock, which most stores give only then; or say lock: 'none', and that is what it is";
const r2Hint =
  "say lock: 'none' here, and set a bucket lock in Cloudflare: it holds as well, but nothing here can prove it";

function noLock(name: string, what: string, hint: string): SuretyError {
  return new SuretyError('store/no-lock', `store ${name}: ${what}, and the estate says object-lock`, hint);
}

function storeOf(reach: S3Reach): Store {
  const { name, lock, client, clock } = reach;
  const named = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw s3Error(name, what, null, error);
    }
  };
  return {
    name,
    kind: 's3',
    lock,
    put: (key, body, options = {}) => putObject(reach, key, body, options),
    read: (key, version = null, stop) => readObject(reach, key, version, stop),
    async look(key, version = null) {
      const seen = await lookAt(reach, key, version);
      if (seen === null) return null;
      const { bytes, modified, lockedUntil } = seen;
      return { key, bytes, version: seen.version, modified, lockedUntil };
    },
    async *list(prefix) {
      for await (const { key, bytes, version, modified, latest } of listAll(reach, prefix)) {
        yield { key, bytes, version, modified, latest };
      }
    },
    remove: (key, version) => removeVersion(reach, key, version),
    unfinished: (prefix) => named('list what is unfinished', () => uploads(reach, prefix)),
    discard: (one) => named(`discard ${one.key}`, () => abortUpload(reach, one)),
    skew: () =>
      named('ask for the time', async () => {
        await client.send(new HeadBucketCommand({ Bucket: reach.bucket }), { abortSignal: reach.signal });
        const seen = clock.read();
        if (seen === null) {
          throw new BlindError(
            'store/clock',
            `store ${name} does not say what time it is`,
            'ask another way',
          );
        }
        // A Date tells full seconds, cut off.
        return Math.round(seen.theirs + 500 - seen.ours);
      }),
    room: async () => null,
    tryRemove: (key, version) => named(`attack ${key}`, () => tryRemove(reach, key, version)),
    tryOverwrite: (key, version) => named(`attack ${key}`, () => tryOverwrite(reach, key, version)),
    tryShorten: (key, version, until) => named(`attack ${key}`, () => tryShorten(reach, key, version, until)),
    close: async () => client.destroy(),
  };
}

async function removeVersion(reach: S3Reach, key: string, version: string | null): Promise<void> {
  const { name } = reach;
  if (reach.versioned && version === null) {
    throw new SuretyError(
      'store/no-version',
      `store ${name}: ${key} has versions, and none was named`,
      'name one: without it, it would only be hidden',
    );
  }
  const seen = await lookAt(reach, key, version);
  if (seen === null) throw refusals.noObject(name, key);
  const command = new DeleteObjectCommand({
    Bucket: reach.bucket,
    Key: reach.prefix + key,
    ...(version !== null && { VersionId: version }),
  });
  try {
    await reach.client.send(command, { abortSignal: reach.signal });
  } catch (error) {
    const { lockedUntil } = seen;
    const failure = failureOf(error);
    const refused = failure !== null && failure.status !== null && failure.status < 500;
    if (refused && lockedUntil !== null && Date.parse(lockedUntil) > Date.now()) {
      throw refusals.locked(name, key, `locked until ${lockedUntil}`);
    }
    throw s3Error(name, `remove ${key}`, null, error);
  }
  if ((await lookAt(reach, key, version)) !== null) {
    throw new SuretyError(
      'store/refused',
      `store ${name}: it said that ${key} is gone, and it is there`,
      'look what holds it: a lock of the bucket, a legal hold',
    );
  }
}

async function uploads(reach: S3Reach, prefix: string): Promise<Unfinished[]> {
  checkPrefix(prefix);
  const found: Unfinished[] = [];
  let KeyMarker: string | undefined;
  let UploadIdMarker: string | undefined;
  for (;;) {
    const page: ListMultipartUploadsCommandOutput = await reach.client.send(
      new ListMultipartUploadsCommand({
        Bucket: reach.bucket,
        Prefix: reach.prefix + prefix,
        KeyMarker,
        UploadIdMarker,
      }),
      { abortSignal: reach.signal },
    );
    for (const { Key = '', UploadId = '', Initiated = new Date(0) } of page.Uploads ?? []) {
      const key = Key.slice(reach.prefix.length);
      found.push({ key, id: UploadId, since: Initiated.toISOString(), bytes: null });
    }
    if (page.IsTruncated !== true || page.NextKeyMarker === undefined) return found;
    KeyMarker = page.NextKeyMarker;
    UploadIdMarker = page.NextUploadIdMarker;
  }
}

async function abortUpload(reach: S3Reach, { key, id }: Unfinished): Promise<void> {
  const command = new AbortMultipartUploadCommand({
    Bucket: reach.bucket,
    Key: reach.prefix + key,
    UploadId: id,
  });
  await reach.client.send(command, { abortSignal: reach.signal }).catch((error: unknown) => {
    const failure = failureOf(error);
    if (failure === null || !isMissing(failure)) throw error;
  });
}
