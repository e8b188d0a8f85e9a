import type { Json, JsonObject } from './json.ts';
import type { Method } from './observation.ts';
import type { Verdict } from './verdict.ts';

/** RFC 3339 in UTC with milliseconds, as `Date.prototype.toISOString` writes it. */
export type Timestamp = string;

/** Lower-case hexadecimal SHA-256. */
export type Sha256 = string;

/** Which control, and which state of it. */
export type ControlRef = {
  /** The path of its file below `controls/`: `tenancy/isolated`. */
  readonly id: string;
  readonly version: string;
  /** Of the control's source, fixed when the registry is generated. */
  readonly digest: Sha256;
};

/** Which thing was looked at, as the estate names it and as it says itself. */
export type TargetRef = {
  readonly name: string;
  readonly kind: string;
  readonly environment: string;
  /** What the target says it is: for PostgreSQL its system identifier, database and server version. */
  readonly identity: JsonObject;
  /** The state a proof was made from: a commit, a schema digest, a certificate. `null` where the kind has none. */
  readonly revision: string | null;
  /** Whom Surety was when it looked, and with which privileges. */
  readonly principal: string | null;
};

/** What a run is about to do. Appended before it does it, so that a discarded run leaves a hole to see. */
export type IntentRecord = {
  readonly type: 'intent';
  readonly run: string;
  readonly at: Timestamp;
  readonly scheduled: boolean;
  /** Every verdict that the run owes. */
  readonly owes: readonly { readonly control: string; readonly binding: string; readonly touch: string }[];
};

/** What one run of a control on a binding came to. */
export type VerdictRecord = {
  readonly type: 'verdict';
  readonly run: string;
  readonly control: ControlRef;
  /** Its name, and the targets in it by the control's own names. */
  readonly binding: string;
  readonly targets: { readonly [role: string]: TargetRef };
  readonly touch: string;
  readonly parameters: JsonObject;
  readonly intended: Timestamp;
  readonly started: Timestamp;
  readonly finished: Timestamp;
  readonly verdict: Verdict;
  readonly method: Method | null;
  readonly standIn: boolean;
  /** Canonical JSON of the redacted observations, stored beside the tiles under this digest. */
  readonly observations: { readonly sha256: Sha256; readonly count: number };
  /** Digests of the exception records that were in force. */
  readonly exceptions: readonly Sha256[];
  /** How many secrets were blacked out before anything was hashed. */
  readonly redactions: number;
  readonly tools: { readonly [name: string]: string };
};

/** One change to a target. Recorded before it is carried out, and again when it is done or has failed. */
export type ChangeRecord = {
  readonly type: 'change';
  readonly at: Timestamp;
  readonly change: string;
  readonly control: string;
  readonly target: TargetRef;
  readonly action: 'apply' | 'undo';
  readonly outcome: 'started' | 'done' | 'failed';
  /** The steps as they were run, redacted, and how to take them back. */
  readonly steps: readonly Json[];
  readonly undo: readonly Json[] | { readonly manual: string };
  /** What would start to fail, as it was counted and accepted before an `apply`. */
  readonly impact: readonly Json[];
};

/** What a person says, signed with their own SSH key over the canonical JSON of `claim`. */
export type Signed<Claim extends Json> = {
  readonly claim: Claim;
  /** The person's name in the estate. */
  readonly signer: string;
  /** `ssh-ed25519 AAAA…`, as it stood in the estate when it was signed. */
  readonly publicKey: string;
  /** Armoured SSHSIG, namespace `surety`. */
  readonly signature: string;
};

/** What a person vouches for: this control holds on this binding, in that period. */
export type AttestationClaim = {
  readonly kind: 'attestation';
  readonly control: string;
  readonly binding: string;
  readonly statement: string;
  readonly from: Timestamp;
  readonly until: Timestamp;
  readonly attachments: readonly { readonly name: string; readonly sha256: Sha256 }[];
};

/** A risk that its owner accepts for a period, and whom they ask to approve it. */
export type ExceptionClaim = {
  readonly kind: 'exception';
  readonly control: string;
  readonly binding: string;
  /** Subjects of observations, exactly as the verdict prints them. */
  readonly subjects: readonly string[];
  readonly reason: string;
  readonly owner: string;
  readonly approver: string;
  readonly from: Timestamp;
  readonly until: Timestamp;
};

/** Counts while its period lasts, and where its signer signed it. */
export type AttestationRecord = { readonly type: 'attestation'; readonly signed: Signed<AttestationClaim> };

/** Counts only with the approval of a person other than the owner: two signatures over one claim. */
export type ExceptionRecord = {
  readonly type: 'exception';
  readonly owner: Signed<ExceptionClaim>;
  readonly approval: Signed<ExceptionClaim>;
};

/** Leaf 0 of every log, and again on rotation: whose log this is and whose signatures count in it. */
export type OriginRecord = {
  readonly type: 'origin';
  readonly at: Timestamp;
  readonly origin: string;
  /** `logKey` signs checkpoints, `proberKey` signs records. Base64 of the raw 32 bytes. */
  readonly logKey: string;
  readonly proberKey: string;
};

/** What became of one copy of a backup, in one store. */
export type StoreOutcome = {
  readonly store: string;
  readonly outcome: 'stored' | 'failed';
  /** Of the signed manifest there; `null` where none was written. */
  readonly manifest: Sha256 | null;
  readonly bytes: number;
  /** Why it failed; `null` where it did not. */
  readonly fact: string | null;
};

/**
 * One run of a backup. Recorded before it begins, and again when it is over: a run that was killed leaves a
 * `started` without an end, and a run that never came leaves a slot of the schedule without either.
 */
export type BackupRecord = {
  readonly type: 'backup';
  readonly at: Timestamp;
  readonly backup: string;
  readonly target: TargetRef;
  readonly outcome: 'started' | 'done' | 'failed';
  /** When the schedule wanted it; `null` where a person did. */
  readonly slot: Timestamp | null;
  /** The moment in the life of the database that it holds; `null` before there is one. */
  readonly snapshot: Timestamp | null;
  readonly stores: readonly StoreOutcome[];
  /** Why it failed as a whole; `null` where it did not. */
  readonly fact: string | null;
};

/** How one rung of a drill ended. What could not be tried says so: no rung is green by omission. */
export const rungResults = ['pass', 'fail', 'not-run'] as const;
export type RungResult = (typeof rungResults)[number];

/** One restore into a throw-away server, rung by rung, and what it took. */
export type DrillRecord = {
  readonly type: 'drill';
  readonly at: Timestamp;
  readonly drill: string;
  /** What was restored; `null` where no backup was found. */
  readonly backup: string | null;
  readonly target: TargetRef;
  readonly outcome: 'started' | RungResult;
  readonly rungs: readonly { readonly rung: string; readonly result: RungResult; readonly fact: string }[];
  /** Milliseconds from the declaration to the last check, by phase. */
  readonly recovery: { readonly [phase: string]: number };
  /** Milliseconds between the backup's snapshot and the drill; `null` where there was no backup. */
  readonly loss: number | null;
};

/** Everything that a log can hold. */
export type SuretyRecord =
  | OriginRecord
  | IntentRecord
  | VerdictRecord
  | ChangeRecord
  | BackupRecord
  | DrillRecord
  | AttestationRecord
  | ExceptionRecord;
