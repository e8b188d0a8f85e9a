import { type Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { SuretyError } from '../core/error.ts';
import { decrypt, encrypt, NoKeyError } from './age.ts';

const level = 3;
/** What comes out of zstd at once. */
const outputBytes = 128 * 1024;

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

/** What `transform` makes of `source`. Whoever stops reading stops both; what `source` throws comes out. */
async function* through(source: AsyncIterable<Uint8Array>, transform: Duplex): AsyncGenerator<Uint8Array> {
  const readable = Readable.from(source, { objectMode: false });
  const closed = new Promise<void>((resolve) => {
    readable.once('close', resolve);
  });
  const fed = pipeline(readable, transform).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  try {
    yield* transform;
    const failed = await fed;
    if (failed !== null) throw failed.error;
  } catch (error) {
    throw (await fed)?.error ?? error;
  } finally {
    transform.destroy();
    readable.destroy();
    await closed;
  }
}
