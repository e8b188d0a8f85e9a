import { type Hash, nodeHash } from './tree.ts';

/** Hashes in a full tile: eight levels of the tree. */
export const tileWidth = 256;
export const maxEntryBytes = 0xffff;
const hashBytes = 32;

/** A file of the tree: hashes of one level, or the entries below level 0. */
export type Tile = {
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; below 256 the tile is partial. */
  readonly width: number;
};

/** `tile/0/x001/x234/067.p/8` (C2SP tlog-tiles). */
export function tilePath({ level, index, width }: Tile): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, '0').match(/\d{3}/g) ?? [];
  const path = groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join('/');
  return `tile/${level}/${path}${width === tileWidth ? '' : `.p/${width}`}`;
}

/** How many hashes a level holds for a tree of `size` leaves: the full tiles of the level below. */
export function levelSize(level: number, size: number): number {
  return Math.floor(size / tileWidth ** level);
}

/** Every tile of the tree of `size` leaves, entries last. */
export function* tilesOf(size: number): Generator<Tile> {
  for (let level = 0; levelSize(level, size) > 0; level += 1)
    yield* tilesOfLevel(level, levelSize(level, size));
  yield* tilesOfLevel('entries', size);
}

/** The files with the entries of the tree of `size` leaves. */
export function bundlesOf(size: number): Generator<Tile> {
  return tilesOfLevel('entries', size);
}

/** The tiles at the right edge that are not full: the only ones that an append replaces. */
export function partialTilesOf(size: number): Tile[] {
  const tiles: Tile[] = [];
  for (let level = 0; levelSize(level, size) > 0; level += 1) {
    const nodes = levelSize(level, size);
    const width = nodes % tileWidth;
    if (width === 0) continue;
    tiles.push({ level, index: Math.floor(nodes / tileWidth), width });
    if (level === 0) tiles.push({ level: 'entries', index: Math.floor(nodes / tileWidth), width });
  }
  return tiles;
}

function* tilesOfLevel(level: Tile['level'], nodes: number): Generator<Tile> {
  for (let index = 0; index * tileWidth < nodes; index += 1)
    yield { level, index, width: Math.min(tileWidth, nodes - index * tileWidth) };
}

/** The hashes of a tile; `null` when it is not exactly `width` of them. */
export function decodeTile(bytes: Buffer, width: number): Hash[] | null {
  if (bytes.length !== width * hashBytes) return null;
  return Array.from({ length: width }, (_, at) => bytes.subarray(at * hashBytes, (at + 1) * hashBytes));
}

/** The hash of a subtree within a tile: `hashes[0]` to the last, a power of two of them. */
export function foldHashes(hashes: readonly Hash[]): Hash {
  let level = [...hashes];
  while (level.length > 1)
    level = Array.from({ length: level.length / 2 }, (_, at) => {
      const [left, right] = level.slice(at * 2, at * 2 + 2);
      if (left === undefined || right === undefined) throw new RangeError('not a power of two');
      return nodeHash(left, right);
    });
  const [top] = level;
  if (top === undefined) throw new RangeError('no hashes to fold');
  return top;
}

/** Entries as they stand in a file: each with its length as two bytes before it. */
export function encodeEntries(entries: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    entries.flatMap((entry) => [Uint8Array.of(entry.length >> 8, entry.length & 0xff), entry]),
  );
}

/** The entries of a bundle, as far as it can be read; `whole` is false when bytes are missing at its end. */
export function decodeEntries(bytes: Buffer): { readonly entries: Buffer[]; readonly whole: boolean } {
  const entries: Buffer[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const end = at + 2 + bytes.readUInt16BE(at);
    if (end > bytes.length) break;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return { entries, whole: at === bytes.length };
}

/** Reads a tile's hashes. */
export type TileReader = (tile: Tile & { readonly level: number }) => Promise<readonly Hash[]>;

/** Answers for any subtree of a tree of `size` leaves from its tiles: what proofs are made from. */
export function subtreeFromTiles(
  size: number,
  read: TileReader,
): (height: number, index: number) => Promise<Hash> {
  return async (height, index) => {
    const level = Math.floor(height / 8);
    const span = 2 ** (height - level * 8);
    const first = index * span;
    const tile = Math.floor(first / tileWidth);
    const width = Math.min(tileWidth, levelSize(level, size) - tile * tileWidth);
    const hashes = await read({ level, index: tile, width });
    const from = first - tile * tileWidth;
    return foldHashes(hashes.slice(from, from + span));
  };
}
