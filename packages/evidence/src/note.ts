import type { KeyObject } from 'node:crypto';
import { decodeBase64 } from './base64.ts';
import { type NoteVerifier, noteKeyId, signBytes, verifyBytes } from './key.ts';

export type NoteSignature = { readonly name: string; readonly keyId: Buffer; readonly signature: Buffer };

/** A C2SP signed note: a text that ends in a newline, and who signed it. */
export type Note = { readonly text: string; readonly signatures: readonly NoteSignature[] };

const maxSignatures = 16;

/** Signs a text, which must end in a newline, under a name. */
export function signNote(text: string, name: string, key: KeyObject): string {
  const id = noteKeyId({ name, key });
  const signature = Buffer.concat([id, signBytes(key, Buffer.from(text))]);
  return `${text}\n— ${name} ${signature.toString('base64')}\n`;
}

/** Reads a note; `null` unless every byte of it has its one right form. No signature is checked. */
export function parseNote(note: string): Note | null {
  if (!note.isWellFormed() || /[^\n\P{Cc}]|\u007f/u.test(note)) return null;
  const blank = note.lastIndexOf('\n\n');
  if (blank <= 0 || !note.endsWith('\n')) return null;
  const lines = note.slice(blank + 2, -1).split('\n');
  if (lines.length > maxSignatures) return null;
  const signatures = lines.map(parseSignature);
  if (!signatures.every((signature) => signature !== null)) return null;
  return { text: note.slice(0, blank + 1), signatures };
}

/**
 * - `signed`: this key signed the note.
 * - `forged`: a signature claims this key and is not its.
 * - `absent`: no signature claims this key.
 */
export function checkNote(note: Note, verifier: NoteVerifier): 'signed' | 'forged' | 'absent' {
  const id = noteKeyId(verifier);
  const own = note.signatures.filter(({ name, keyId }) => name === verifier.name && keyId.equals(id));
  if (own.length === 0) return 'absent';
  const text = Buffer.from(note.text);
  return own.every(({ signature }) => verifyBytes(verifier.key, text, signature)) ? 'signed' : 'forged';
}

function parseSignature(line: string): NoteSignature | null {
  const [, name, base64] = /^— ([^\s+]+) ([A-Za-z0-9+/=]+)$/u.exec(line) ?? [];
  const bytes = decodeBase64(base64 ?? '');
  if (name === undefined || bytes === null || bytes.length < 5) return null;
  return { name, keyId: bytes.subarray(0, 4), signature: bytes.subarray(4) };
}
