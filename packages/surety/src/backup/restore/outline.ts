import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, statfs, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { OpenPart } from './parts.ts';

const memory = '/dev/shm';
const tmpfs = 0x0102_1994;

/** Of the names that this process gives to files in memory, until it has opened them. */
export const memoryPrefix = `surety-restore-${process.pid}-`;

/** An archive in memory, without a name: it is gone when this process is, however that comes about. */
export type MemoryFile = { readonly path: string; close(): Promise<void> };

/**
 * Decrypts a part into memory, where a program can read it by a path and several times at once.
 *
 * @returns `null` where this machine has no such place, or not enough of it
 */
export async function intoMemory(part: OpenPart, bytes: number): Promise<MemoryFile | null> {
  const found = await statfs(memory).catch(() => null);
  // Compressed eight times is more than any schema comes to.
  if (found === null || found.type !== tmpfs || found.bavail * found.bsize < bytes * 8) return null;
  const name = join(memory, `${memoryPrefix}${randomBytes(8).toString('hex')}`);
  const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  const file = await open(name, flags, 0o600);
  try {
    await unlink(name);
    await write(file, part);
    return { path: `/proc/${process.pid}/fd/${file.fd}`, close: () => file.close() };
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function write(file: FileHandle, part: OpenPart): Promise<void> {
  for await (const chunk of part.plain) {
    for (let from = 0; from < chunk.length; ) {
      from += (await file.write(chunk, from, chunk.length - from)).bytesWritten;
    }
  }
  await part.finish();
}
