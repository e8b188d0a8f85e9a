import type { KeyObject } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { signCheckpoint } from './checkpoint.ts';
import { type Commit, mend, writeCommit } from './commit.ts';
import { encodeObservations, sha256 } from './digest.ts';
import { type Disk, explained, nodeDisk } from './disk.ts';
import { edgeRoot, emptyEdge, extend } from './edge.ts';
import { EvidenceError } from './error.ts';
import { isNoteName, publicKeyText } from './key.ts';
import { formatFile, formatText, observationsPath } from './layout.ts';
import { withLock } from './lock.ts';
import { altered, checkGrowth, checkOrigin, type Keys, type LogState, loadState } from './log-state.ts';
import type { Observation } from './observation.ts';
import { storedObservation } from './observation-shape.ts';
import type { Sha256, SuretyRecord } from './record.ts';
import { type Checked, checkRecord, sealRecord } from './statement.ts';
import { maxEntryBytes, partialTilesOf, tilePath } from './tile.ts';
import { leafHash } from './tree.ts';

/** What to append: a record, and for a verdict the redacted observations that it names. */
export type Entry = {
  readonly record: SuretyRecord;
  readonly observations?: readonly Observation[];
};

/** Where a record went. */
export type Appended = {
  readonly index: number;
  /** The RFC 6962 hash of its leaf. */
  readonly leaf: Sha256;
  /** The digest of the record's canonical JSON: how other records name it. */
  readonly digest: Sha256;
};

/** A log that can be appended to. Others may append to the same folder meanwhile. */
export type Log = {
  readonly origin: string;
  /** Records, as of the last time that this writer looked. */
  size(): number;
  /**
   * All of them or none, on disk when it returns.
   *
   * @param at the size that the log must still have: for entries that answer what was read in it
   * @throws {EvidenceError} `log/moved` when somebody else appended since
   */
  append(entries: readonly Entry[], at?: number): Promise<readonly Appended[]>;
  /** The signed checkpoint, as of the last time that this writer looked. */
  checkpoint(): string;
  close(): Promise<void>;
};

/** What a writer brings to its log. */
export type OpenLog = {
  readonly folder: string;
  /** The name of this log: like a URL without its scheme, no blanks and no plus. One for each writer's log. */
  readonly origin: string;
  /** Ed25519 private keys: one signs checkpoints, the other one records. */
  readonly logKey: KeyObject;
  readonly proberKey: KeyObject;
  readonly now: () => Date;
  /** How long to wait for another writer, in milliseconds. Default 30,000. */
  readonly patience?: number;
  readonly disk?: Disk;
};

/**
 * Opens a log for appending. Makes it where there is none; mends what an interrupted writer left.
 *
 * @throws {EvidenceError} with a code and a hint; nothing is left half-written.
 */
export async function openLog(options: OpenLog): Promise<Log> {
  const { folder, origin, now, patience = 30_000, disk = nodeDisk(folder) } = options;
  checkKeys(options);
  await explained(folder, () => mkdir(folder, { recursive: true }));
  let state = await withLock(folder, patience, async () => {
    await mend(disk, options);
    const found = await loadState(disk, options);
    if (found === null) return startLog(disk, options, now());
    await checkOrigin(disk, found, options);
    return found;
  });
  let last: Promise<unknown> = Promise.resolve();
  let closed = false;

  const append = (entries: readonly Entry[], at?: number): Promise<readonly Appended[]> =>
    withLock(folder, patience, async () => {
      state = await refresh(disk, options, state);
      if (at !== undefined && at !== state.edge.size) throw movedError(at, state.edge.size);
      const step = await prepare(disk, options, state, entries);
      await writeCommit(disk, options, step.commit);
      state = step.state;
      return step.appended;
    });
  return {
    origin,
    size: () => state.edge.size,
    checkpoint: () => state.checkpoint,
    append(entries, at) {
      if (closed) return Promise.reject(closedError());
      if (entries.length === 0) return Promise.resolve([]);
      const turn = last.then(() => append(entries, at));
      last = turn.catch(() => undefined);
      return turn;
    },
    async close() {
      closed = true;
      await last;
    },
  };
}

async function startLog(disk: Disk, keys: Keys, at: Date): Promise<LogState> {
  const record: SuretyRecord = {
    type: 'origin',
    at: at.toISOString(),
    origin: keys.origin,
    logKey: publicKeyText(keys.logKey),
    proberKey: publicKeyText(keys.proberKey),
  };
  const step = await prepare(disk, keys, { checkpoint: '', edge: emptyEdge }, [{ record }]);
  const format = { path: formatFile, bytes: Buffer.from(formatText) };
  await writeCommit(disk, keys, { ...step.commit, adds: [format, ...step.commit.adds] });
  return step.state;
}

