import type { Sha256, Timestamp } from './record.ts';
import type { Verdict } from './verdict.ts';

/**
 * What is wrong with a log.
 *
 * - `edited`, `deleted`, `reordered`: a record or file is not what, or where, it was when it was committed.
 * - `foreign`: a record, signature or file that this log's keys did not make. `unlisted`: a file that nothing names.
 * - `truncated`: the last records are missing. `rollback`: the log is shorter than an earlier checkpoint.
 * - `swapped`: another log. `re-signed`: history that does not continue the earlier checkpoint, or another log key.
 * - `unsigned`: the checkpoint is not signed by the log's key.
 * - `malformed`: signed, and not a record that this version knows.
 * - `verdict`: observations that do not bear out the verdict. `exception`, `attestation`: one that does not count.
 * - `dropped`: announced and without a result. `unannounced`: a result without an intent. `repeated`: two results.
 */
export const problemKinds = [
  'edited',
  'deleted',
  'reordered',
  'foreign',
  'unlisted',
  'truncated',
  'rollback',
  'swapped',
  're-signed',
  'unsigned',
  'malformed',
  'verdict',
  'exception',
  'attestation',
  'dropped',
  'unannounced',
  'repeated',
] as const;
export type ProblemKind = (typeof problemKinds)[number];

/** One thing that is wrong with a log. */
export type Problem = {
  readonly kind: ProblemKind;
  /** A record (`record 7`) or a file, as a path within the log. */
  readonly where: string;
  readonly message: string;
};

/** What a reader must know although nothing is wrong. */
export type Note = {
  readonly kind: 'self-attested' | 'rollback' | 'interrupted' | 'writer' | 'clock' | 'rotation';
  readonly message: string;
};

/** An intent whose result never came. */
export type Dropped = {
  readonly run: string;
  readonly control: string;
  readonly binding: string;
  /** Which record announced it, and when. */
  readonly intent: number;
  readonly at: Timestamp;
};

/** What `verifyLog` found: the shape of `verify --json`. */
export type Verification = {
  /** No problems. */
  readonly ok: boolean;
  /** The folder or bundle. */
  readonly where: string;
  readonly origin: string | null;
  readonly size: number;
  /** The signed checkpoint's text: what to keep, and to give as the earlier one next time. */
  readonly checkpoint: string | null;
  readonly rootHash: Sha256 | null;
  readonly keys: {
    /** The log's verifier key: what to pin. `null` where its origin record cannot be read. */
    readonly log: string | null;
    /** Base64 of the raw key that signs records. */
    readonly prober: string | null;
    /** Who signed attestations and exceptions, with the keys that they used: compare them with the people's own. */
    readonly people: readonly { readonly name: string; readonly publicKey: string }[];
  };
  readonly counts: {
    readonly records: number;
    readonly verdicts: Readonly<Record<Verdict, number>>;
    readonly intents: number;
    readonly changes: number;
    /** Records, not runs: one of the beginning and one of the end. */
    readonly backups: number;
    readonly drills: number;
    readonly attestations: number;
    readonly exceptions: number;
    /** Stored lists of observations that were judged again. */
    readonly observations: number;
  };
  readonly dropped: readonly Dropped[];
  readonly problems: readonly Problem[];
  readonly notes: readonly Note[];
};
