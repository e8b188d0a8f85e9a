import { stat } from 'node:fs/promises';
import { bundleFiles } from './bundle.ts';
import { parseCheckpoint } from './checkpoint.ts';
import { diagnose } from './diagnose.ts';
import { explained } from './disk.ts';
import { EvidenceError, systemCode } from './error.ts';
import { type Files, folderFiles } from './files.ts';
import { formatVerifierKey, type NoteVerifier, parseVerifierKey, publicKeyFromText } from './key.ts';
import { checkpointFile, formatFile, formatVersion, parseFormat } from './layout.ts';
import { checkFormat } from './log-state.ts';
import { tileWidth } from './tile.ts';
import type { Problem, Verification } from './verification.ts';
import { type Anchors, anchorNotes, readEarlier, verifyEarlier, verifySigner } from './verify-anchor.ts';
import { verifyFiles } from './verify-files.ts';
import { checkRecords, type RecordResult } from './verify-records.ts';
import { walkTree } from './verify-tree.ts';

/** What the auditor brings from outside of the log, and the time. */
export type VerifyOptions = {
  /** The log's verifier key, as it was published outside the log: `NAME+HASH+BASE64`, or parsed. */
  readonly pinnedKey?: string | NoteVerifier;
  /** The text of a checkpoint that the auditor kept from an earlier visit. */
  readonly earlier?: string;
  readonly now: Date;
};

// A writer may replace the last tiles while they are being read.
const attempts = 5;

/**
 * Checks a log, as a folder or a bundle, without asking anybody: tree, seals, files, runs, and every verdict
 * judged again from its stored observations.
 *
 * @throws {EvidenceError} when it could not look: no log there, a newer format, an anchor that is unreadable.
 */
export async function verifyLog(path: string, options: VerifyOptions): Promise<Verification> {
  const { pinnedKey, earlier, now } = options;
  const anchors: Anchors = {
    pinnedKey: typeof pinnedKey === 'string' ? parseVerifierKey(pinnedKey) : (pinnedKey ?? null),
    earlier: earlier === undefined ? null : readEarlier(earlier),
  };
  const files = await openFiles(path);
  if ('damage' in files) return unreadable(path, anchors, [files.damage]);
  try {
    for (let attempt = 1; ; attempt += 1) {
      const before = await files.read(checkpointFile);
      const verification = await verifyOnce(files, before, anchors, now);
      const after = await files.read(checkpointFile);
      const moved = before !== null && after !== null && !before.equals(after);
      if (verification.ok || !moved || attempt === attempts) return verification;
    }
  } finally {
    await files.close();
  }
}

async function openFiles(path: string): Promise<Files | { readonly damage: Problem }> {
  const found = await explained(path, () =>
    stat(path).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
    }),
  );
  if (found === undefined || found.isDirectory()) return folderFiles(path);
  const bundle = await bundleFiles(path);
  return 'damaged' in bundle ? { damage: { kind: 'edited', where: path, message: bundle.damaged } } : bundle;
}

async function verifyOnce(
  files: Files,
  checkpointBytes: Buffer | null,
  anchors: Anchors,
  now: Date,
): Promise<Verification> {
  const formatProblems = await verifyFormat(files, checkpointBytes);
  const text = checkpointBytes?.toString('utf8') ?? '';
  const checkpoint = parseCheckpoint(text);
  if (checkpoint === null)
    return unreadable(files.where, anchors, [...formatProblems, noCheckpoint(checkpointBytes)]);
  const check = checkRecords(files, now);
  const mark = anchors.earlier?.size ?? null;
  const size = Math.min(checkpoint.size, await mostRecords(files));
  const { root } = checkpoint;
  const walked = await walkTree(files, { size, root, mark }, check.visit);
  const records = check.result();
  const { origin } = records;
  const unlisted = await verifyFiles(files, size, records.observed, origin);
  const changes =
    walked.sound && records.sealed
      ? []
      : await diagnose(files, { origin: checkpoint.origin, size, root, prober: records.prober });
  const problems = [
    ...formatProblems,
    ...verifySigner(checkpoint, origin, anchors),
    ...verifyEarlier(checkpoint, walked, origin, anchors),
    ...(size < checkpoint.size ? [missingMost(checkpoint.size)] : []),
    ...sealProblems(changes, walked.sound && records.sealed, origin === null),
    ...records.problems,
    ...unlisted.problems,
  ];
  return {
    ok: problems.length === 0,
    where: files.where,
    origin: checkpoint.origin,
    size: checkpoint.size,
    checkpoint: text,
    rootHash: checkpoint.root.toString('hex'),
    keys: keysOf(records),
    counts: records.counts,
    dropped: records.dropped,
    problems,
    notes: [...anchorNotes(anchors), ...records.notes, ...unlisted.notes],
  };
}

