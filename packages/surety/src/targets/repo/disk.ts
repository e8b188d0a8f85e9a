import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { BlindError } from '../../core/error.ts';
import { below, nameOf, type RepoPath, rawOf } from './name.ts';

/** What walking a folder found. Links are listed, never followed. */
export type Walk = {
  readonly files: readonly RepoPath[];
  /** Repositories inside the repository: listed, not entered. */
  readonly nested: readonly RepoPath[];
};

/** Which of these folders not to enter, asked level by level. */
export type Prune = (folders: readonly RepoPath[]) => Promise<ReadonlySet<RepoPath>>;

const maxEntries = 500_000;

/** @throws {BlindError} `repo/unreadable` naming the folder that could not be listed. */
export async function walk(root: string, prune: Prune): Promise<Walk> {
  const files: RepoPath[] = [];
  const nested: RepoPath[] = [];
  let level: readonly RepoPath[] = [''];
  while (level.length > 0) {
    const folders: RepoPath[] = [];
    for (const folder of level) {
      const entries = await list(root, folder);
      if (folder !== '' && entries.some(({ name }) => name.equals(dotGit))) {
        nested.push(folder);
        continue;
      }
      for (const entry of entries) {
        if (entry.name.equals(dotGit)) continue;
        const path = below(folder, nameOf(entry.name));
        if (entry.isDirectory()) folders.push(path);
        else if (entry.isFile() || entry.isSymbolicLink()) files.push(path);
      }
      if (files.length + folders.length > maxEntries) throw tooMany();
    }
    const pruned = await prune(folders);
    level = folders.filter((folder) => !pruned.has(folder));
  }
  return { files, nested };
}

const dotGit = Buffer.from('.git');

async function list(root: string, folder: RepoPath) {
  try {
    return await readdir(absolute(root, folder), { withFileTypes: true, encoding: 'buffer' });
  } catch (cause) {
    throw unreadable(folder === '' ? root : folder, cause);
  }
}

/** Whether it is a file or a link, itself and not what it points to. */
export async function isThere(root: string, path: RepoPath): Promise<boolean> {
  const entry = await lstat(absolute(root, path)).catch(() => null);
  return entry !== null && (entry.isFile() || entry.isSymbolicLink());
}

/**
 * The bytes of a regular file in the tree. A link is followed when it ends inside the tree.
 *
 * @throws {BlindError} `repo/unreadable`, `repo/outside`, or `repo/too-large` beyond `limit` bytes.
 */
export async function readInside(root: string, path: RepoPath, limit: number): Promise<Buffer> {
  const file = await openInside(root, path);
  try {
    const { size } = await file.stat();
    if (size > limit) throw tooLarge(path, size, limit);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

/** Whether it is a file that can be read, or a link to one in the tree. */
export async function isReadable(root: string, path: RepoPath): Promise<boolean> {
  try {
    await (await openInside(root, path)).close();
    return true;
  } catch (error) {
    if (error instanceof BlindError) return false;
    throw error;
  }
}

async function openInside(root: string, path: RepoPath): Promise<FileHandle> {
  const real = await realpath(absolute(root, path), 'buffer').catch((cause) => {
    throw unreadable(path, cause);
  });
  const inside = Buffer.from(join(root, sep));
  const parts = nameOf(real.subarray(inside.length)).split('/');
  if (!real.subarray(0, inside.length).equals(inside) || parts.some((part) => part.toLowerCase() === '.git'))
    throw outside(path);
  // Not blocking, so that a named pipe cannot keep us waiting for a writer.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(real, flags).catch((cause) => {
    throw unreadable(path, cause);
  });
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw unreadable(path, 'not a regular file');
}

/** The path on disk as bytes, so that names that are not UTF-8 can be opened. */
export function absolute(root: string, path: RepoPath): Buffer {
  if (path.split('/').includes('..') || path.startsWith('/')) throw outside(path);
  return path === '' ? Buffer.from(root) : Buffer.concat([Buffer.from(join(root, sep)), rawOf(path)]);
}

function unreadable(path: string, cause: unknown): BlindError {
  const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
  return new BlindError('repo/unreadable', `${path} cannot be read: ${why}`, `let this user read ${path}`, {
    cause,
  });
}

function outside(path: string): BlindError {
  return new BlindError(
    'repo/outside',
    `${path} leads out of the repository`,
    'replace the link by the file itself',
  );
}

function tooLarge(path: string, size: number, limit: number): BlindError {
  return new BlindError(
    'repo/too-large',
    `${path} has ${size} bytes, more than the ${limit} that are read`,
    'keep files of this kind small, or accept the risk with surety except',
  );
}

function tooMany(): BlindError {
  return new BlindError(
    'repo/too-large',
    `more than ${maxEntries} files and folders`,
    'point path: at a part of the repository, or ignore what is generated',
  );
}
