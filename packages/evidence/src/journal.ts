import type { KeyObject } from 'node:crypto';
import type { NoteVerifier } from './key.ts';
import { isOwnPath } from './layout.ts';
import { checkNote, parseNote, signNote } from './note.ts';

/**
 * What a writer is about to do to the folder. It stands there only while that happens, signed with the log's
 * key: what an interrupted writer left is told apart from what a stranger put there.
 */
export type Journal = {
  /** Sizes of the log before and after. */
  readonly from: number;
  readonly to: number;
  /** New files, wanted once the checkpoint says `to`. */
  readonly adds: readonly string[];
  /** Partial tiles that wider ones take the place of, unwanted from then on. */
  readonly removes: readonly string[];
};

const heading = 'surety journal 1';

export function signJournal(journal: Journal, origin: string, key: KeyObject): string {
  const lines = [
    heading,
    origin,
    `${journal.from} ${journal.to}`,
    ...journal.adds.map((path) => `+ ${path}`),
    ...journal.removes.map((path) => `- ${path}`),
  ];
  return signNote(`${lines.join('\n')}\n`, origin, key);
}

/** Reads a journal; `null` unless this key signed it and it keeps to the log's own paths. */
export function readJournal(text: string, verifier: NoteVerifier): Journal | null {
  const note = parseNote(text);
  if (note === null || checkNote(note, verifier) !== 'signed') return null;
  const [first, origin, sizes, ...lines] = note.text.slice(0, -1).split('\n');
  const [, from, to] = /^(\d{1,15}) (\d{1,15})$/.exec(sizes ?? '') ?? [];
  if (first !== heading || origin !== verifier.name || from === undefined || to === undefined) return null;
  if (!lines.every((line) => /^[+-] /.test(line) && isOwnPath(line.slice(2)))) return null;
  const marked = (mark: string): string[] =>
    lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(2));
  return { from: Number(from), to: Number(to), adds: marked('+ '), removes: marked('- ') };
}
