import type { Stats } from 'node:fs';
import { constants } from 'node:fs';
import { lstat, open, realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BlindError, SuretyError } from '../../../core/error.ts';
import { checkKey } from '../key.ts';
import type { StoredObject } from '../store.ts';
import { folderError, systemCode } from './error.ts';

/** The folder, as it was when it was opened. */
export type Home = { readonly path: string; readonly dev: number; readonly ino: number };

/** @throws {BlindError} `store/gone`, `store/refused` */
export async function findHome(name: string, path: string): Promise<Home> {
  try {
    const real = await realpath(path);
    const { dev, ino } = await folderAt(real);
    return { path: real, dev, ino };
  } catch (error) {
    throw folderError(name, `open ${path}`, error);
  }
}

async function folderAt(path: string): Promise<Stats> {
  const found = await stat(path);
  if (!found.isDirectory()) {
    throw Object.assign(new Error(`${path} is not a folder`), { code: 'ENOTDIR' });
  }
  return found;
}

export const pathOf = (home: Home, key: string): string => {
  checkKey(key);
  return join(home.path, ...key.split('/'));
};

/** The folder that was opened, and not the empty place where its disk was mounted, nor one that a link leads to. */
export async function stillThere(name: string, home: Home, folder: string): Promise<void> {
  const { dev, ino } = await folderAt(home.path);
  if (dev !== home.dev || ino !== home.ino) {
    throw new BlindError(
      'store/gone',
      `store ${name}: another folder is where it was when it was opened`,
      'is its disk still mounted?',
    );
  }
  if ((await realpath(folder)) !== folder) throw leadsOut(name, folder);
}

function leadsOut(name: string, path: string): SuretyError {
  return new SuretyError(
    'store/refused',
    `store ${name}: a link is on the way to ${path}`,
    'a store follows no links: move what it leads to into the folder',
  );
}

/** `null` where there is no file, or only by a link. */
export async function lookAt(
  home: Home,
  key: string,
  version: string | null,
): Promise<(StoredObject & { lockedUntil: null }) | null> {
  const path = pathOf(home, key);
  if (version !== null) return null;
  const found = await ifThere(lstat(path));
  if (found === null || !found.isFile() || (await realpath(path)) !== path) return null;
  return {
    key,
    bytes: found.size,
    version: null,
    modified: found.mtime.toISOString(),
    lockedUntil: null,
  };
}

/** Its entries are on the disk then. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** `null` where there is nothing. */
export async function ifThere<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}
