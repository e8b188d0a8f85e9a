import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { Decrypter, Encrypter } from 'age-encryption';

/**
 * The payload of the age format (https://age-encryption.org/v1, section Payload) by the ChaCha20-Poly1305 of OpenSSL, which is some eight
 * times as fast as the one in the library. The header, with everything about keys and recipients, is the library's own.
 */

const chunkBytes = 64 * 1024;
/** That are handed on: each write of a store costs a change of threads. */
const chunksAtOnce = 4;
const tagBytes = 16;
const nonceBytes = 16;
const cipher = 'chacha20-poly1305';
/** No header with a sensible number of recipients is longer. */
const headerLimit = 64 * 1024;

/** @param recipients `age1…` */
export async function* encrypt(
  plain: AsyncIterable<Uint8Array>,
  recipients: readonly string[],
): AsyncGenerator<Uint8Array> {
  const { header, fileKey } = await newHeader(recipients);
  const nonce = randomBytes(nonceBytes);
  yield Buffer.concat([header, nonce]);
  const key = payloadKey(fileKey, nonce);
  let number = 0;
  let batch: Uint8Array[] = [];
  for await (const { chunk, last } of chunks(plain, chunkBytes)) {
    const sealing = createCipheriv(cipher, key, chunkNonce(number, last), { authTagLength: tagBytes });
    number += 1;
    const sealed = sealing.update(chunk);
    sealing.final();
    batch.push(sealed, sealing.getAuthTag());
    if (!last && number % chunksAtOnce > 0) continue;
    yield Buffer.concat(batch);
    batch = [];
  }
}

/**
 * Every chunk is authenticated before it comes out, and the end only where the last one was.
 *
 * @param identity `AGE-SECRET-KEY-1…`
 * @throws {NoKeyError} the identity opens none of the recipients
 * @throws {Error} it was cut off or changed
 */
export async function* decrypt(
  sealed: AsyncIterable<Uint8Array>,
  identity: string,
): AsyncGenerator<Uint8Array> {
  const source = reader(sealed);
  try {
    const header = await readHeader(source);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    const fileKey = await decrypter.decryptHeader(header).catch((cause: unknown) => {
      const ours = !(cause instanceof Error && cause.message.includes('no identity matched'));
      throw ours ? new Error('its header was changed', { cause }) : new NoKeyError('no recipient is ours');
    });
    const nonce = await source.exactly(nonceBytes);
    const key = payloadKey(fileKey, nonce);
    let number = 0;
    for await (const { chunk, last } of chunks(source.rest(), chunkBytes + tagBytes)) {
      if (chunk.length < tagBytes) throw new Error('cut off in a tag');
      if (last && number > 0 && chunk.length === tagBytes) throw new Error('an empty chunk at the end');
      const opening = createDecipheriv(cipher, key, chunkNonce(number, last), { authTagLength: tagBytes });
      number += 1;
      opening.setAuthTag(chunk.subarray(-tagBytes));
      const plain = opening.update(chunk.subarray(0, -tagBytes));
      opening.final();
      yield plain;
    }
  } finally {
    await source.close();
  }
}

/** The identity is none of those that it was sealed for. */
export class NoKeyError extends Error {}

async function newHeader(
  recipients: readonly string[],
): Promise<{ readonly header: Uint8Array; readonly fileKey: Uint8Array }> {
  const learnt: Uint8Array[] = [];
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  // One that adds nothing to the header, and is told the key of the file.
  encrypter.addRecipient({
    wrapFileKey: (fileKey) => {
      learnt.push(Uint8Array.from(fileKey));
      return [];
    },
  });
  const empty = await encrypter.encrypt(new Uint8Array());
  const [fileKey] = learnt;
  if (fileKey === undefined) throw new Error('the library made no key');
  return { header: empty.subarray(0, -(nonceBytes + tagBytes)), fileKey };
}

function payloadKey(fileKey: Uint8Array, nonce: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', fileKey, nonce, 'payload', 32));
}

/** Eleven bytes of counter, big-endian, and one that says whether it is the last chunk. */
function chunkNonce(number: number, last: boolean): Uint8Array {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(number, 5, 6);
  nonce[11] = last ? 1 : 0;
  return nonce;
}

/** Pieces of exactly `size` bytes, and one at the end that may be shorter. Each is good only until the next is asked for. */
async function* chunks(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<{ readonly chunk: Uint8Array; readonly last: boolean }> {
  const held = Buffer.allocUnsafe(size);
  let used = 0;
  for await (const bytes of source) {
    for (let from = 0; from < bytes.length; ) {
      if (used === size) {
        yield { chunk: held, last: false };
        used = 0;
      }
      const part = bytes.subarray(from, from + size - used);
      held.set(part, used);
      used += part.length;
      from += part.length;
    }
  }
  yield { chunk: held.subarray(0, used), last: true };
}

type Reader = {
  exactly(count: number): Promise<Uint8Array>;
  rest(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
};

function reader(source: AsyncIterable<Uint8Array>): Reader {
  const iterator = source[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array();
  const more = async (): Promise<boolean> => {
    const { done, value } = await iterator.next();
    if (done === true) return false;
    held = held.length === 0 ? value : Buffer.concat([held, value]);
    return true;
  };
  return {
    async exactly(count) {
      while (held.length < count) if (!(await more())) throw new Error('cut off in the header');
      const taken = held.subarray(0, count);
      held = held.subarray(count);
      return taken;
    },
    async *rest() {
      if (held.length > 0) yield held;
      for (;;) {
        const { done, value } = await iterator.next();
        if (done === true) return;
        yield value;
      }
    },
    async close() {
      await iterator.return?.();
    },
  };
}

/** Up to and with the line that begins with `---`. */
async function readHeader(source: Reader): Promise<Uint8Array> {
  const lines: Uint8Array[] = [];
  let line: number[] = [];
  for (let count = 0; count < headerLimit; count += 1) {
    const [byte = 0] = await source.exactly(1);
    line.push(byte);
    if (byte !== 0x0a) continue;
    lines.push(Uint8Array.from(line));
    if (line.length > 3 && line[0] === 0x2d && line[1] === 0x2d && line[2] === 0x2d)
      return Buffer.concat(lines);
    line = [];
  }
  throw new Error('it does not begin as what age seals');
}
