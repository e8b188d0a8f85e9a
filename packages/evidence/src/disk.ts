import { constants } from 'node:fs';
import { mkdir, open, readdir, readFile, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EvidenceError, systemCode } from './error.ts';

/** The folder of a log as its writer uses it. Paths are relative to it, with `/`. */
export type Disk = {
  readonly folder: string;
  /** The content of a file; `null` where there is none. */
  read(path: string): Promise<Buffer | null>;
  /** The names in the folder itself; none where it does not exist. */
  names(): Promise<readonly string[]>;
  /** Makes a file that must not exist, and has it on disk before it returns. The folder entry is not: see `settle`. */
  create(path: string, bytes: Uint8Array): Promise<void>;
  /** Puts a file in place of another in one step: after a crash it is the old one or the new one. */
  replace(path: string, bytes: Uint8Array): Promise<void>;
  /** Removes a file, if it is there, and folders that become empty. */
  remove(path: string): Promise<void>;
  /** Has the folder entries of these files on disk before it returns. */
  settle(paths: readonly string[]): Promise<void>;
};

/** @throws {EvidenceError} from every member: `log/disk-full`, `log/read-only`, `log/foreign-file` or `log/disk`. */
export function nodeDisk(folder: string): Disk {
  const at = (path: string): string => join(folder, path);
  const replace = async (path: string, bytes: Uint8Array): Promise<void> => {
    await rm(at(`${path}.tmp`), { force: true });
    await createFile(at(`${path}.tmp`), bytes);
    await rename(at(`${path}.tmp`), at(path));
    await syncFolder(dirname(at(path)));
  };
  const remove = async (path: string): Promise<void> => {
    await rm(at(path), { force: true });
    for (let parent = dirname(path); parent !== '.'; parent = dirname(parent))
      if (!(await removeEmptyFolder(at(parent)))) return;
  };
  const settle = async (paths: readonly string[]): Promise<void> => {
    const folders = new Set(paths.flatMap(foldersAbove));
    await Promise.all([...folders].map((path) => syncFolder(at(path))));
  };
  return {
    folder,
    read: (path) => explained(folder, () => readOrNull(at(path))),
    names: () => explained(folder, () => namesIn(folder)),
    create: (path, bytes) => explained(folder, () => createFile(at(path), bytes)),
    replace: (path, bytes) => explained(folder, () => replace(path, bytes)),
    remove: (path) => explained(folder, () => remove(path)),
    settle: (paths) => explained(folder, () => settle(paths)),
  };
}

/** Runs something on the disk; what goes wrong comes out as an `EvidenceError` that says what to do. */
export async function explained<T>(folder: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw explain(folder, error);
  }
}

function explain(folder: string, error: unknown): unknown {
  if (error instanceof EvidenceError) return error;
  const options = { cause: error };
  switch (systemCode(error)) {
    case '':
      return error;
    case 'ENOSPC':
    case 'EDQUOT':
      return new EvidenceError(
        'log/disk-full',
        `no space left for the log in ${folder}`,
        'free some space and run it again; what was committed before is untouched',
        options,
      );
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
      return new EvidenceError(
        'log/read-only',
        `the log in ${folder} cannot be written: ${systemCode(error)}`,
        'make the folder writable for this user, or point the log elsewhere',
        options,
      );
    case 'EEXIST':
      return new EvidenceError(
        'log/foreign-file',
        `a file that this log did not write stands in its way in ${folder}`,
        'run surety verify: it names the file; move it away',
        options,
      );
    default:
      return new EvidenceError(
        'log/disk',
        `the log in ${folder} cannot be used: ${error instanceof Error ? error.message : 'unknown error'}`,
        'check the path and the disk, then run it again',
        options,
      );
  }
}

async function readOrNull(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return null;
    throw error;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  }
}

async function createFile(path: string, bytes: Uint8Array): Promise<void> {
  const flags = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY;
  const file = await open(path, flags, 0o644).catch(async (error: unknown) => {
    if (systemCode(error) !== 'ENOENT') throw error;
    await mkdir(dirname(path), { recursive: true });
    return open(path, flags, 0o644);
  });
  try {
    await file.writeFile(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function removeEmptyFolder(path: string): Promise<boolean> {
  try {
    await rmdir(path);
    return true;
  } catch {
    return false;
  }
}

function foldersAbove(path: string): string[] {
  const parent = dirname(path);
  return parent === '.' ? ['.'] : [parent, ...foldersAbove(parent)];
}
