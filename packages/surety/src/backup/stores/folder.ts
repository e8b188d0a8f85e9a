import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir, realpath, rmdir, statfs, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Attempt } from '@surety/evidence';
import { bodyOf } from './body.ts';
import { folderError, systemCode } from './folder/error.ts';
import { findHome, type Home, ifThere, lookAt, pathOf, stillThere, syncFolder } from './folder/home.ts';
import { draftName, putFile } from './folder/put.ts';
import { checkPrefix, isSegment } from './key.ts';
import { refusals } from './refusals.ts';
import { acts, type Store, type StoredObject, type Unfinished } from './store.ts';

const partial = /^\.partial-[0-9a-f]{16}-(.+)$/;
const chunkSize = 256 * 1024;

/**
 * A folder as a store. What is not finished lies in it as `.partial-…`; anything else that is no key is left alone,
 * and links are not followed.
 *
 * @param path absolute, of a folder that exists
 * @throws {BlindError} `store/gone`, `store/refused`
 */
export async function openFolder(name: string, path: string, signal: AbortSignal): Promise<Store> {
  const home = await findHome(name, path);
  const guarded = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw folderError(name, what, error);
    }
  };
  return {
    name,
    kind: 'folder',
    lock: 'none',
    async put(key, source, options = {}) {
      const body = bodyOf(source, [signal, options.signal]);
      try {
        return await putFile(name, home, key, body.chunks);
      } catch (error) {
        throw body.threw(error) ? error : folderError(name, `put ${key}`, error);
      }
    },
    read: (key, version = null, stop = signal) => readFile(name, home, key, version, stop),
    look: (key, version = null) => guarded(`look at ${key}`, () => lookAt(home, key, version)),
    list: (prefix) => listFiles(name, home, prefix),
    remove: (key, version) => guarded(`remove ${key}`, () => removeFile(name, home, key, version)),
    unfinished: (prefix) => guarded('list what is unfinished', () => partials(home, prefix)),
    discard: (one) => guarded(`discard ${one.key}`, () => discardPartial(home, one)),
    skew: () => guarded('ask for the time', () => clockSkew(name, home)),
    room: () =>
      guarded('ask for room', async () => {
        const { bavail, bsize } = await statfs(home.path);
        return bavail * bsize;
      }),
    tryRemove: (key) => tried(acts.remove, () => unlink(pathOf(home, key)), 'removed'),
    tryOverwrite: (key) => tried(acts.overwrite, () => overwrite(home, key), 'overwritten'),
    tryShorten: async () => ({
      act: acts.shorten,
      actor: 'who stores backups',
      result: 'broken',
      detail: 'a folder keeps no retention that could be set',
      method: 'attack',
    }),
    close: async () => {},
  };
}

