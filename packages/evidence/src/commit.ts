import { parseCheckpoint } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import { EvidenceError } from './error.ts';
import { type Journal, readJournal, signJournal } from './journal.ts';
import { checkpointFile, journalFile } from './layout.ts';
import { altered, type Keys } from './log-state.ts';

/** One step of a log, ready to be written. */
export type Commit = {
  readonly from: number;
  readonly to: number;
  readonly checkpoint: string;
  readonly adds: readonly { readonly path: string; readonly bytes: Uint8Array }[];
  readonly removes: readonly string[];
};

// Files that are written and synced at the same time.
const atOnce = 32;

/**
 * Writes a commit so that it happens wholly or not at all: journal, new files, checkpoint, clean-up. New files
 * count for nothing until the checkpoint that names their tree is in place, and that is put there in one step.
 */
export async function writeCommit(disk: Disk, keys: Keys, commit: Commit): Promise<void> {
  const journal: Journal = {
    from: commit.from,
    to: commit.to,
    adds: commit.adds.map(({ path }) => path),
    removes: commit.removes,
  };
  try {
    await disk.replace(journalFile, Buffer.from(signJournal(journal, keys.origin, keys.logKey)));
    for (let at = 0; at < commit.adds.length; at += atOnce)
      await settled(commit.adds.slice(at, at + atOnce).map(({ path, bytes }) => disk.create(path, bytes)));
    await disk.settle(journal.adds);
    await disk.replace(checkpointFile, Buffer.from(commit.checkpoint));
  } catch (error) {
    await mend(disk, keys).catch(() => {
      // The journal stays, so that the next writer mends what this disk does not let us mend now.
    });
    throw error;
  }
  await mend(disk, keys);
}

/**
 * Finishes or takes back what a journal says was begun, whoever began it. Wants the lock. Safe to be
 * interrupted and repeated.
 *
 * @throws {EvidenceError} `log/altered` when the journal is not this log's.
 */
export async function mend(disk: Disk, keys: Keys): Promise<void> {
  const text = await disk.read(journalFile);
  if (text !== null) {
    const journal = readJournal(text.toString('utf8'), { name: keys.origin, key: keys.logKey });
    if (journal === null) throw altered(disk.folder, 'its journal was not signed by its key');
    const size = await committedSize(disk);
    if (size !== journal.from && size !== journal.to)
      throw altered(disk.folder, `its journal is of sizes ${journal.from} and ${journal.to}, not ${size}`);
    for (const path of size === journal.to ? journal.removes : journal.adds) await disk.remove(path);
  }
  const names = await disk.names();
  for (const name of [`${checkpointFile}.tmp`, `${journalFile}.tmp`, journalFile])
    if (names.includes(name)) await disk.remove(name);
}

async function committedSize(disk: Disk): Promise<number> {
  const text = await disk.read(checkpointFile);
  if (text === null) return 0;
  const checkpoint = parseCheckpoint(text.toString('utf8'));
  if (checkpoint === null) throw altered(disk.folder, 'its checkpoint is unreadable');
  return checkpoint.size;
}

/** Waits for all of them, so that none is still writing while another's failure is taken back. */
async function settled(writes: readonly Promise<void>[]): Promise<void> {
  for (const result of await Promise.allSettled(writes))
    if (result.status === 'rejected') {
      const reason: unknown = result.reason;
      throw reason instanceof Error ? reason : new EvidenceError('log/disk', String(reason), 'run it again');
    }
}
