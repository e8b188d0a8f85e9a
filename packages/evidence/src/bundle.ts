import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { explained } from './disk.ts';
import { EvidenceError, systemCode } from './error.ts';
import { type Files, folderFiles } from './files.ts';
import { checkpointFile, formatFile, isOwnPath, observationsPath } from './layout.ts';
import { readLog } from './read-log.ts';
import { tilePath, tilesOf } from './tile.ts';

const blockBytes = 512;
/** The one folder in a bundle, so that unpacking it makes no mess. */
const root = 'surety-log/';
const maxFileBytes = 0o77777777777;

/**
 * Writes the files of a log into one uncompressed ustar file that any `tar` unpacks. Equal logs make equal
 * bundles: sorted, without owners and times.
 *
 * @throws {EvidenceError} when the log cannot be read, or the bundle already exists or cannot be written.
 */
export async function writeBundle(folder: string, bundle: string): Promise<void> {
  const log = await readLog(folder);
  const files = await folderFiles(folder);
  const paths = new Set([formatFile, checkpointFile]);
  for (const tile of tilesOf(log.size)) paths.add(tilePath(tile));
  for (const { record } of log.records)
    if (record.type === 'verdict') paths.add(observationsPath(record.observations.sha256));
  const out = await explained(bundle, () => openNew(bundle));
  try {
    await explained(bundle, () => writeMembers(out, files, [...paths].sort(), log.checkpoint));
  } catch (error) {
    await rm(bundle, { force: true });
    throw error;
  } finally {
    await out.close();
  }
}

async function openNew(bundle: string): Promise<FileHandle> {
  try {
    return await open(bundle, 'wx', 0o644);
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    throw new EvidenceError('bundle/exists', `${bundle} exists`, 'name another file, or remove that one');
  }
}

async function writeMembers(
  out: FileHandle,
  files: Files,
  paths: readonly string[],
  checkpoint: string,
): Promise<void> {
  for (const path of paths) {
    // The checkpoint that the paths were taken from: a writer may have put a newer one there since.
    const bytes = path === checkpointFile ? Buffer.from(checkpoint) : await files.read(path);
    if (bytes === null)
      throw new EvidenceError(
        'bundle/incomplete',
        `${path} is missing in ${files.where}`,
        'run surety verify on the folder; if a writer is at work, try again',
      );
    await out.appendFile(Buffer.concat([header(path, bytes.length), bytes, padding(bytes.length)]));
  }
  await out.appendFile(Buffer.alloc(2 * blockBytes));
}

type Member = { readonly path: string; readonly offset: number; readonly size: number };

/**
 * Opens a bundle. It must be what `writeBundle` writes, byte for byte around the files, so that nothing can hide
 * in it; otherwise says what is wrong. Files are read when they are asked for.
 */
export async function bundleFiles(path: string): Promise<Files | { readonly damaged: string }> {
  // Not blocking, so that a named pipe cannot keep an auditor waiting for a writer.
  const file = await explained(path, () => open(path, constants.O_RDONLY | constants.O_NONBLOCK));
  if (!(await file.stat()).isFile()) {
    await file.close();
    return { damaged: 'it is neither a folder nor a plain file' };
  }
  const members = await explained(path, () => readMembers(file));
  if ('damaged' in members) {
    await file.close();
    return members;
  }
  return {
    where: path,
    list: async () => [...members.keys()].map((name) => ({ path: name, kind: 'file' as const })),
    async read(name) {
      const member = members.get(name);
      return member === undefined ? null : explained(path, () => readAt(file, member.offset, member.size));
    },
    close: () => file.close(),
  };
}

async function readMembers(file: FileHandle): Promise<Map<string, Member> | { readonly damaged: string }> {
  const members = new Map<string, Member>();
  const { size: total } = await file.stat();
  let [offset, last] = [0, ''];
  for (;;) {
    const block = await readAt(file, offset, blockBytes);
    if (block.every((byte) => byte === 0)) break;
    const path = nameIn(block);
    const size = Number.parseInt(block.subarray(124, 135).toString('latin1'), 8);
    if (path === null || !(size >= 0) || !block.equals(header(path, size)))
      return { damaged: `what is at byte ${offset} is not a file of a log` };
    if (path <= last) return { damaged: `${path} stands twice, or out of order` };
    const end = offset + blockBytes + size;
    const pad = padding(size);
    if (!(await readAt(file, end, pad.length)).equals(pad)) return { damaged: `there is more after ${path}` };
    members.set(path, { path, offset: offset + blockBytes, size });
    [offset, last] = [end + pad.length, path];
  }
  const tail = await readAt(file, offset, 2 * blockBytes + 1);
  if (tail.length !== 2 * blockBytes || tail.some((byte) => byte !== 0) || offset + tail.length !== total)
    return { damaged: 'it does not end where a bundle ends' };
  return members;
}

/** The path within the log that a header names; `null` unless a log has such a file. */
function nameIn(block: Buffer): string | null {
  const end = block.indexOf(0);
  const name = block.subarray(0, end < 0 || end > 100 ? 100 : end).toString('latin1');
  const path = name.startsWith(root) ? name.slice(root.length) : '';
  return path === checkpointFile || isOwnPath(path) ? path : null;
}

function header(path: string, size: number): Buffer {
  const name = Buffer.from(root + path, 'latin1');
  if (name.length > 100 || size > maxFileBytes) throw new RangeError(`${path} does not fit into a bundle`);
  const block = Buffer.alloc(blockBytes);
  name.copy(block, 0);
  block.write('0000644\u00000000000\u00000000000\u0000', 100, 'latin1');
  block.write(`${size.toString(8).padStart(11, '0')}\u0000`, 124, 'latin1');
  block.write('00000000000\u0000', 136, 'latin1');
  block.write('        0', 148, 'latin1');
  block.write('ustar\u000000', 257, 'latin1');
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\u0000 `, 148, 'latin1');
  return block;
}

function padding(size: number): Buffer {
  return Buffer.alloc((blockBytes - (size % blockBytes)) % blockBytes);
}

/** Fewer bytes than asked for at the end of the file. */
async function readAt(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let read = 0;
  while (read < length) {
    const { bytesRead } = await file.read(buffer, read, length - read, offset + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}
