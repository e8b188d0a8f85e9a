import type { Files } from './files.ts';
import { readJournal } from './journal.ts';
import { type NoteVerifier, publicKeyFromText } from './key.ts';
import { checkpointFile, formatFile, journalFile, leftoverFiles } from './layout.ts';
import { lockName } from './lock.ts';
import type { OriginRecord } from './record.ts';
import { tilePath, tilesOf } from './tile.ts';
import type { Note, Problem } from './verification.ts';

/** Names files that nothing in the log names, and what an interrupted writer left. */
export async function verifyFiles(
  files: Files,
  size: number,
  observed: ReadonlySet<string>,
  origin: OriginRecord | null,
): Promise<{ readonly problems: readonly Problem[]; readonly notes: readonly Note[] }> {
  const listed = new Set([formatFile, checkpointFile, ...observed]);
  for (const tile of tilesOf(size)) listed.add(tilePath(tile));
  const pending = await readPending(files, origin);
  const problems: Problem[] = [];
  const leftovers: string[] = [];
  let locks = 0;
  for (const { path, kind } of await files.list()) {
    if (kind === 'other' && lockName.test(path)) locks += 1;
    else if (kind === 'other')
      problems.push({ kind: 'foreign', where: path, message: 'a link or device, not a plain file' });
    else if (listed.has(path)) continue;
    else if (leftoverFiles.has(path) || pending.has(path)) leftovers.push(path);
    else problems.push({ kind: 'unlisted', where: path, message: 'nothing in the log names this file' });
  }
  const notes: Note[] = [];
  if (leftovers.length > 0)
    notes.push({
      kind: 'interrupted',
      message: `a write was interrupted and never counted; the next writer removes what it left: ${leftovers.join(', ')}`,
    });
  if (locks > 0) notes.push({ kind: 'writer', message: 'a writer is at work, or ended without cleaning up' });
  return { problems, notes };
}

/** What a journal that the log's key signed says may be there. */
async function readPending(files: Files, origin: OriginRecord | null): Promise<ReadonlySet<string>> {
  const text = await files.read(journalFile);
  if (text === null || origin === null) return new Set();
  const verifier: NoteVerifier = { name: origin.origin, key: publicKeyFromText(origin.logKey) };
  const journal = readJournal(text.toString('utf8'), verifier);
  return new Set(journal === null ? [] : [journalFile, ...journal.adds, ...journal.removes]);
}
