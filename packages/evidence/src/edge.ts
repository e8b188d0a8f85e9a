import { encodeEntries, foldHashes, type Tile, tileWidth } from './tile.ts';
import { emptyRoot, type Hash, leafHash, nodeHash } from './tree.ts';

/** The right edge of a tree: all that is needed to append to it and to know its root. */
export type Edge = {
  readonly size: number;
  /** The hashes of each level's partial tile, level 0 first. */
  readonly levels: readonly (readonly Hash[])[];
  /** The entries of the partial bundle. */
  readonly entries: readonly Uint8Array[];
};

export const emptyEdge: Edge = { size: 0, levels: [], entries: [] };

export type TileFile = { readonly tile: Tile; readonly bytes: Buffer };

/** Appends entries: the edge after them, and every tile that is new or wider. */
export function extend(
  edge: Edge,
  added: readonly Uint8Array[],
): { readonly edge: Edge; readonly files: readonly TileFile[] } {
  const { levels, files } = extendLevels(edge.levels, edge.size, added.map(leafHash));
  const entries = [...edge.entries, ...added];
  const bundles: TileFile[] = [];
  let index = Math.floor(edge.size / tileWidth);
  for (; entries.length >= tileWidth; index += 1) bundles.push(bundle(index, entries.splice(0, tileWidth)));
  if (added.length > 0 && entries.length > 0) bundles.push(bundle(index, entries));
  return { edge: { size: edge.size + added.length, levels, entries }, files: [...files, ...bundles] };
}

/** Appends leaf hashes to the levels of a tree of `size` leaves: the levels after them, and every tile that is new or wider. */
export function extendLevels(
  before: Edge['levels'],
  size: number,
  leaves: readonly Hash[],
): { readonly levels: Edge['levels']; readonly files: readonly TileFile[] } {
  const files: TileFile[] = [];
  const levels = before.map((hashes) => [...hashes]);
  const touched = new Set<number>();
  let leavesNow = size;
  const addNode = (level: number, hash: Hash): void => {
    const hashes = levels[level] ?? [];
    levels[level] = hashes;
    hashes.push(hash);
    touched.add(level);
    if (hashes.length < tileWidth) return;
    files.push(hashTile(level, leavesNow / tileWidth ** (level + 1) - 1, hashes));
    levels[level] = [];
    addNode(level + 1, foldHashes(hashes));
  };
  for (const leaf of leaves) {
    leavesNow += 1;
    addNode(0, leaf);
  }
  levels.forEach((hashes, level) => {
    if (hashes.length > 0 && touched.has(level))
      files.push(hashTile(level, Math.floor(leavesNow / tileWidth ** (level + 1)), hashes));
  });
  return { levels, files };
}

/** The tiles at the edge that are not full, entries last. */
export function partialTiles(edge: Edge): readonly TileFile[] {
  const files = edge.levels.flatMap((hashes, level) =>
    hashes.length === 0 ? [] : [hashTile(level, Math.floor(edge.size / tileWidth ** (level + 1)), hashes)],
  );
  if (edge.entries.length > 0) files.push(bundle(Math.floor(edge.size / tileWidth), edge.entries));
  return files;
}

/** The root of the tree that ends at this edge. */
export function edgeRoot(edge: Pick<Edge, 'levels'>): Hash {
  let root: Hash | undefined;
  for (const hashes of edge.levels) {
    // The perfect subtrees within a partial tile, smallest and rightmost first.
    let end = hashes.length;
    for (let width = 1; end > 0; width *= 2) {
      if ((end & width) === 0) continue;
      const subtree = foldHashes(hashes.slice(end - width, end));
      root = root === undefined ? subtree : nodeHash(subtree, root);
      end -= width;
    }
  }
  return root ?? emptyRoot;
}

function hashTile(level: number, index: number, hashes: readonly Hash[]): TileFile {
  return { tile: { level, index, width: hashes.length }, bytes: Buffer.concat(hashes) };
}

function bundle(index: number, entries: readonly Uint8Array[]): TileFile {
  return { tile: { level: 'entries', index, width: entries.length }, bytes: encodeEntries(entries) };
}
