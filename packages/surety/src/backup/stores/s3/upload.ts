import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { SuretyError } from '../../../core/error.ts';
import { refusals } from '../refusals.ts';
import { s3Error } from './error.ts';
import { type Extras, landed, type Putting, type Sent, withExtras } from './landed.ts';
import { maxParts, type Piece } from './parts.ts';
import { composed, type Sums, signFor, sumsOf } from './sums.ts';

/** Besides the one that is being filled. */
const inFlight = 2;

type Upload = { readonly Bucket: string; readonly Key: string; readonly UploadId: string };
type Part = Sums & { readonly number: number; readonly bytes: number; readonly given: string };

/**
 * Stores an object in parts, in our own hands: `Upload` of lib-storage takes a stream that was cut off for one that ended.
 * Whatever fails, the parts are taken back; only when that fails as well does `unfinished` still list them.
 */
export async function putInParts(put: Putting, pieces: AsyncIterable<Piece>): Promise<Sent> {
  const { reach, key } = put;
  const { upload, checksums } = await begin(put);
  const sending = new Set<Promise<Part>>();
  try {
    put.signal.throwIfAborted();
    const parts = await sendParts(put, upload, checksums, pieces, sending);
    const sums = composed(parts);
    const bytes = parts.reduce((sum, part) => sum + part.bytes, 0);
    put.signal.throwIfAborted();
    const ask = ({ condition }: Extras) =>
      reach.client.send(
        new CompleteMultipartUploadCommand({
          ...upload,
          ...(condition && { IfNoneMatch: '*' }),
          MultipartUpload: {
            Parts: parts.map(({ number, given, sha256 }) => ({
              PartNumber: number,
              ETag: given,
              ...(checksums && { ChecksumSHA256: sha256 }),
            })),
          },
        }),
      );
    return await landed(reach, key, { ...sums, bytes }, () => withExtras(reach, ask));
  } catch (error) {
    put.fail(new Error('the put has failed'));
    // A part that arrives after the upload was aborted would stay.
    await Promise.allSettled(sending);
    await reach.client.send(new AbortMultipartUploadCommand(upload)).catch(() => {});
    throw error;
  }
}

/** Not stopped half way: an upload that nobody knows of could not be taken back. */
async function begin({ reach, key, lock }: Putting): Promise<{ upload: Upload; checksums: boolean }> {
  const at = { Bucket: reach.bucket, Key: reach.prefix + key };
  const { id, checksums } = await withExtras(reach, async (extras) => {
    const command = new CreateMultipartUploadCommand({
      ...at,
      ...(extras.checksums && { ChecksumAlgorithm: 'SHA256' as const }),
      ...lock,
    });
    const { UploadId } = await reach.client.send(command);
    return { id: UploadId, checksums: extras.checksums };
  });
  if (id === undefined) throw refusals.incomplete(reach.name, key, 'the store gave the upload no id');
  return { upload: { ...at, UploadId: id }, checksums };
}

async function sendParts(
  put: Putting,
  upload: Upload,
  checksums: boolean,
  pieces: AsyncIterable<Piece>,
  sending: Set<Promise<Part>>,
): Promise<Part[]> {
  const parts: Part[] = [];
  let number = 0;
  for await (const { bytes } of pieces) {
    number += 1;
    if (number > maxParts) throw tooLarge(put);
    const part = sendPart(put, upload, checksums, number, bytes);
    sending.add(part);
    part.then(
      (done) => {
        parts.push(done);
        sending.delete(part);
      },
      // Ends the body at once, and with it this loop.
      put.fail,
    );
    if (sending.size >= inFlight) await Promise.race(sending);
  }
  await Promise.all(sending);
  return parts.sort((a, b) => a.number - b.number);
}

async function sendPart(
  { reach, key, signal }: Putting,
  upload: Upload,
  checksums: boolean,
  number: number,
  bytes: Buffer<ArrayBuffer>,
): Promise<Part> {
  const sums = await sumsOf(bytes);
  try {
    const command = new UploadPartCommand({
      ...upload,
      PartNumber: number,
      Body: bytes,
      ContentMD5: sums.md5,
      ...(checksums && { ChecksumSHA256: sums.sha256 }),
    });
    const signed = { step: 'build', name: 'suretySum' } as const;
    command.middlewareStack.add(
      (next) => (args) => {
        signFor(args.request, sums.sha256);
        return next(args);
      },
      signed,
    );
    const { ETag } = await reach.client.send(command, { abortSignal: signal });
    if (ETag === undefined) throw refusals.incomplete(reach.name, key, `part ${number} got no ETag`);
    return { ...sums, number, bytes: bytes.length, given: ETag };
  } catch (error) {
    signal.throwIfAborted();
    throw s3Error(reach.name, `put part ${number} of ${key}`, null, error);
  }
}

function tooLarge({ reach, key }: Putting): SuretyError {
  return new SuretyError(
    'store/too-large',
    `store ${reach.name}: ${key} has more than ${maxParts} parts of the size that was chosen`,
    'back the database up in more streams, or tell how many bytes to expect',
  );
}
