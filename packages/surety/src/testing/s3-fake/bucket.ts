import { createHash, randomBytes } from 'node:crypto';
import { type Ask, type S3FakeOptions, S3Refusal } from './rules.ts';

export type Lock = { readonly mode: string; readonly until: Date };

/** One version of an object, or a delete marker. */
export type FakeVersion = {
  readonly key: string;
  readonly version: string;
  readonly marker: boolean;
  readonly bytes: number;
  readonly content: readonly Buffer[];
  readonly etag: string;
  /** As `x-amz-checksum-sha256` has it. */
  readonly checksum: string | null;
  readonly modified: Date;
  lock: Lock | null;
};

type Part = {
  readonly bytes: number;
  readonly content: Buffer | null;
  readonly md5: Buffer;
  readonly sha256: Buffer;
};

export type FakeUpload = {
  readonly id: string;
  readonly key: string;
  readonly since: Date;
  readonly lock: Lock | null;
  readonly checksums: boolean;
  readonly parts: Map<number, Part>;
};

/** What the fake holds. */
export type Bucket = {
  /** By key, newest first. */
  readonly versions: Map<string, FakeVersion[]>;
  readonly uploads: Map<string, FakeUpload>;
  readonly options: S3FakeOptions;
  readonly now: () => Date;
};

export const hasVersions = ({ options }: Bucket): boolean => options.versions ?? true;
export const hasLock = ({ options }: Bucket): boolean => options.objectLock ?? options.versions ?? true;
const lies = ({ options }: Bucket, lie: NonNullable<S3FakeOptions['lies']>[number]): boolean =>
  options.lies?.includes(lie) ?? false;

/** That version, or the latest; delete markers are not found, as in S3. */
export function find(bucket: Bucket, key: string, version: string | null): FakeVersion {
  const versions = bucket.versions.get(key) ?? [];
  const found = version === null ? versions[0] : versions.find((one) => one.version === version);
  if (found === undefined) throw new S3Refusal(404, version === null ? 'NoSuchKey' : 'NoSuchVersion');
  if (found.marker && version === null) throw new S3Refusal(404, 'NoSuchKey');
  if (found.marker) throw new S3Refusal(405, 'MethodNotAllowed');
  return found;
}

export function put(bucket: Bucket, ask: Ask): FakeVersion {
  checkCondition(bucket, ask);
  const lock = lockOf(bucket, ask);
  if (lock !== null) wantSums(ask);
  const part = received(bucket, ask);
  return store(bucket, ask.key, [part], lock, ask.header('x-amz-checksum-sha256') !== undefined);
}

export function createUpload(bucket: Bucket, ask: Ask): FakeUpload {
  const upload = {
    id: randomBytes(8).toString('hex'),
    key: ask.key,
    since: bucket.now(),
    lock: lockOf(bucket, ask),
    checksums: ask.header('x-amz-checksum-algorithm') === 'SHA256',
    parts: new Map<number, Part>(),
  };
  bucket.uploads.set(upload.id, upload);
  return upload;
}

export function uploadOf(bucket: Bucket, ask: Ask): FakeUpload {
  const upload = bucket.uploads.get(ask.query.get('uploadId') ?? '');
  if (upload === undefined || upload.key !== ask.key) throw new S3Refusal(404, 'NoSuchUpload');
  return upload;
}

export function putPart(bucket: Bucket, ask: Ask): Part {
  const upload = uploadOf(bucket, ask);
  if (upload.lock !== null) wantSums(ask);
  const number = Number(ask.query.get('partNumber'));
  if (!(number >= 1 && number <= 10_000)) throw new S3Refusal(400, 'InvalidArgument');
  const part = received(bucket, ask);
  upload.parts.set(number, part);
  return part;
}

