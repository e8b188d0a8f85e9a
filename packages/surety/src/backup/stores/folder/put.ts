import { createHash, randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import { type FileHandle, link, lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { refusals } from '../refusals.ts';
import type { Put } from '../store.ts';
import { systemCode } from './error.ts';
import { type Home, ifThere, pathOf, stillThere, syncFolder } from './home.ts';

const noLinks = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** What a file is called before it is whole: the name says what it would be. */
export const draftName = (key: string): string =>
  `.partial-${randomBytes(8).toString('hex')}-${key.replaceAll('/', '~')}`;

/** Stores a file: written whole and to the disk first, then named, and only if nobody has that name. */
export async function putFile(
  name: string,
  home: Home,
  key: string,
  body: AsyncIterable<Uint8Array>,
): Promise<Put> {
  const final = pathOf(home, key);
  await stillThere(name, home, home.path);
  if (await exists(final)) throw refusals.taken(name, key);
  const hash = createHash('sha256');
  const draft = join(home.path, draftName(key));
  const file = await open(draft, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    const bytes = await writeAll(file, body, (chunk) => hash.update(chunk));
    await file.sync();
    const written = await file.stat();
    await publish(name, home, draft, final, key);
    return await seen(name, home, final, { key, bytes, sha256: hash.digest('hex') }, written);
  } finally {
    await file.close();
    await unlink(draft).catch(() => {});
  }
}

async function writeAll(
  file: FileHandle,
  body: AsyncIterable<Uint8Array>,
  each: (chunk: Uint8Array) => void,
): Promise<number> {
  let bytes = 0;
  for await (const chunk of body) {
    each(chunk);
    for (let from = 0; from < chunk.length; ) {
      from += (await file.write(chunk, from, chunk.length - from)).bytesWritten;
    }
    bytes += chunk.length;
  }
  return bytes;
}

/** Gives the draft its name, which nobody may have. The folders of it may just be going: somebody removes their last object. */
async function publish(name: string, home: Home, draft: string, final: string, key: string): Promise<void> {
  for (let tries = 3; ; tries -= 1) {
    await mkdir(dirname(final), { recursive: true, mode: 0o700 });
    await stillThere(name, home, dirname(final));
    try {
      await nameDraft(draft, final);
      return;
    } catch (error) {
      const code = systemCode(error);
      if (code === 'EEXIST') throw refusals.taken(name, key);
      if (code !== 'ENOENT' || tries === 0) throw error;
    }
  }
}

/** A link fails where the name is taken. Where the file system has none, an empty file takes the name first. */
async function nameDraft(draft: string, final: string): Promise<void> {
  try {
    await link(draft, final);
  } catch (error) {
    if (!noLinks.includes(systemCode(error) ?? '')) throw error;
    await (await open(final, 'wx', 0o600)).close();
    await rename(draft, final);
  }
}

/**
 * What lies under the name now, when its folders are on the disk as well. Its bytes are not read again: they would come from
 * memory, not from the disk; that it took them is what fsync says.
 */
async function seen(
  name: string,
  home: Home,
  final: string,
  put: Pick<Put, 'key' | 'bytes' | 'sha256'>,
  written: Stats,
): Promise<Put> {
  try {
    for (let folder = dirname(final); ; folder = dirname(folder)) {
      await syncFolder(folder);
      if (folder === home.path) break;
    }
    const { dev, ino, size, mtime } = await lstat(final);
    if (dev !== written.dev || ino !== written.ino || size !== put.bytes) {
      throw refusals.incomplete(name, put.key, `${size} of ${put.bytes} bytes, or another file`);
    }
    return { ...put, version: null, modified: mtime.toISOString(), lockedUntil: null };
  } catch (error) {
    await unlink(final).catch(() => {});
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return (await ifThere(lstat(path))) !== null;
}
