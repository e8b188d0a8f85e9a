import type { KeyObject } from 'node:crypto';
import { decodeBase64 } from './base64.ts';
import { type Note, parseNote, signNote } from './note.ts';
import type { Hash } from './tree.ts';

/** A signed tree head (C2SP tlog-checkpoint), without extension lines. */
export type Checkpoint = {
  readonly origin: string;
  readonly size: number;
  readonly root: Hash;
  readonly note: Note;
};

export function signCheckpoint(origin: string, size: number, root: Hash, key: KeyObject): string {
  return signNote(`${origin}\n${size}\n${root.toString('base64')}\n`, origin, key);
}

/** Reads a checkpoint; `null` unless it has its exact form. No signature is checked: see `checkNote`. */
export function parseCheckpoint(text: string): Checkpoint | null {
  const note = parseNote(text);
  const [, origin, size, base64] =
    /^([^\n]+)\n(0|[1-9]\d{0,14})\n([A-Za-z0-9+/=]+)\n$/.exec(note?.text ?? '') ?? [];
  const root = decodeBase64(base64 ?? '');
  if (note === null || origin === undefined || root?.length !== 32) return null;
  return { origin, size: Number(size), root, note };
}
