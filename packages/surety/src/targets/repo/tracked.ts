import { open } from 'node:fs/promises';
import type { Population } from '../../core/see.ts';
import type { Git } from './git.ts';
import { nameOf, type RepoPath } from './name.ts';

export type TrackedFile = {
  readonly path: RepoPath;
  /** `file`, `link`, or `submodule`: another repository's commit. */
  readonly type: 'file' | 'link' | 'submodule';
  /** Git's digest of the content that is staged. */
  readonly object: string;
};

/** What the index holds below the folder looked at, counted again from the index file's own header. */
export async function trackedFiles(git: Git): Promise<Population<TrackedFile>> {
  const all = splitNul(await git.run(['ls-files', '-z', '--stage'])).map(parseStage);
  const items = all.flatMap((file) => within(git.prefix, file));
  const outside = all.length - items.length;
  return {
    items,
    how: 'git ls-files',
    recount: {
      how: outside === 0 ? 'the header of the index' : `the header of the index, less ${outside} elsewhere`,
      count: (await countInHeader(git.index)) - outside,
    },
  };
}

export function splitNul(out: Buffer): readonly Buffer[] {
  const parts: Buffer[] = [];
  for (let start = 0; start < out.length; ) {
    const end = out.indexOf(0, start);
    parts.push(out.subarray(start, end === -1 ? out.length : end));
    start = end === -1 ? out.length : end + 1;
  }
  return parts;
}

/** A path from the top of the checkout as one from the folder looked at; nothing when it lies elsewhere. */
export function within<T extends { readonly path: RepoPath }>(prefix: string, item: T): readonly T[] {
  if (!item.path.startsWith(prefix)) return [];
  return [prefix === '' ? item : { ...item, path: item.path.slice(prefix.length) }];
}

export function typeOf(mode: string): TrackedFile['type'] {
  if (mode === '160000') return 'submodule';
  return mode === '120000' ? 'link' : 'file';
}

/** `100644 OBJECT 0<tab>PATH` */
function parseStage(line: Buffer): TrackedFile {
  const tab = line.indexOf('\t');
  const [mode = '', object = ''] = line.subarray(0, tab).toString('latin1').split(' ');
  return { path: nameOf(line.subarray(tab + 1)), type: typeOf(mode), object };
}

/** Bytes 8 to 11 of the index: how many entries follow. No index: nothing was ever staged. */
async function countInHeader(index: string): Promise<number> {
  const file = await open(index).catch(() => null);
  if (file === null) return 0;
  try {
    const header = Buffer.alloc(12);
    await file.read(header, 0, 12, 0);
    return header.readUInt32BE(8);
  } finally {
    await file.close();
  }
}
