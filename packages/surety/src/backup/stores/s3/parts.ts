const mib = 1024 * 1024;
/** S3's own limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
export const maxParts = 10_000;
/** From this part on they double every 250: a high guess that was too low costs memory, and no backup. */
const lastPlain = 9_000;

/**
 * How large part `n` (from 1) is to be: all alike, and small enough that as many as there may be hold `expect` bytes.
 *
 * @param even where the store takes only parts of one size
 */
export function partSizes(
  smallest: number,
  expect: number | undefined,
  even: boolean,
): (n: number) => number {
  const needed = Math.ceil((expect ?? 0) / lastPlain / mib) * mib;
  const plain = Math.max(smallest, needed);
  return (n) => (even || n <= lastPlain ? plain : plain * 2 ** Math.ceil((n - lastPlain) / 250));
}

export type Piece = { readonly bytes: Buffer<ArrayBuffer>; readonly last: boolean };

/**
 * The same bytes in pieces of those sizes; the last may be shorter, and is the only one that may be empty. No piece comes out before
 * a byte after it is there, or the end.
 */
export async function* inPieces(
  chunks: AsyncIterable<Uint8Array>,
  sizeOf: (n: number) => number,
): AsyncGenerator<Piece> {
  let number = 1;
  let buffer = Buffer.allocUnsafeSlow(sizeOf(number));
  let filled = 0;
  for await (const chunk of chunks) {
    for (let from = 0; from < chunk.length; ) {
      if (filled === buffer.length) {
        yield { bytes: buffer, last: false };
        number += 1;
        buffer = Buffer.allocUnsafeSlow(sizeOf(number));
        filled = 0;
      }
      const taken = Math.min(chunk.length - from, buffer.length - filled);
      buffer.set(chunk.subarray(from, from + taken), filled);
      filled += taken;
      from += taken;
    }
  }
  yield { bytes: buffer.subarray(0, filled), last: true };
}
