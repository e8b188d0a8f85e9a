import { lstatSync, readFileSync } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { explained } from './disk.ts';
import { EvidenceError, systemCode } from './error.ts';

/** The files of a log, in a folder or in a bundle, for those who only read it. */
export type Files = {
  /** Where they are, for messages. */
  readonly where: string;
  /** Every file below it, sorted; `kind` is `other` for links, sockets and the like. */
  list(): Promise<readonly { readonly path: string; readonly kind: 'file' | 'other' }[]>;
  /** The content of a file; `null` where there is none, or none that is a plain file. */
  read(path: string): Promise<Buffer | null>;
  close(): Promise<void>;
};

/** @throws {EvidenceError} `log/missing` where there is no such folder. */
export async function folderFiles(folder: string): Promise<Files> {
  const stat = await lstat(folder).catch((error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
  });
  if (stat === undefined)
    throw new EvidenceError(
      'log/missing',
      `there is no log in ${folder}`,
      'check the path, or run surety prove first',
    );
  return {
    where: folder,
    list: () =>
      explained(folder, async () => {
        const found = await listBelow(folder, '');
        return found.sort((a, b) => (a.path < b.path ? -1 : 1));
      }),
    read: (path) => explained(folder, async () => readPlain(join(folder, path))),
    close: async () => {},
  };
}

async function listBelow(root: string, below: string): Promise<{ path: string; kind: 'file' | 'other' }[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  const lists = await Promise.all(
    entries.map(async (entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) return listBelow(root, path);
      return [{ path, kind: entry.isFile() ? ('file' as const) : ('other' as const) }];
    }),
  );
  return lists.flat();
}

/** Synchronously: a log has many small files, and a round through the thread pool costs more than reading one. */
function readPlain(path: string): Buffer | null {
  try {
    return lstatSync(path).isFile() ? readFileSync(path) : null;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') return null;
    throw error;
  }
}