export function complete(bucket: Bucket, ask: Ask): FakeVersion {
  const upload = uploadOf(bucket, ask);
  checkCondition(bucket, ask);
  const text = ask.body.toString('utf8');
  const named = [...text.matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, inner = '']) => ({
    number: Number(/<PartNumber>(\d+)</.exec(inner)?.[1]),
    etag: /<ETag>(?:&quot;|")?([0-9a-f]+)/.exec(inner)?.[1],
  }));
  const parts = named.map(({ number, etag }, index) => {
    const part = upload.parts.get(number);
    if (part === undefined || part.md5.toString('hex') !== etag) throw new S3Refusal(400, 'InvalidPart');
    if (number <= (named[index - 1]?.number ?? 0)) throw new S3Refusal(400, 'InvalidPartOrder');
    return part;
  });
  const plain = parts.slice(0, -1);
  if (plain.some(({ bytes }) => bytes < (bucket.options.minPart ?? 1))) {
    throw new S3Refusal(400, 'EntityTooSmall');
  }
  if (bucket.options.evenParts && plain.some(({ bytes }) => bytes !== plain[0]?.bytes)) {
    throw new S3Refusal(400, 'InvalidPart');
  }
  if (parts.length === 0) throw new S3Refusal(400, 'MalformedXML');
  bucket.uploads.delete(upload.id);
  return store(bucket, ask.key, parts, upload.lock, upload.checksums, true);
}

/** Gives the delete marker where one was made. */
export function remove(bucket: Bucket, ask: Ask): FakeVersion | null {
  const version = ask.query.get('versionId');
  const bypass = ask.header('x-amz-bypass-governance-retention') === 'true';
  const { delete: may = true, bypass: mayBypass = false } = bucket.options.may ?? {};
  if (!may || (bypass && !mayBypass)) throw new S3Refusal(403, 'AccessDenied');
  if (version === null && hasVersions(bucket)) return mark(bucket, ask.key);
  const versions = bucket.versions.get(ask.key) ?? [];
  const found = version === null ? versions[0] : versions.find((one) => one.version === version);
  if (found === undefined) return null;
  const held = isHeld(bucket, found, bypass);
  if (!held || lies(bucket, 'lies-about-locks')) {
    const left = versions.filter((one) => one !== found);
    if (left.length > 0) bucket.versions.set(ask.key, left);
    else bucket.versions.delete(ask.key);
  }
  if (held) throw new S3Refusal(403, 'AccessDenied');
  return null;
}

export function setRetention(bucket: Bucket, ask: Ask): void {
  wantSums(ask);
  const found = find(bucket, ask.key, ask.query.get('versionId'));
  const text = ask.body.toString('utf8');
  const mode = /<Mode>(\w+)</.exec(text)?.[1] ?? '';
  const until = new Date(/<RetainUntilDate>([^<]+)</.exec(text)?.[1] ?? '');
  if (!/^(COMPLIANCE|GOVERNANCE)$/.test(mode) || !(until > bucket.now())) {
    throw new S3Refusal(400, 'InvalidArgument');
  }
  const bypass = ask.header('x-amz-bypass-governance-retention') === 'true';
  if (bypass && !(bucket.options.may?.bypass ?? false)) throw new S3Refusal(403, 'AccessDenied');
  const weaker = found.lock !== null && (until < found.lock.until || mode !== found.lock.mode);
  if (weaker && isHeld(bucket, found, bypass)) throw new S3Refusal(403, 'AccessDenied');
  if (!lies(bucket, 'drops-locks')) found.lock = { mode, until };
}

function isHeld(bucket: Bucket, { lock }: FakeVersion, bypass: boolean): boolean {
  if (lock === null || lies(bucket, 'ignores-locks') || lock.until <= bucket.now()) return false;
  return lock.mode === 'COMPLIANCE' || !bypass;
}

function mark(bucket: Bucket, key: string): FakeVersion {
  const marker = {
    key,
    version: newVersion(),
    marker: true,
    bytes: 0,
    content: [],
    etag: '',
    checksum: null,
    modified: bucket.now(),
    lock: null,
  };
  bucket.versions.set(key, [marker, ...(bucket.versions.get(key) ?? [])]);
  return marker;
}

const newVersion = (): string => randomBytes(16).toString('base64url');

