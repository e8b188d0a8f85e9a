import type { Duplex } from 'node:stream';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { SuretyError } from '../core/error.ts';
import { decrypt, encrypt, NoKeyError } from './age.ts';

const level = 3;
/** What comes out of zstd at once. */
const outputBytes = 256 * 1024;

/**
 * What goes into a store: zstd at level 3 with a checksum in the frame, then age. Nothing is held back but the chunks under
 * way. When `plain` throws, so does this, and nobody gets an end.
 *
 * @param recipients `age1…`; any one of their identities opens it
 */
export async function* seal(
  plain: AsyncIterable<Uint8Array>,
  recipients: readonly string[],
): AsyncGenerator<Uint8Array> {
  const zstd = createZstdCompress({
    chunkSize: outputBytes,
    params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
  });
  yield* encrypt(through(plain, zstd), recipients);
}

/**
 * The plain bytes again. Every chunk is authenticated before it comes out, and the end is one only when it is the
 * end that was sealed.
 *
 * @throws {SuretyError} `seal/no-key`, `seal/altered`
 */
export async function* unseal(
  sealed: AsyncIterable<Uint8Array>,
  identity: string,
): AsyncGenerator<Uint8Array> {
  const zstd = createZstdDecompress({ chunkSize: outputBytes });
  try {
    yield* through(decrypt(sealed, identity), zstd);
  } catch (cause) {
    if (cause instanceof NoKeyError)
      throw new SuretyError(
        'seal/no-key',
        'the identity opens none of the recipients that it was sealed for',
        'use the identity of one of the recipients in the manifest',
        { cause },
      );
    throw new SuretyError(
      'seal/altered',
      'it is not what was sealed: cut off, or changed on the way',
      'look for another copy of this backup; do not restore this one',
      { cause },
    );
  }
}

/**
 * What `transform` makes of `source`, of whose pieces each is done with before the next is asked for. Whoever stops reading stops
 * both; what `source` throws comes out.
 */
async function* through(source: AsyncIterable<Uint8Array>, transform: Duplex): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  // Whoever reads is told; this is for when nobody does any more.
  transform.on('error', () => undefined);
  const fed = feed(iterator, transform).then(
    () => null,
    (error: unknown) => {
      transform.destroy();
      return { error };
    },
  );
  try {
    yield* transform;
    const failed = await fed;
    if (failed !== null) throw failed.error;
  } catch (error) {
    throw (await fed)?.error ?? error;
  } finally {
    transform.destroy();
    await iterator.return?.();
    await fed;
  }
}

async function feed(source: AsyncIterator<Uint8Array>, transform: Duplex): Promise<void> {
  for (;;) {
    const { done, value } = await source.next();
    if (transform.destroyed) return;
    if (done === true) {
      transform.end();
      return;
    }
    await written(transform, value);
  }
}

/** Until it has taken all of it, or never will. */
function written(transform: Duplex, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      transform.off('close', go);
      resolve();
    };
    transform.once('close', go);
    transform.write(bytes, go);
  });
}
