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
  const files: TileFile[] = [];
  const entries = [...edge.entries];
  const levels = edge.levels.map((hashes) => [...hashes]);
  const touched = new Set<number>();
  let size = edge.size;
  const addNode = (level: number, hash: Hash): void => {
    const hashes = levels[level] ?? [];
    levels[level] = hashes;
    hashes.push(hash);
    touched.add(level);
    if (hashes.length < tileWidth) return;
    files.push(hashTile(level, size / tileWidth ** (level + 1) - 1, hashes));
    levels[level] = [];
    addNode(level + 1, foldHashes(hashes));
  };
  for (const entry of added) {
    entries.push(entry);
    size += 1;
    addNode(0, leafHash(entry));
    if (entries.length === tileWidth) files.push(bundle(size / tileWidth - 1, entries.splice(0)));
  }
  levels.forEach((hashes, level) => {
    if (hashes.length > 0 && touched.has(level))
      files.push(hashTile(level, Math.floor(size / tileWidth ** (level + 1)), hashes));
  });
  if (added.length > 0 && entries.length > 0) files.push(bundle(Math.floor(size / tileWidth), entries));
  return { edge: { size, levels, entries }, files };
}

/** The root of the tree that ends at this edge. */
export function edgeRoot(edge: Edge): Hash {
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
