/** How an object begins, as whoever steals it would see. */
export type SealedAs =
  | { readonly kind: 'age'; readonly recipients: readonly string[]; readonly payload: Buffer }
  | { readonly kind: 'open'; readonly what: string };

const intro = 'age-encryption.org/v1\n';
const headerLimit = 64 * 1024;

/**
 * Reads the header of what age sealed (https://age-encryption.org/v1): one stanza for each recipient, which says its
 * kind and not whose it is.
 */
export function sealedAs(beginning: Buffer): SealedAs {
  if (beginning.subarray(0, intro.length).toString('latin1') !== intro) {
    return { kind: 'open', what: whatElse(beginning) };
  }
  const text = beginning.subarray(0, headerLimit).toString('latin1');
  const end = /\n--- [A-Za-z0-9+/]{43}\n/.exec(text);
  if (end === null) return { kind: 'open', what: 'a header of age without an end' };
  const recipients = text
    .slice(0, end.index + 1)
    .split('\n')
    .filter((line) => line.startsWith('-> '))
    .map((line) => line.slice(3).split(' ')[0] ?? '');
  return { kind: 'age', recipients, payload: beginning.subarray(end.index + end[0].length) };
}

const beginnings: readonly (readonly [string, string])[] = [
  ['PGDMP', 'a plain archive of pg_dump'],
  ['\x1f\x8b', 'gzip, not encrypted'],
  ['\x28\xb5\x2f\xfd', 'zstd, not encrypted'],
  ['\x04\x22\x4d\x18', 'lz4, not encrypted'],
  ['BZh', 'bzip2, not encrypted'],
  ['\xfd7zXZ', 'xz, not encrypted'],
  ['PK\x03\x04', 'zip, not encrypted as far as can be seen'],
];

function whatElse(beginning: Buffer): string {
  const start = beginning.subarray(0, 4096).toString('latin1');
  const known = beginnings.find(([magic]) => start.startsWith(magic));
  if (known !== undefined) return known[1];
  if (/PostgreSQL database|CREATE TABLE|^COPY |INSERT INTO/m.test(start)) return 'plain SQL';
  return beginning.length === 0 ? 'empty' : 'no age file';
}

const dumpWords = ['PGDMP', 'PostgreSQL database dump', 'CREATE TABLE', 'CREATE ROLE', 'COPY public.'];

/** Words of a dump that stand in the bytes for everybody to read. What is encrypted has none but by chance, which takes long words. */
export function plainWords(bytes: Buffer, names: readonly string[]): readonly string[] {
  return [...dumpWords, ...names.filter((name) => name.length >= 6)].filter((word) => bytes.includes(word));
}
