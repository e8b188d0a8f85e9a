import {
  type Bucket,
  complete,
  createUpload,
  type FakeVersion,
  find,
  hasLock,
  hasVersions,
  put,
  putPart,
  remove,
  setRetention,
  uploadOf,
} from './bucket.ts';
import { type Answer, type Ask, S3Refusal } from './rules.ts';

const quoted = (etag: string): string => `"${etag}"`;
const tag = (name: string, content: string | number | boolean): string => `<${name}>${content}</${name}>`;
const xml = (root: string, content: string): Answer => ({
  status: 200,
  headers: { 'content-type': 'application/xml' },
  body: `<?xml version="1.0" encoding="UTF-8"?>\n${tag(root, content)}`,
});

export const refusalXml = (code: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${code}</Message></Error>`;

/** Does what was asked, and says what S3 says. @throws {S3Refusal} */
export function answer(bucket: Bucket, ask: Ask): Answer {
  const { checksums = true, may = {} } = bucket.options;
  const about = ask.header('x-amz-checksum-sha256') ?? ask.header('x-amz-checksum-algorithm');
  if (checksums === 'unknown' && about !== undefined) throw new S3Refusal(501, 'NotImplemented');
  if (may.read === false && /^(Get|Head|List)/.test(ask.operation) && ask.operation !== 'HeadBucket') {
    throw new S3Refusal(403, 'AccessDenied');
  }
  switch (ask.operation) {
    case 'HeadBucket':
      return { status: 200 };
    case 'GetBucketVersioning':
      return xml('VersioningConfiguration', hasVersions(bucket) ? tag('Status', 'Enabled') : '');
    case 'GetObjectLockConfiguration':
      if (!hasLock(bucket)) throw new S3Refusal(404, 'ObjectLockConfigurationNotFoundError');
      return xml('ObjectLockConfiguration', tag('ObjectLockEnabled', 'Enabled'));
    case 'PutObject': {
      const made = put(bucket, ask);
      return { status: 200, headers: { etag: quoted(made.etag), ...versionHeader(bucket, made) } };
    }
    case 'HeadObject':
    case 'GetObject':
      return read(bucket, ask);
    case 'DeleteObject': {
      const marker = remove(bucket, ask);
      const made = { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker?.version ?? '' };
      return { status: 204, ...(marker !== null && { headers: made }) };
    }
    case 'GetObjectRetention': {
      const { lock } = find(bucket, ask.key, ask.query.get('versionId'));
      if (lock === null) throw new S3Refusal(404, 'NoSuchObjectLockConfiguration');
      const content = tag('Mode', lock.mode) + tag('RetainUntilDate', lock.until.toISOString());
      return xml('Retention', content);
    }
    case 'PutObjectRetention':
      setRetention(bucket, ask);
      return { status: 200 };
    default:
      return uploading(bucket, ask);
  }
}

function uploading(bucket: Bucket, ask: Ask): Answer {
  switch (ask.operation) {
    case 'CreateMultipartUpload':
      return xml('InitiateMultipartUploadResult', tag('UploadId', createUpload(bucket, ask).id));
    case 'UploadPart':
      return { status: 200, headers: { etag: quoted(putPart(bucket, ask).md5.toString('hex')) } };
    case 'CompleteMultipartUpload': {
      const made = complete(bucket, ask);
      const content = tag('Key', made.key) + tag('ETag', quoted(made.etag));
      return {
        ...xml('CompleteMultipartUploadResult', content),
        headers: versionHeader(bucket, made),
      };
    }
    case 'AbortMultipartUpload':
      bucket.uploads.delete(uploadOf(bucket, ask).id);
      return { status: 204 };
    default:
      return listing(bucket, ask);
  }
}

function listing(bucket: Bucket, ask: Ask): Answer {
  switch (ask.operation) {
    case 'ListMultipartUploads': {
      const uploads = [...bucket.uploads.values()].filter(({ key }) => isBelow(ask, key));
      return xml(
        'ListMultipartUploadsResult',
        tag('IsTruncated', false) +
          uploads
            .map(({ key, id, since }) =>
              tag('Upload', tag('Key', key) + tag('UploadId', id) + tag('Initiated', since.toISOString())),
            )
            .join(''),
      );
    }
    case 'ListObjectVersions':
      return listVersions(bucket, ask);
    case 'ListObjectsV2':
      return listObjects(bucket, ask);
    default:
      throw new S3Refusal(501, 'NotImplemented');
  }
}

const isBelow = ({ query }: Ask, key: string): boolean => key.startsWith(query.get('prefix') ?? '');

const keysBelow = (bucket: Bucket, ask: Ask): string[] =>
  [...bucket.versions.keys()].filter((key) => isBelow(ask, key)).sort();

function versionHeader(bucket: Bucket, { version }: FakeVersion): { [name: string]: string } {
  return hasVersions(bucket) ? { 'x-amz-version-id': version } : {};
}

function read(bucket: Bucket, ask: Ask): Answer {
  const found = find(bucket, ask.key, ask.query.get('versionId'));
  const wanted = ask.header('if-match');
  if (wanted !== undefined && wanted !== quoted(found.etag)) throw new S3Refusal(412, 'PreconditionFailed');
  const headers = {
    etag: quoted(found.etag),
    'last-modified': found.modified.toUTCString(),
    ...versionHeader(bucket, found),
    ...(found.lock !== null && {
      'x-amz-object-lock-mode': found.lock.mode,
      'x-amz-object-lock-retain-until-date': found.lock.until.toISOString(),
    }),
    ...(found.checksum !== null &&
      ask.header('x-amz-checksum-mode') === 'ENABLED' && { 'x-amz-checksum-sha256': found.checksum }),
  };
  if (ask.operation === 'HeadObject') {
    return { status: 200, headers: { ...headers, 'content-length': String(found.bytes) } };
  }
  const from = Number(/^bytes=(\d+)-$/.exec(ask.header('range') ?? '')?.[1] ?? 0);
  if (from === 0) return { status: 200, headers, body: found.content };
  const range = { 'content-range': `bytes ${from}-${found.bytes - 1}/${found.bytes}` };
  const content = Buffer.concat(found.content).subarray(from);
  return { status: 206, headers: { ...headers, ...range }, body: [content] };
}

function listVersions(bucket: Bucket, ask: Ask): Answer {
  const size = bucket.options.pageSize ?? 1000;
  const all = keysBelow(bucket, ask).flatMap((key) => bucket.versions.get(key) ?? []);
  const after = { key: ask.query.get('key-marker'), version: ask.query.get('version-id-marker') };
  const at = all.findIndex((one) =>
    after.version === null ? one.key > (after.key ?? '') : one.version === after.version,
  );
  const start = after.key === null ? 0 : after.version === null ? (at < 0 ? all.length : at) : at + 1;
  const page = all.slice(start, start + size);
  const last = page.at(-1);
  const more = last !== undefined && start + size < all.length;
  const next = more ? tag('NextKeyMarker', last.key) + tag('NextVersionIdMarker', last.version) : '';
  return xml(
    'ListVersionsResult',
    tag('IsTruncated', more) + next + page.map((one) => listed(bucket, one)).join(''),
  );
}

function listed(bucket: Bucket, one: FakeVersion): string {
  const content =
    tag('Key', one.key) +
    tag('VersionId', one.version) +
    tag('IsLatest', bucket.versions.get(one.key)?.[0] === one) +
    tag('LastModified', one.modified.toISOString());
  if (one.marker) return tag('DeleteMarker', content);
  return tag('Version', content + tag('ETag', quoted(one.etag)) + tag('Size', one.bytes));
}

function listObjects(bucket: Bucket, ask: Ask): Answer {
  const size = bucket.options.pageSize ?? 1000;
  const after = ask.query.get('continuation-token') ?? '';
  const all = keysBelow(bucket, ask)
    .flatMap((key) => bucket.versions.get(key)?.[0] ?? [])
    .filter(({ key, marker }) => !marker && key > after);
  const page = all.slice(0, size);
  const last = page.at(-1);
  const more = last !== undefined && all.length > size;
  const objects = page.map(({ key, bytes, etag, modified }) =>
    tag(
      'Contents',
      tag('Key', key) +
        tag('Size', bytes) +
        tag('ETag', quoted(etag)) +
        tag('LastModified', modified.toISOString()),
    ),
  );
  const next = more ? tag('NextContinuationToken', last.key) : '';
  return xml('ListBucketResult', tag('IsTruncated', more) + next + objects.join(''));
}
