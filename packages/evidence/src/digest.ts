import { createHash } from 'node:crypto';
import { canonicalize } from './canonical.ts';
import type { Json } from './json.ts';
import type { Observation } from './observation.ts';
import type { Sha256, SuretyRecord } from './record.ts';

/** SHA-256 of bytes or of UTF-8 text, in lower-case hexadecimal. */
export function sha256(bytes: Uint8Array | string): Sha256 {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The digest that names a record: SHA-256 of its canonical JSON. */
export function recordDigest(record: SuretyRecord): Sha256 {
  const value: Json = record;
  return sha256(canonicalize(value));
}

/** The file content of stored observations: canonical JSON of the list, without a final newline. */
export function encodeObservations(observations: readonly Observation[]): Buffer {
  return Buffer.concat([...pieces(observations)]);
}

/** The digest under which observations are stored. */
export function observationsDigest(observations: readonly Observation[]): Sha256 {
  const hash = createHash('sha256');
  for (const piece of pieces(observations)) hash.update(piece);
  return hash.digest('hex');
}

const together = 500;

/** Some of them at a time: as one text, those of a large run would be held several times over. */
function* pieces(observations: readonly Observation[]): Generator<Buffer> {
  yield Buffer.from('[');
  for (let from = 0; from < observations.length; from += together) {
    const texts = observations.slice(from, from + together).map((seen): string => {
      const value: Json = seen;
      return canonicalize(value);
    });
    yield Buffer.from(`${from === 0 ? '' : ','}${texts.join(',')}`);
  }
  yield Buffer.from(']');
}
