/**
 * A path inside the repository as it is shown: `/` between parts, and every byte that is not printable
 * UTF-8 (newlines, escape sequences, bidirectional controls, odd bytes) and the backslash as `\xNN`.
 * Names stay distinct, so that one can be turned back into the bytes on disk.
 */
export type RepoPath = string;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
const hidden = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\\]/gu;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function nameOf(raw: Buffer): RepoPath {
  try {
    return utf8.decode(raw).replace(hidden, (char) => escaped(Buffer.from(char)));
  } catch {
    return Array.from(raw, (byte) =>
      byte < 0x20 || byte >= 0x7f || byte === 0x5c ? escaped(Buffer.of(byte)) : String.fromCharCode(byte),
    ).join('');
  }
}

export function rawOf(name: RepoPath): Buffer {
  if (!name.includes('\\')) return Buffer.from(name);
  return Buffer.concat(
    name
      .split(/(\\x[0-9a-f]{2})/)
      .map((part, index) =>
        index % 2 === 1 ? Buffer.of(Number.parseInt(part.slice(2), 16)) : Buffer.from(part),
      ),
  );
}

/** The last part of a path. */
export function baseOf(path: RepoPath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The folder of a path, `''` for the root, without a slash at the end. */
export function folderOf(path: RepoPath): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** A path below a folder that may be the root. */
export function below(folder: string, path: string): RepoPath {
  return folder === '' ? path : `${folder}/${path}`;
}

function escaped(bytes: Buffer): string {
  return Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
}
