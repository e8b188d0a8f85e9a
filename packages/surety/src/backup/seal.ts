import { Readable } from 'node:stream';
import { constants, createZstdCompress, createZstdDecompress } from 'node:zlib';
import { Decrypter, Encrypter } from 'age-encryption';
import { SuretyError } from '../core/error.ts';

const level = 3;

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
  const encrypter = new Encrypter();
  for (const recipient of recipients) encrypter.addRecipient(recipient);
  const compressed = Readable.from(plain, { objectMode: false }).compose(
    createZstdCompress({
      params: { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 },
    }),
  );
  yield* await encrypter.encrypt(Readable.toWeb(compressed));
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
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const opened = await decrypter
    .decrypt(Readable.toWeb(Readable.from(sealed, { objectMode: false })))
    .catch((cause: unknown) => {
      throw new SuretyError(
        'seal/no-key',
        'the identity opens none of the recipients that it was sealed for',
        'use the identity of one of the recipients in the manifest',
        { cause },
      );
    });
  const plain = Readable.from(opened, { objectMode: false }).compose(createZstdDecompress());
  try {
    for await (const chunk of plain) yield chunk;
  } catch (cause) {
    throw new SuretyError(
      'seal/altered',
      'it is not what was sealed: cut off, or changed on the way',
      'look for another copy of this backup; do not restore this one',
      { cause },
    );
  }
}
