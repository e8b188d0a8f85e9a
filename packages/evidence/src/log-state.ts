import type { KeyObject } from 'node:crypto';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import type { Disk } from './disk.ts';
import { type Edge, edgeRoot } from './edge.ts';
import { readEnvelope } from './envelope.ts';
import { EvidenceError } from './error.ts';
import { publicKeyText } from './key.ts';
import { checkpointFile, formatFile, formatVersion, parseFormat } from './layout.ts';
import { lockName } from './lock.ts';
import { checkNote } from './note.ts';
import { readStatement } from './statement.ts';
import { decodeEntries, decodeTile, partialTilesOf, subtreeFromTiles, tilePath, tileWidth } from './tile.ts';
import { leafHash, rangeHash } from './tree.ts';

export type Keys = { readonly origin: string; readonly logKey: KeyObject; readonly proberKey: KeyObject };

/** A log as its writer knows it: the signed head, and the edge that the next entries are joined to. */
export type LogState = { readonly checkpoint: string; readonly edge: Edge };

export function altered(folder: string, what: string): EvidenceError {
  return new EvidenceError(
    'log/altered',
    `the log in ${folder} is not as it was written: ${what}`,
    'run surety verify: it names what was changed; nothing was written',
  );
}

/** @throws {EvidenceError} `log/newer` or `log/altered` unless the `format` file states a version that we know. */
export function checkFormat(folder: string, format: Buffer | null): void {
  const version = format === null ? null : parseFormat(format.toString('utf8'));
  if (version === formatVersion) return;
  if (version === null) throw altered(folder, `its file ${formatFile} is missing or unreadable`);
  throw new EvidenceError(
    'log/newer',
    `the log in ${folder} has format ${version}, this version knows ${formatVersion}`,
    'install a newer version of surety, or of @surety/evidence',
  );
}

/**
 * Reads the state of a log from its folder and checks it against our keys; `null` where there is no log yet.
 *
 * @throws {EvidenceError} when the folder holds something else, another log, or a log that was altered.
 */
export async function loadState(disk: Disk, keys: Keys): Promise<LogState | null> {
  const [format, checkpoint] = await Promise.all([disk.read(formatFile), disk.read(checkpointFile)]);
  if (format === null && checkpoint === null) {
    const others = (await disk.names()).filter((name) => !lockName.test(name));
    if (others.length === 0) return null;
    throw new EvidenceError(
      'log/not-a-log',
      `${disk.folder} holds other files and no log`,
      'point the log at a folder of its own',
    );
  }
  checkFormat(disk.folder, format);
  const head = checkHead(disk.folder, checkpoint?.toString('utf8') ?? '', keys);
  const edge = await loadEdge(disk, head);
  return { checkpoint: checkpoint?.toString('utf8') ?? '', edge };
}

/** Checks that a log which grew since `before` still begins with it. */
export async function checkGrowth(disk: Disk, before: LogState, after: LogState): Promise<void> {
  const [first, second] = [before.edge.size, after.edge.size];
  if (second < first)
    throw altered(disk.folder, `it had ${first} records a moment ago and has ${second} now`);
  const subtree = subtreeFromTiles(second, async (tile) => {
    const hashes = decodeTile((await disk.read(tilePath(tile))) ?? Buffer.alloc(0), tile.width);
    if (hashes === null) throw altered(disk.folder, `${tilePath(tile)} is missing or damaged`);
    return hashes;
  });
  if (!(await rangeHash(0, first, subtree)).equals(edgeRoot(before.edge)))
    throw altered(disk.folder, `its first ${first} records are not the ones from a moment ago`);
}

function checkHead(folder: string, text: string, keys: Keys): Checkpoint {
  const checkpoint = parseCheckpoint(text);
  if (checkpoint === null) throw altered(folder, 'its checkpoint is missing or unreadable');
  if (checkpoint.origin !== keys.origin)
    throw new EvidenceError(
      'log/other-origin',
      `the log in ${folder} belongs to ${checkpoint.origin}, not to ${keys.origin}`,
      'give each writer a log folder of its own, or set the origin that this log has',
    );
  if (checkNote(checkpoint.note, { name: keys.origin, key: keys.logKey }) !== 'signed')
    throw otherKey(folder, 'log');
  return checkpoint;
}

async function loadEdge(disk: Disk, { size, root }: Checkpoint): Promise<Edge> {
  const { levels, entries } = await readEdge(disk, size);
  const leaves = levels[0] ?? [];
  const edge = { size, levels, entries };
  if (!leaves.every((leaf, at) => leafHash(entries[at] ?? Buffer.alloc(0)).equals(leaf)))
    throw altered(disk.folder, 'its last records are not the ones in its tree');
  if (!edgeRoot(edge).equals(root)) throw altered(disk.folder, 'its tiles do not add up to its checkpoint');
  return edge;
}

type EdgeFiles = { readonly levels: readonly (readonly Buffer[])[]; readonly entries: readonly Buffer[] };

async function readEdge(disk: Disk, size: number): Promise<EdgeFiles> {
  const levels: (readonly Buffer[])[] = [];
  let entries: readonly Buffer[] = [];
  for (const tile of partialTilesOf(size)) {
    const path = tilePath(tile);
    const bytes = (await disk.read(path)) ?? Buffer.alloc(0);
    if (tile.level === 'entries') {
      const bundle = decodeEntries(bytes);
      if (!bundle.whole || bundle.entries.length !== tile.width)
        throw altered(disk.folder, `${path} is missing or damaged`);
      entries = bundle.entries;
    } else {
      const hashes = decodeTile(bytes, tile.width);
      if (hashes === null) throw altered(disk.folder, `${path} is missing or damaged`);
      while (levels.length < tile.level) levels.push([]);
      levels.push(hashes);
    }
  }
  return { levels, entries };
}

/** Checks the keys that the first leaf names: they are ours, or we must not write into this log. */
export async function checkOrigin(disk: Disk, { edge: { size } }: LogState, keys: Keys): Promise<void> {
  if (size === 0) throw altered(disk.folder, 'it has no origin record');
  const path = tilePath({ level: 'entries', index: 0, width: Math.min(size, tileWidth) });
  const [first] = decodeEntries((await disk.read(path)) ?? Buffer.alloc(0)).entries;
  const envelope = first === undefined ? null : readEnvelope(first);
  const placed = envelope === null ? null : readStatement(envelope);
  if (placed === null || 'malformed' in placed || placed.record.type !== 'origin')
    throw altered(disk.folder, 'its first record is not an origin record');
  const { origin, logKey, proberKey } = placed.record;
  if (origin !== keys.origin) throw altered(disk.folder, `its first record is of ${origin}`);
  if (logKey !== publicKeyText(keys.logKey)) throw otherKey(disk.folder, 'log');
  if (proberKey !== publicKeyText(keys.proberKey)) throw otherKey(disk.folder, 'prober');
}

function otherKey(folder: string, which: 'log' | 'prober'): EvidenceError {
  return new EvidenceError(
    'log/other-key',
    `the log in ${folder} was written with another ${which} key`,
    'restore that key, or start a new log in a new folder; docs/keys.md says how',
  );
}