function store(
  bucket: Bucket,
  key: string,
  parts: readonly Part[],
  lock: Lock | null,
  checksums: boolean,
  composed = false,
): FakeVersion {
  const { options } = bucket;
  const sum = (name: 'md5' | 'sha256'): Buffer =>
    createHash(name)
      .update(Buffer.concat(parts.map((part) => part[name])))
      .digest();
  const suffix = composed ? `-${parts.length}` : '';
  const md5 = composed ? sum('md5') : (parts[0]?.md5 ?? Buffer.alloc(0));
  const sha256 = composed ? sum('sha256') : (parts[0]?.sha256 ?? Buffer.alloc(0));
  const made: FakeVersion = {
    key,
    version: hasVersions(bucket) ? newVersion() : 'null',
    marker: false,
    bytes: parts.reduce((bytes, part) => bytes + part.bytes, 0),
    content: parts.flatMap(({ content }) => (content === null ? [] : [content])),
    etag: `${options.opaqueEtags ? randomBytes(16).toString('hex') : md5.toString('hex')}${suffix}`,
    checksum:
      checksums && (options.checksums ?? true) === true ? `${sha256.toString('base64')}${suffix}` : null,
    modified: bucket.now(),
    lock: lies(bucket, 'drops-locks') || (composed && lies(bucket, 'drops-locks-of-parts')) ? null : lock,
  };
  if (lies(bucket, 'rots')) flip(made.content);
  if (lies(bucket, 'forgets')) return made;
  bucket.versions.set(key, [made, ...(hasVersions(bucket) ? (bucket.versions.get(key) ?? []) : [])]);
  return made;
}

/** Flips one bit in the middle. */
export function flip(content: readonly Buffer[]): void {
  const buffer = content[Math.floor(content.length / 2)];
  if (buffer === undefined || buffer.length === 0) return;
  const at = Math.floor(buffer.length / 2);
  buffer[at] = (buffer[at] ?? 0) ^ 1;
}

function received(bucket: Bucket, ask: Ask): Part {
  if (!lies(bucket, 'ignores-checksums')) checkSums(bucket, ask);
  const content = Buffer.from(ask.body);
  if (lies(bucket, 'corrupts')) flip([content]);
  return {
    bytes: content.length,
    content: bucket.options.sumsOnly ? null : content,
    md5: createHash('md5').update(content).digest(),
    sha256: createHash('sha256').update(content).digest(),
  };
}

function checkSums(bucket: Bucket, ask: Ask): void {
  const sum = (name: string, form: 'hex' | 'base64'): string =>
    createHash(name).update(ask.body).digest(form);
  const signed = ask.header('x-amz-content-sha256') ?? '';
  if (/^[0-9a-f]{64}$/.test(signed) && signed !== sum('sha256', 'hex')) {
    throw new S3Refusal(400, 'XAmzContentSHA256Mismatch');
  }
  const md5 = ask.header('content-md5');
  if (md5 !== undefined && md5 !== sum('md5', 'base64')) throw new S3Refusal(400, 'BadDigest');
  const sha256 = ask.header('x-amz-checksum-sha256');
  if (sha256 !== undefined && (bucket.options.checksums ?? true) && sha256 !== sum('sha256', 'base64')) {
    throw new S3Refusal(400, 'BadDigest');
  }
}

/** S3 takes nothing under a lock whose bytes nobody vouches for. */
function wantSums(ask: Ask): void {
  const names = ['content-md5', 'x-amz-checksum-sha256', 'x-amz-checksum-crc32'];
  if (!names.some((name) => ask.header(name) !== undefined)) throw new S3Refusal(400, 'InvalidRequest');
}

function lockOf(bucket: Bucket, ask: Ask): Lock | null {
  const mode = ask.header('x-amz-object-lock-mode');
  const until = ask.header('x-amz-object-lock-retain-until-date');
  if (mode === undefined && until === undefined) return null;
  if (!hasLock(bucket)) throw new S3Refusal(400, 'InvalidRequest');
  const lock = { mode: mode ?? '', until: new Date(until ?? '') };
  if (!/^(COMPLIANCE|GOVERNANCE)$/.test(lock.mode) || !(lock.until > bucket.now())) {
    throw new S3Refusal(400, 'InvalidArgument');
  }
  return lock;
}

function checkCondition(bucket: Bucket, ask: Ask): void {
  if (ask.header('if-none-match') === undefined || (bucket.options.conditional ?? true) === false) return;
  if (bucket.options.conditional === 'unknown') throw new S3Refusal(501, 'NotImplemented');
  const current = bucket.versions.get(ask.key)?.[0];
  if (current !== undefined && !current.marker) throw new S3Refusal(412, 'PreconditionFailed');
}
