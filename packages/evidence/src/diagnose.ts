import { type Edge, edgeRoot, extendLevels, type TileFile } from './edge.ts';
import type { Files } from './files.ts';
import { type Found, nameChanges } from './name-changes.ts';
import { bundlesOf, decodeEntries, decodeTile, tilePath, tilesOf, tileWidth } from './tile.ts';
import { type Hash, leafHash } from './tree.ts';
import type { Problem } from './verification.ts';
import { openEntry, type Prober } from './verify-seal.ts';
import { findBundle } from './verify-tree.ts';

type Wanted = {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  readonly prober: Prober | null;
};

/**
 * Names what was changed in a log whose tree or seals are not sound. What a record should be is known from the
 * leaf hashes, if they add up to the signed root, else from the place that each record was signed for.
 */
export async function diagnose(files: Files, wanted: Wanted): Promise<readonly Problem[]> {
  const entries = await readEntries(files, wanted);
  const stored = await readLeafHashes(files, wanted.size);
  const found = entries.flatMap(({ hash }) => (hash === null ? [] : [hash]));
  const fromEntries = extendLevels([], 0, found);
  const fromTiles = stored === null ? null : extendLevels([], 0, stored);
  const entriesFit = found.length === wanted.size && edgeRoot(fromEntries).equals(wanted.root);
  const tilesFit = fromTiles !== null && edgeRoot(fromTiles).equals(wanted.root);
  const problems: Problem[] = [];
  if (entriesFit) problems.push(...(await damagedTiles(files, wanted.size, fromEntries)));
  else if (tilesFit) problems.push(...(await damagedTiles(files, wanted.size, fromTiles)));
  const byHash =
    tilesFit && !entriesFit ? new Map(stored?.map((hash, index) => [hash.toString('latin1'), index])) : null;
  const seen = entries.map((entry): Found => {
    const index = byHash === null ? entry.place : (byHash.get(entry.hash?.toString('latin1') ?? '') ?? null);
    return { ...entry, index };
  });
  problems.push(...nameChanges(legible(seen), wanted.size), ...(await missingBundles(files, wanted.size)));
  if (!entriesFit && !tilesFit)
    problems.push({
      kind: 'edited',
      where: 'tile',
      message: 'records and tiles do not add up to the root that the checkpoint signs',
    });
  return problems;
}

type ReadEntry = Omit<Found, 'index'> & {
  readonly hash: Hash | null;
  /** The place that it was signed for in this log. */
  readonly place: number | null;
};

async function readEntries(files: Files, wanted: Wanted): Promise<ReadEntry[]> {
  const all: ReadEntry[] = [];
  for (const tile of bundlesOf(wanted.size)) {
    const bundle = await findBundle(files, tile);
    if (bundle === null) continue;
    const { path, bytes } = bundle;
    const { entries, whole } = decodeEntries(bytes);
    for (const entry of entries) {
      const opened = openEntry(entry, wanted.prober);
      const here = opened.seal === 'sound' && opened.placed.origin === wanted.origin;
      all.push({
        path,
        hash: leafHash(entry),
        place: here ? opened.placed.index : null,
        stranger: opened.seal === 'stranger' || (opened.seal === 'sound' && !here),
        unreadable: null,
      });
    }
    const end = tile.index * tileWidth + tile.width;
    if (!whole) all.push({ path, hash: null, place: null, stranger: false, unreadable: end });
  }
  return all;
}

/** Without the pieces that a bundle falls into when a length in it was changed. */
function legible(seen: readonly Found[]): Found[] {
  const torn = new Set(seen.flatMap(({ path, unreadable }) => (unreadable === null ? [] : [path])));
  return seen.filter(
    ({ path, index, unreadable }) => !torn.has(path) || index !== null || unreadable !== null,
  );
}

/** The leaf hashes of level 0; `null` unless every tile of it is whole. */
async function readLeafHashes(files: Files, size: number): Promise<Hash[] | null> {
  const hashes: Hash[] = [];
  for (const tile of tilesOf(size)) {
    if (tile.level !== 0) continue;
    const read = decodeTile((await files.read(tilePath(tile))) ?? Buffer.alloc(0), tile.width);
    if (read === null) return null;
    for (const hash of read) hashes.push(hash);
  }
  return hashes;
}

async function damagedTiles(
  files: Files,
  size: number,
  tree: { readonly levels: Edge['levels']; readonly files: readonly TileFile[] },
): Promise<Problem[]> {
  const right = new Map(tree.files.map(({ tile, bytes }) => [tilePath(tile), bytes]));
  const problems: Problem[] = [];
  for (const tile of tilesOf(size)) {
    if (tile.level === 'entries') continue;
    const path = tilePath(tile);
    const bytes = await files.read(path);
    const wanted = right.get(path);
    if (bytes === null) problems.push({ kind: 'deleted', where: path, message: 'this tile is missing' });
    else if (wanted === undefined || !bytes.equals(wanted))
      problems.push({
        kind: 'edited',
        where: path,
        message: 'its hashes are not those of the records below it',
      });
  }
  return problems;
}

async function missingBundles(files: Files, size: number): Promise<Problem[]> {
  const problems: Problem[] = [];
  for (const tile of bundlesOf(size))
    if ((await files.read(tilePath(tile))) === null)
      problems.push({ kind: 'deleted', where: tilePath(tile), message: 'this file of records is missing' });
  return problems;
}
