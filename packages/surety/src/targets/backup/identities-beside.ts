import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const largest = 64 * 1024;
const most = 2_000;
const mark = 'AGE-SECRET-KEY-1';

/** What was found in one folder. `unread`: files that could not be looked into. */
export type Beside = { readonly identities: readonly string[]; readonly unread: number };

/** Files of a folder, not of those in it, that hold an age identity. Small ones only: an identity is one line. */
export async function identitiesIn(folder: string): Promise<Beside> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => null);
  if (entries === null) return { identities: [], unread: 0 };
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name));
  const looked = await inTurn(files.slice(0, most));
  return {
    identities: looked.filter(({ holds }) => holds === true).map(({ file }) => file),
    unread: looked.filter(({ holds }) => holds === null).length + Math.max(0, files.length - most),
  };
}

type Looked = { readonly file: string; readonly holds: boolean | null };

async function inTurn(files: readonly string[]): Promise<readonly Looked[]> {
  const looked: Looked[] = [];
  for (const file of files) looked.push({ file, holds: await holdsIdentity(file).catch(() => null) });
  return looked;
}

async function holdsIdentity(path: string): Promise<boolean> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > largest) return false;
    const { buffer, bytesRead } = await file.read(Buffer.alloc(largest), 0, largest, 0);
    return buffer.subarray(0, bytesRead).includes(mark);
  } finally {
    await file.close();
  }
}
