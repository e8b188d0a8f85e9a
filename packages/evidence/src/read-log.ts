import { parseCheckpoint } from './checkpoint.ts';
import { sha256 } from './digest.ts';
import { type Edge, edgeRoot, emptyEdge, extend } from './edge.ts';
import { readEnvelope } from './envelope.ts';
import { EvidenceError } from './error.ts';
import { type Files, folderFiles } from './files.ts';
import { publicKeyFromText } from './key.ts';
import { checkpointFile, formatFile, observationsPath } from './layout.ts';
import { altered, checkFormat } from './log-state.ts';
import { checkNote } from './note.ts';
import type { Observation } from './observation.ts';
import { observationsShape } from './observation-shape.ts';
import type { Sha256, SuretyRecord } from './record.ts';
import { parseJson } from './shape.ts';
import { readStatement } from './statement.ts';
import { bundlesOf, decodeEntries, tilePath, tileWidth } from './tile.ts';
import { leafHash } from './tree.ts';

/** A record and its place in the log. */
export type LoggedRecord = {
  readonly index: number;
  /** The RFC 6962 hash of its leaf. */
  readonly leaf: Sha256;
  /** Of the record's canonical JSON: how other records name it. */
  readonly digest: Sha256;
  readonly record: SuretyRecord;
};

/** A log as it was when it was read. */
export type ReadLog = {
  readonly origin: string;
  readonly size: number;
  /** The signed checkpoint's text. */
  readonly checkpoint: string;
  readonly rootHash: Sha256;
  readonly records: readonly LoggedRecord[];
  /** Stored observations by digest. @throws {EvidenceError} `log/altered` when they are missing or changed. */
  observations(sha256: Sha256): Promise<readonly Observation[]>;
};

// A writer may replace the last tiles while they are being read.
const attempts = 5;

/**
 * Reads a log: that its entries add up to its signed checkpoint is checked, all else is left to `verifyLog`.
 *
 * @throws {EvidenceError} `log/missing`, `log/newer` or `log/altered`.
 */
export async function readLog(folder: string): Promise<ReadLog> {
  const files = await folderFiles(folder);
  for (let attempt = 1; ; attempt += 1) {
    const before = await files.read(checkpointFile);
    try {
      return await readOnce(files);
    } catch (error) {
      const after = await files.read(checkpointFile);
      const moved = before !== null && after !== null && !before.equals(after);
      if (!moved || attempt === attempts) throw error;
    }
  }
}

async function readOnce(files: Files): Promise<ReadLog> {
  const text = (await files.read(checkpointFile))?.toString('utf8');
  if (text === undefined)
    throw new EvidenceError(
      'log/missing',
      `there is no log in ${files.where}`,
      'check the path, or run surety prove first',
    );
  checkFormat(files.where, await files.read(formatFile));
  const checkpoint = parseCheckpoint(text);
  if (checkpoint === null) throw altered(files.where, 'its checkpoint is unreadable');
  const records: LoggedRecord[] = [];
  let edge: Edge = emptyEdge;
  for (const tile of bundlesOf(checkpoint.size)) {
    const { entries } = decodeEntries((await files.read(tilePath(tile))) ?? Buffer.alloc(0));
    if (entries.length !== tile.width) throw altered(files.where, `${tilePath(tile)} is missing or damaged`);
    entries.forEach((entry, at) => {
      records.push(readEntry(files.where, entry, tile.index * tileWidth + at));
    });
    edge = extend(edge, entries).edge;
  }
  if (edge.size !== checkpoint.size || !edgeRoot(edge).equals(checkpoint.root))
    throw altered(files.where, 'its records do not add up to its checkpoint');
  const first = records[0]?.record;
  if (first?.type !== 'origin' || first.origin !== checkpoint.origin)
    throw altered(files.where, 'its first record is not its origin record');
  const verifier = { name: first.origin, key: publicKeyFromText(first.logKey) };
  if (checkNote(checkpoint.note, verifier) !== 'signed')
    throw altered(files.where, 'its checkpoint was not signed by the key in its origin record');
  return {
    origin: checkpoint.origin,
    size: checkpoint.size,
    checkpoint: text,
    rootHash: checkpoint.root.toString('hex'),
    records,
    observations: (digest) => readObservations(files, digest),
  };
}

function readEntry(where: string, entry: Buffer, index: number): LoggedRecord {
  const envelope = readEnvelope(entry);
  const placed = envelope === null ? null : readStatement(envelope);
  if (placed === null || 'malformed' in placed)
    throw altered(where, `record ${index} ${placed === null ? 'is not an envelope' : placed.malformed}`);
  return { index, leaf: leafHash(entry).toString('hex'), digest: placed.digest, record: placed.record };
}

async function readObservations(files: Files, digest: Sha256): Promise<readonly Observation[]> {
  const path = observationsPath(digest);
  const bytes = await files.read(path);
  const json = bytes !== null && sha256(bytes) === digest ? parseJson(bytes.toString('utf8')) : undefined;
  if (json === undefined || !observationsShape(json, { at: [] }))
    throw altered(files.where, `${path} is missing or was changed`);
  return json;
}