async function* readFile(
  name: string,
  home: Home,
  key: string,
  version: string | null,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  try {
    const file = await openObject(name, home, key, version);
    try {
      const { size } = await file.stat();
      for (let from = 0; from < size; ) {
        signal.throwIfAborted();
        const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(chunkSize), 0, chunkSize, from);
        if (bytesRead === 0) throw refusals.cut(name, key, from, size);
        from += bytesRead;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw folderError(name, `read ${key}`, error);
  }
}

async function openObject(
  name: string,
  home: Home,
  key: string,
  version: string | null,
): Promise<FileHandle> {
  const path = pathOf(home, key);
  if ((await lookAt(home, key, version)) === null) throw refusals.noObject(name, key);
  await stillThere(name, home, dirname(path));
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

async function* listFiles(
  name: string,
  home: Home,
  prefix: string,
): AsyncGenerator<StoredObject & { latest: boolean }> {
  checkPrefix(prefix);
  try {
    await stillThere(name, home, home.path);
    yield* walk(home, prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix);
  } catch (error) {
    throw folderError(name, `list ${prefix}`, error);
  }
}

/** @param below a folder, with its `/` */
async function* walk(
  home: Home,
  below: string,
  prefix: string,
): AsyncGenerator<StoredObject & { latest: boolean }> {
  const path = join(home.path, below);
  const entries = (await ifThere(readdir(path, { withFileTypes: true }))) ?? [];
  if (entries.length === 0 || (await realpath(path)) !== path.replace(/\/$/, '')) return;
  const names = entries
    .filter((entry) => isSegment(entry.name) && (entry.isFile() || entry.isDirectory()))
    .map((entry) => `${below}${entry.name}${entry.isDirectory() ? '/' : ''}`)
    .filter((key) => key.startsWith(prefix) || prefix.startsWith(key));
  for (const key of names.sort()) {
    if (key.endsWith('/')) {
      yield* walk(home, key, prefix);
      continue;
    }
    const found = await lookAt(home, key, null);
    if (found === null || !key.startsWith(prefix)) continue;
    const { bytes, version, modified } = found;
    yield { key, bytes, version, modified, latest: true };
  }
}

async function removeFile(name: string, home: Home, key: string, version: string | null): Promise<void> {
  const path = pathOf(home, key);
  if ((await lookAt(home, key, version)) === null) throw refusals.noObject(name, key);
  await stillThere(name, home, dirname(path));
  try {
    await unlink(path);
  } catch (cause) {
    if (systemCode(cause) !== 'EPERM') throw cause;
    throw refusals.locked(name, key, 'by the file system, see lsattr (EPERM)', cause);
  }
  await syncFolder(dirname(path));
  for (let folder = dirname(path); folder !== home.path; folder = dirname(folder)) {
    // Not empty, most of the time: then so are those above it.
    if (
      !(await rmdir(folder).then(
        () => true,
        () => false,
      ))
    )
      break;
  }
}

async function partials(home: Home, prefix: string): Promise<Unfinished[]> {
  checkPrefix(prefix);
  const found: Unfinished[] = [];
  for (const id of (await readdir(home.path)).sort()) {
    const key = partial.exec(id)?.[1]?.replaceAll('~', '/');
    const draft = key?.startsWith(prefix) ? await ifThere(lstat(join(home.path, id))) : null;
    if (key === undefined || !draft?.isFile()) continue;
    found.push({ key, id, since: draft.birthtime.toISOString(), bytes: draft.size });
  }
  return found;
}

async function discardPartial(home: Home, { id }: Unfinished): Promise<void> {
  if (!partial.test(id) || id.includes('/')) throw new Error(`${id} is nothing unfinished`);
  await ifThere(unlink(join(home.path, id)));
}

async function clockSkew(name: string, home: Home): Promise<number> {
  await stillThere(name, home, home.path);
  const path = join(home.path, draftName('clock'));
  const file = await open(path, 'wx', 0o600);
  try {
    const before = Date.now();
    await file.write('now');
    await file.sync();
    const after = Date.now();
    return Math.round((await file.stat()).mtimeMs - (before + after) / 2);
  } finally {
    await file.close();
    await unlink(path).catch(() => {});
  }
}

async function overwrite(home: Home, key: string): Promise<void> {
  const file = await open(pathOf(home, key), constants.O_WRONLY | constants.O_NOFOLLOW);
  try {
    await file.truncate(0);
    await file.write('overwritten');
    await file.sync();
  } finally {
    await file.close();
  }
}

async function tried(act: string, work: () => Promise<void>, detail: string): Promise<Attempt> {
  const attempt = { act, actor: 'who stores backups', method: 'attack' } as const;
  try {
    await work();
    return { ...attempt, result: 'done', detail };
  } catch (error) {
    const code = systemCode(error);
    if (code === null) throw error;
    const refused = code === 'EPERM' || code === 'EACCES' || code === 'EROFS';
    return { ...attempt, result: refused ? 'refused' : 'broken', detail: code };
  }
}
