import type { KeyObject } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { signCheckpoint } from '../src/checkpoint.ts';
import { edgeRoot, emptyEdge, extend } from '../src/edge.ts';
import { decodeEntries, encodeEntries, tilePath, tilesOf } from '../src/tile.ts';

/** Paths of the files below a folder, sorted. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(folder, path)).isFile())
    .sort();
}

function bundlesOf(folder: string): string[] {
  return filesBelow(folder).filter((path) => path.startsWith('tile/entries/'));
}

/** The entries of a log, as bytes. */
export function entriesOf(folder: string): Buffer[] {
  return bundlesOf(folder).flatMap((path) => decodeEntries(readFileSync(join(folder, path))).entries);
}

/** Changes the entries and nothing else, as someone with an editor would. */
export function editEntries(folder: string, edit: (entries: Buffer[]) => readonly Buffer[]): void {
  const [path, ...others] = bundlesOf(folder);
  if (path === undefined || others.length > 0) throw new Error('wants a log of one bundle');
  writeFileSync(join(folder, path), encodeEntries(edit(entriesOf(folder))));
}

/** Builds all tiles again from changed entries; with a key, signs the checkpoint again too. */
export function rebuild(
  folder: string,
  edit: (entries: Buffer[]) => readonly Buffer[],
  signer?: { readonly origin: string; readonly key: KeyObject },
): void {
  const entries = edit(entriesOf(folder));
  rmSync(join(folder, 'tile'), { recursive: true });
  const { edge, files } = extend(emptyEdge, entries);
  const wanted = new Set([...tilesOf(edge.size)].map(tilePath));
  for (const { tile, bytes } of files) {
    const path = join(folder, tilePath(tile));
    if (!wanted.has(tilePath(tile))) continue;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
  }
  if (signer !== undefined)
    writeFileSync(
      join(folder, 'checkpoint'),
      signCheckpoint(signer.origin, edge.size, edgeRoot(edge), signer.key),
    );
}
