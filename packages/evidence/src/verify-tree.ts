import { setImmediate } from 'node:timers/promises';
import { type Edge, edgeRoot, emptyEdge, extend, partialTiles, type TileFile } from './edge.ts';
import type { Files } from './files.ts';
import { bundlesOf, decodeEntries, type Tile, tilePath, tileWidth } from './tile.ts';
import type { Hash } from './tree.ts';

export type Walked = {
  /** The entries and every tile are whole and add up to the root. */
  readonly sound: boolean;
  /** The root of the entries that were found. */
  readonly root: Hash;
  /** Entries that were found. */
  readonly size: number;
  /** The root of the first `mark` entries; `null` where there are fewer. */
  readonly rootAtMark: Hash | null;
};

/**
 * Goes through a log's entries, one bundle in memory at a time, and builds the tree again that a writer would
 * have built from them, tile for tile.
 */
export async function walkTree(
  files: Files,
  wanted: { readonly size: number; readonly root: Hash; readonly mark: number | null },
  visit: (entry: Buffer, position: number) => Promise<void>,
): Promise<Walked> {
  let edge: Edge = emptyEdge;
  let sound = true;
  let rootAtMark: Hash | null = null;
  for (const tile of bundlesOf(wanted.size)) {
    // Lets a server that verifies answer others between two bundles.
    await setImmediate();
    const stored = await findBundle(files, tile);
    const bundle = decodeEntries(stored?.bytes ?? Buffer.alloc(0));
    sound &&= stored?.path === tilePath(tile) && bundle.whole && bundle.entries.length === tile.width;
    const { mark } = wanted;
    if (mark !== null && rootAtMark === null && edge.size + bundle.entries.length >= mark)
      rootAtMark = edgeRoot(extend(edge, bundle.entries.slice(0, mark - edge.size)).edge);
    for (const [at, entry] of bundle.entries.entries()) await visit(entry, edge.size + at);
    const grown = extend(edge, bundle.entries);
    edge = grown.edge;
    sound &&= await sameTiles(
      files,
      grown.files.filter((file) => file.tile.width === tileWidth),
    );
  }
  // Not those of the last step alone: a partial tile of an upper level may be older than that.
  sound &&= await sameTiles(files, partialTiles(edge));
  sound &&= edge.size === wanted.size && edgeRoot(edge).equals(wanted.root);
  return { sound, root: edgeRoot(edge), size: edge.size, rootAtMark };
}

/**
 * The file with a tile's entries. Where it is missing, one of the same tile at another width stands in for it, so
 * that the records in it can still be named; `verifyFiles` reports that one as unlisted.
 */
export async function findBundle(
  files: Files,
  tile: Tile,
): Promise<{ readonly path: string; readonly bytes: Buffer } | null> {
  const path = tilePath(tile);
  const bytes = await files.read(path);
  if (bytes !== null) return { path, bytes };
  const full = tilePath({ ...tile, width: tileWidth });
  for (const other of await files.list()) {
    if (other.path !== full && !other.path.startsWith(`${full}.p/`)) continue;
    const found = await files.read(other.path);
    if (found !== null) return { path: other.path, bytes: found };
  }
  return null;
}

/** Whether tiles are stored as they should be. */
async function sameTiles(files: Files, tiles: readonly TileFile[]): Promise<boolean> {
  for (const { tile, bytes } of tiles)
    if ((await files.read(tilePath(tile)))?.equals(bytes) !== true) return false;
  return true;
}