/**
 * More records than the files can hold, so that a checkpoint with an absurd size does not keep an auditor waiting.
 * Some files may be missing: those are named one by one.
 */
async function mostRecords(files: Files): Promise<number> {
  const bundles = (await files.list()).filter(({ path }) => path.startsWith('tile/entries/'));
  return (bundles.length + 16) * tileWidth;
}

function missingMost(size: number): Problem {
  return {
    kind: 'truncated',
    where: checkpointFile,
    message: `it counts ${size} records, most of which are missing`,
  };
}

/** An unsound log is never without a problem, even where the diagnosis finds no name for it. */
function sealProblems(changes: readonly Problem[], sound: boolean, originless: boolean): readonly Problem[] {
  if (sound) return [];
  const first: Problem[] = originless
    ? [
        {
          kind: 'edited',
          where: 'record 0',
          message: 'it is not an origin record signed by its prober: no signature can be checked',
        },
      ]
    : [];
  if (first.length + changes.length > 0) return [...first, ...changes];
  return [{ kind: 'edited', where: 'tile', message: 'records and tiles do not add up to the checkpoint' }];
}

async function verifyFormat(files: Files, checkpoint: Buffer | null): Promise<Problem[]> {
  const format = await files.read(formatFile);
  if (format === null && checkpoint === null)
    throw new EvidenceError(
      'log/missing',
      `there is no log in ${files.where}`,
      'check the path, or run surety prove first',
    );
  const version = format === null ? null : parseFormat(format.toString('utf8'));
  if (version !== null && version > formatVersion) checkFormat(files.where, format);
  if (version === formatVersion) return [];
  return [
    {
      kind: format === null ? 'deleted' : 'edited',
      where: formatFile,
      message: 'it does not state the format of the log',
    },
  ];
}

function noCheckpoint(bytes: Buffer | null): Problem {
  return bytes === null
    ? { kind: 'deleted', where: checkpointFile, message: 'without it nothing else can be checked' }
    : {
        kind: 'edited',
        where: checkpointFile,
        message: 'it is not a checkpoint: nothing else can be checked',
      };
}

function keysOf({ origin, people }: RecordResult): Verification['keys'] {
  if (origin === null) return { log: null, prober: null, people };
  const key = publicKeyFromText(origin.logKey);
  return { log: formatVerifierKey({ name: origin.origin, key }), prober: origin.proberKey, people };
}

function unreadable(where: string, anchors: Anchors, problems: readonly Problem[]): Verification {
  return {
    ok: false,
    where,
    origin: null,
    size: 0,
    checkpoint: null,
    rootHash: null,
    keys: { log: null, prober: null, people: [] },
    counts: {
      records: 0,
      verdicts: { pass: 0, fail: 0, unknown: 0, 'not-applicable': 0 },
      intents: 0,
      changes: 0,
      backups: 0,
      drills: 0,
      attestations: 0,
      exceptions: 0,
      observations: 0,
    },
    dropped: [],
    problems,
    notes: anchorNotes(anchors),
  };
}
