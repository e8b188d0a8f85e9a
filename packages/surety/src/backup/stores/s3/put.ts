import { createHash, type Hash } from 'node:crypto';
import { DeleteObjectCommand, PutObjectCommand, PutObjectRetentionCommand } from '@aws-sdk/client-s3';
import { SuretyError } from '../../../core/error.ts';
import { type Body, bodyOf } from '../body.ts';
import { checkKey } from '../key.ts';
import { refusals } from '../refusals.ts';
import type { Put, PutOptions } from '../store.ts';
import type { S3Reach } from './client.ts';
import { s3Error } from './error.ts';
import { type Extras, landed, type Putting, type Sent, withExtras } from './landed.ts';
import { type LockHeaders, lockHeaders } from './lock.ts';
import { lookAt, type Seen, versionsOf } from './look.ts';
import { inPieces, type Piece, partSizes } from './parts.ts';
import { readObject } from './read.ts';
import { sumsOf } from './sums.ts';
import { putInParts } from './upload.ts';

/**
 * Stores an object: a small one at once, others in parts. Nobody sees it before the body has ended, and nothing but its versions
 * is believed: what the store has is looked at afterwards.
 */
export async function putObject(
  reach: S3Reach,
  key: string,
  source: AsyncIterable<Uint8Array>,
  options: PutOptions,
): Promise<Put> {
  checkKey(key);
  const lock = lockHeaders(reach, options.lockUntil);
  const failed = new AbortController();
  const signals = [reach.signal, options.signal, failed.signal].filter((one) => one !== undefined);
  const body = bodyOf(source, signals);
  const put: Putting = {
    reach,
    key,
    lock,
    signal: AbortSignal.any(signals),
    fail: (error) => failed.abort(error),
  };
  try {
    if (await isThere(reach, key)) throw refusals.taken(reach.name, key);
    return await sendAndLook(put, body, options.expect);
  } catch (error) {
    throw body.threw(error) ? error : s3Error(reach.name, `put ${key}`, key, error);
  }
}

async function isThere(reach: S3Reach, key: string): Promise<boolean> {
  return reach.versioned
    ? (await versionsOf(reach, key)).length > 0
    : (await lookAt(reach, key, null)) !== null;
}

async function sendAndLook(put: Putting, body: Body, expect: number | undefined): Promise<Put> {
  const { reach, key } = put;
  const whole = createHash('sha256');
  const sizes = partSizes(reach.tuning.partSize, expect, reach.evenParts);
  const pieces = inPieces(hashed(body.chunks, whole), sizes);
  const first = await pieces.next();
  if (first.done) throw new Error('there is always a last piece');
  put.signal.throwIfAborted();
  const sent = first.value.last
    ? await putAtOnce(put, first.value.bytes)
    : await putInParts(put, withFirst(first.value, pieces));
  const sha256 = whole.digest('hex');
  try {
    const seen = await lookAgain(put, sent, sha256);
    const { bytes, version, modified, lockedUntil } = seen;
    return { key, bytes, version, modified, lockedUntil, sha256 };
  } catch (error) {
    await takeBack(reach, key, sent);
    throw error;
  }
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

async function* withFirst(first: Piece, rest: AsyncIterable<Piece>): AsyncGenerator<Piece> {
  yield first;
  yield* rest;
}

/** From here on it is not stopped: nobody could say whether it was still in time. */
async function putAtOnce({ reach, key, lock }: Putting, bytes: Buffer<ArrayBuffer>): Promise<Sent> {
  const sums = await sumsOf(bytes);
  const ask = ({ condition, checksums }: Extras) =>
    reach.client.send(
      new PutObjectCommand({
        Bucket: reach.bucket,
        Key: reach.prefix + key,
        Body: bytes,
        ContentMD5: sums.md5,
        ...(checksums && { ChecksumSHA256: sums.sha256 }),
        ...(condition && { IfNoneMatch: '*' }),
        ...lock,
      }),
    );
  return landed(reach, key, { ...sums, bytes: bytes.length }, () => withExtras(reach, ask));
}

/** The object as it lies there, if it is what was sent, first under its key, and locked as was asked. */
async function lookAgain({ reach, key, lock }: Putting, sent: Sent, sha256: string): Promise<Seen> {
  if (reach.versioned && sent.version === null) {
    throw refusals.incomplete(reach.name, key, 'the bucket keeps versions, and the store named none');
  }
  const seen = await lookAt(reach, key, sent.version);
  if (seen === null) throw refusals.incomplete(reach.name, key, 'the store said that it has it, and has not');
  if (seen.bytes !== sent.bytes) {
    throw refusals.incomplete(reach.name, key, `${seen.bytes} of ${sent.bytes} bytes`);
  }
  if (!(await isWhatWasSent(reach, seen, sent, sha256))) {
    throw refusals.incomplete(reach.name, key, 'its checksum is another');
  }
  if (reach.versioned) {
    const [oldest] = await versionsOf(reach, key);
    if (oldest?.version !== seen.version) throw refusals.taken(reach.name, key);
  }
  return heldAsAsked(reach, lock, seen);
}

/** The object with the lock that was asked for. Ceph 16 drops that of an upload in parts: then it is set once more. */
async function heldAsAsked(reach: S3Reach, lock: LockHeaders, seen: Seen): Promise<Seen> {
  const until = lock.ObjectLockRetainUntilDate;
  if (until === undefined) return seen;
  const isHeld = ({ lockedUntil }: Seen): boolean => (lockedUntil ?? '') >= until.toISOString();
  if (isHeld(seen)) return seen;
  await reach.client.send(
    new PutObjectRetentionCommand({
      Bucket: reach.bucket,
      Key: reach.prefix + seen.key,
      ...(seen.version !== null && { VersionId: seen.version }),
      Retention: { Mode: lock.ObjectLockMode, RetainUntilDate: until },
    }),
  );
  const again = await lookAt(reach, seen.key, seen.version);
  if (again !== null && isHeld(again)) return again;
  throw new SuretyError(
    'store/not-locked',
    `store ${reach.name}: ${seen.key} was to be locked until ${until.toISOString()}, and the store shows no such lock`,
    'may the key read retention (s3:GetObjectRetention)? else this store locks nothing, whatever it says',
  );
}

/**
 * By the store's SHA-256 where it keeps one, else by the ETag, which is made of the MD5s of the parts; a store that encrypts with keys of its
 * own has neither, and is read again.
 */
async function isWhatWasSent(reach: S3Reach, seen: Seen, sent: Sent, sha256: string): Promise<boolean> {
  if (seen.checksum !== null && seen.checksum.split('-')[0] === sent.sha256) return true;
  if (seen.etag === sent.etag) return true;
  const hash = createHash('sha256');
  for await (const chunk of readObject(reach, seen.key, seen.version)) hash.update(chunk);
  return hash.digest('hex') === sha256;
}

/** What cannot be vouched for is not left lying about, where the store lets us, and where it is ours. */
async function takeBack(reach: S3Reach, key: string, { version, etag }: Sent): Promise<void> {
  if (version === null) {
    const there = reach.versioned ? null : await lookAt(reach, key, null).catch(() => null);
    if (there?.etag !== etag) return;
  }
  const command = new DeleteObjectCommand({
    Bucket: reach.bucket,
    Key: reach.prefix + key,
    ...(version !== null && { VersionId: version }),
  });
  await reach.client.send(command).catch(() => {});
}
