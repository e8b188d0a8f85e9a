import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** A store of a scene, from behind: what lies in it can be put there, changed and taken away without asking. */
export type Shelf = {
  readonly name: string;
  /** As the estate says it. */
  readonly facts: Readonly<Record<string, unknown>>;
  /** Its folder, where it is one. */
  readonly folder: string | null;
  put(key: string, bytes: Uint8Array, lockUntil?: Date): Promise<Shelved>;
  read(key: string): Promise<Buffer>;
  change(key: string, to: (bytes: Buffer) => Uint8Array): Promise<void>;
  remove(key: string): Promise<void>;
  keys(): Promise<readonly string[]>;
  /** Makes everything look as if it had been written then. */
  touch(then: Date): Promise<void>;
  /** Of every object that is there. */
  fingerprint(): Promise<string>;
  /** Takes it away altogether. */
  stop(): Promise<void>;
};

export type Shelved = { readonly version: string | null; readonly lockedUntil: string | null };

const memory = '/dev/shm';

/** The same folder under another name, as the estate cannot tell from what it says. */
export async function aliasShelf(name: string, shelf: Shelf): Promise<Shelf> {
  if (shelf.folder === null) throw new Error('only a folder has another name');
  const folder = `${shelf.folder}-${name}`;
  await symlink(shelf.folder, folder);
  return { ...shelf, name, facts: { folder } };
}

/** A folder, on the disk of this machine or in its memory: two that are not lost together. */
export async function folderShelf(name: string, where: 'disk' | 'memory'): Promise<Shelf> {
  const parent = where === 'memory' && existsSync(memory) ? memory : tmpdir();
  // One folder deeper, so that what lies beside it is the scene's own as well.
  const base = await mkdtemp(join(parent, 'surety-shelf-'));
  const folder = join(base, 'backups-of-scene');
  await mkdir(folder);
  const pathOf = (key: string): string => join(folder, ...key.split('/'));
  const files = async (): Promise<readonly string[]> => {
    const entries = await readdir(base, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  };
  const keys = async (): Promise<readonly string[]> =>
    (await files()).map((file) => relative(folder, file)).filter((key) => !key.startsWith('..'));
  const put = async (key: string, bytes: Uint8Array): Promise<Shelved> => {
    const path = pathOf(key);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    return { version: null, lockedUntil: null };
  };
  return {
    name,
    facts: { folder },
    folder,
    put,
    read: (key) => readFile(pathOf(key)),
    change: async (key, to) => void (await put(key, to(await readFile(pathOf(key))))),
    remove: (key) => rm(pathOf(key), { recursive: true }),
    keys,
    async touch(then) {
      for (const key of await keys()) await utimes(pathOf(key), then, then);
    },
    async fingerprint() {
      const hash = createHash('sha256');
      for (const file of await files()) {
        hash.update(`${file}\0${(await stat(file)).size}\0`).update(await readFile(file));
      }
      return hash.digest('hex');
    },
    stop: () => rm(base, { recursive: true, force: true }),
  };
}
