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
export function encodeObservations(observations: readonly Observation[]): string {
  const value: Json = observations;
  return canonicalize(value);
}

/** The digest under which observations are stored. */
export function observationsDigest(observations: readonly Observation[]): Sha256 {
  return sha256(encodeObservations(observations));
}
