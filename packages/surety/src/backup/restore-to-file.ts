import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SuretyError } from '../core/error.ts';
import { checkPart, openPart } from './restore/parts.ts';
import type { BackupSet } from './sets.ts';
import type { Store } from './stores/store.ts';

export type ToFileOptions = {
  readonly set: BackupSet;
  readonly store: Store;
  readonly identity: string;
  /** Absolute; nothing may be there yet. It becomes a folder. */
  readonly path: string;
  readonly signal: AbortSignal;
  readonly step: (text: string) => void;
};

export type FileRestored = {
  readonly path: string;
  readonly files: readonly string[];
  /** Of plain text. */
  readonly bytes: number;
};

/**
 * Decrypts a backup into a folder that PostgreSQL's own programs read: 0700, its files 0600, and under its name only when all of it is whole and on the
 * disk. It is plaintext.
 *
 * @throws {SuretyError} `restore/exists`, `restore/altered`, `seal/…`
 */
export async function restoreToFile(options: ToFileOptions): Promise<FileRestored> {
  const { set, store, signal, step } = options;
  await requireNothing(options.path);
  await requireFolder(dirname(options.path));
  const parts = [];
  step(`reading ${set.backup} from ${set.store} and comparing every byte with its signed manifest`);
  for (const part of set.manifest.parts) parts.push(await checkPart(store, part, signal));
  const draft = join(
    dirname(options.path),
    `.${basename(options.path)}.partial-${randomBytes(8).toString('hex')}`,
  );
  await mkdir(draft, { mode: 0o700 });
  try {
    const files: string[] = [];
    let bytes = 0;
    for (const checked of parts) {
      const name = fileName(checked.part.part, set.manifest.engine);
      step(`writing ${name}`);
      bytes += await writePart(join(draft, name), openPart(store, checked, options.identity, signal));
      files.push(name);
    }
    await syncFolder(draft);
    signal.throwIfAborted();
    await requireNothing(options.path);
    await rename(draft, options.path);
    await syncFolder(dirname(options.path));
    return { path: options.path, files, bytes };
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function requireFolder(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found !== null) return;
  throw new SuretyError(
    'restore/no-folder',
    `there is no folder ${path}`,
    'make it first, or name another one',
  );
}

async function requireNothing(path: string): Promise<void> {
  const found = await lstat(path).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  });
  if (found === null) return;
  throw new SuretyError('restore/exists', `there is a ${path} already`, 'name one that there is not');
}

/** Names of parts come from a signed manifest, and still name no other place. */
function fileName(part: string, engine: 'logical' | 'physical'): string {
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(part))
    throw new SuretyError('restore/odd-parts', `a part is called ${JSON.stringify(part)}`, 'look what it is');
  if (engine === 'physical') return part;
  return { globals: 'globals.sql', facts: 'facts.json' }[part] ?? `${part}.dump`;
}

async function writePart(path: string, part: ReturnType<typeof openPart>): Promise<number> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(path, flags, 0o600);
  try {
    for await (const chunk of part.plain) {
      for (let from = 0; from < chunk.length; ) {
        from += (await file.write(chunk, from, chunk.length - from)).bytesWritten;
      }
    }
    await part.finish();
    await file.sync();
  } finally {
    await file.close();
  }
  return part.bytes();
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