/** Mends, and takes in what other writers appended since. */
async function refresh(disk: Disk, keys: Keys, before: LogState): Promise<LogState> {
  await mend(disk, keys);
  const now = await loadState(disk, keys);
  if (now === null) throw altered(disk.folder, 'it was removed while it was open');
  if (now.checkpoint !== before.checkpoint) await checkGrowth(disk, before, now);
  return now;
}

type Step = {
  readonly state: LogState;
  readonly commit: Commit;
  readonly appended: readonly Appended[];
};

async function prepare(disk: Disk, keys: Keys, { edge }: LogState, entries: readonly Entry[]): Promise<Step> {
  const observations = new Map<string, Buffer>();
  const sealed = entries.map((entry, at) => {
    const checked = checkRecord(entry.record);
    const stored = checkObservations(entry);
    if (stored !== null) observations.set(observationsPath(sha256(stored)), stored);
    const index = edge.size + at;
    return { index, digest: checked.digest, bytes: seal(keys, index, entry.record.type, checked) };
  });
  const grown = extend(
    edge,
    sealed.map(({ bytes }) => bytes),
  );
  const checkpoint = signCheckpoint(keys.origin, grown.edge.size, edgeRoot(grown.edge), keys.logKey);
  const tiles = grown.files.map(({ tile, bytes }) => ({ path: tilePath(tile), bytes }));
  const kept = new Set(partialTilesOf(grown.edge.size).map(tilePath));
  return {
    state: { checkpoint, edge: grown.edge },
    appended: sealed.map(({ index, digest, bytes }) => ({
      index,
      leaf: leafHash(bytes).toString('hex'),
      digest,
    })),
    commit: {
      from: edge.size,
      to: grown.edge.size,
      checkpoint,
      adds: [...(await newObservations(disk, observations)), ...tiles],
      removes: partialTilesOf(edge.size)
        .map(tilePath)
        .filter((path) => !kept.has(path)),
    },
  };
}

function seal(keys: Keys, index: number, type: SuretyRecord['type'], checked: Checked): Buffer {
  const leaf = sealRecord(keys.origin, index, checked, keys.proberKey);
  if (leaf.length <= maxEntryBytes) return leaf;
  throw new EvidenceError(
    'log/record-too-large',
    `the ${type} record takes ${leaf.length} bytes, a log entry at most ${maxEntryBytes}`,
    type === 'intent'
      ? 'announce the run in several intents'
      : 'move what is large into observations, or say less',
  );
}

/** What to store with a record; `null` where its type has none. */
function checkObservations({ record, observations }: Entry): Buffer | null {
  if (record.type !== 'verdict') {
    if (observations === undefined) return null;
    throw mismatch(`a record of type ${record.type} has no observations`);
  }
  if (observations === undefined) throw mismatch('the observations of the verdict were not given');
  for (const seen of observations) storedObservation(seen);
  const stored = encodeObservations(observations);
  if (record.observations.sha256 !== sha256(stored) || record.observations.count !== observations.length)
    throw mismatch('the verdict names other observations than the given ones');
  return stored;
}

/** Those that are not stored yet: the same observations may have been made before. */
async function newObservations(disk: Disk, wanted: ReadonlyMap<string, Buffer>): Promise<Commit['adds']> {
  const adds = await Promise.all(
    [...wanted].map(async ([path, bytes]) => {
      const stored = await disk.read(path);
      if (stored === null) return [{ path, bytes }];
      if (!stored.equals(bytes)) throw altered(disk.folder, `${path} was changed`);
      return [];
    }),
  );
  return adds.flat();
}

function checkKeys({ origin, logKey, proberKey }: Keys): void {
  if (!isNoteName(origin))
    throw new EvidenceError(
      'log/origin',
      `${JSON.stringify(origin)} cannot name a log`,
      'use a name like example.com/surety/ci: no blanks, no plus',
    );
  if (publicKeyText(logKey) === publicKeyText(proberKey))
    throw new EvidenceError(
      'log/same-key',
      'the log key and the prober key are the same',
      'generate one of its own for each',
    );
}

function mismatch(message: string): EvidenceError {
  return new EvidenceError('log/observations', message, 'nothing was written; this is a bug in the program');
}

function movedError(at: number, size: number): EvidenceError {
  return new EvidenceError('log/moved', `the log had ${at} records and has ${size} now`, 'read it again');
}

function closedError(): EvidenceError {
  return new EvidenceError('log/closed', 'the log was closed', 'open it again');
}
