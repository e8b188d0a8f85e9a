import { canonicalize } from './canonical.ts';
import type { Method } from './observation.ts';
import { attestationFault, exceptionFault } from './people.ts';
import type { LoggedRecord } from './read-log.ts';
import type {
  AttestationClaim,
  ExceptionClaim,
  IntentRecord,
  Sha256,
  SuretyRecord,
  TargetRef,
  Timestamp,
  VerdictRecord,
} from './record.ts';
import type { Verdict } from './verdict.ts';

/** What is said of a control or a requirement. Derived from records and the time, never stored. Worst first. */
export const statuses = [
  'failing',
  'unknown',
  'stale',
  'no-control',
  'excepted',
  'attested',
  'proven',
  'not-applicable',
] as const;
export type Status = (typeof statuses)[number];

/** How old a proof may grow. */
export type Freshness = '24h' | 'week' | 'month' | 'quarter' | 'year';

const day = 86_400_000;
/** In milliseconds; the longest month, quarter and year. */
export const freshnessPeriods: Readonly<Record<Freshness, number>> = {
  '24h': day,
  week: 7 * day,
  month: 31 * day,
  quarter: 92 * day,
  year: 366 * day,
};

// Clocks of two machines differ by less; a record from further ahead says that one of them is wrong.
const clockTolerance = 300_000;

/** What is known of one control on one binding. */
export type ProofState = {
  readonly control: string;
  /** `''` where the control was never run. */
  readonly binding: string;
  /** Of its targets; several are joined by a comma. */
  readonly environment: string;
  readonly status: Status;
  /** What the latest run said, and how; `null` where there was none. */
  readonly verdict: Verdict | null;
  readonly method: Method | null;
  readonly standIn: boolean;
  readonly at: Timestamp | null;
  /** The digest of the verdict record. */
  readonly record: Sha256 | null;
  /** One lowercase fact: why this status. */
  readonly because: string;
};

/** What a status depends on besides the records. */
export type StatusContext = {
  readonly now: Date;
  /** The controls that there are now: the others' proofs are of something else. */
  readonly controls: readonly { readonly id: string; readonly digest: Sha256 }[];
  /** One for all, or by control. */
  readonly freshness: Freshness | ((control: string) => Freshness);
};

type Fold = {
  readonly verdicts: Map<string, Placed<VerdictRecord>>;
  readonly intents: Map<string, Placed<IntentRecord>>;
  readonly answered: Set<string>;
  readonly targets: Map<string, Placed<TargetRef>>;
  readonly changes: Map<string, Placed<string>>;
  readonly attestations: Map<string, AttestationClaim[]>;
  readonly exceptions: Map<Sha256, ExceptionClaim>;
};

type Placed<T> = { readonly place: number; readonly digest: Sha256; readonly value: T };

/**
 * The status of every control and binding. The last verdict decides, in the order of `records`; use
 * `mergeRecords` for those of several logs. Every control that there is has at least one state.
 */
export function proofStates(records: readonly LoggedRecord[], context: StatusContext): readonly ProofState[] {
  const fold = foldRecords(records);
  const states = [...fold.verdicts.values()].map((last) => stateOf(last, fold, context));
  for (const [key, intent] of fold.intents) {
    if (fold.verdicts.has(key)) continue;
    const [control = '', binding = ''] = key.split('\n');
    states.push({ ...unproven, control, binding, because: holeIn(intent.value) });
  }
  const seen = new Set(states.map(({ control }) => control));
  for (const { id } of context.controls)
    if (!seen.has(id)) states.push({ ...unproven, control: id, because: 'never proved' });
  return states.sort((a, b) => compare(a.control, b.control) || compare(a.binding, b.binding));
}

/** The state of a control that serves a requirement, and how it serves it. */
export type MappedState = {
  readonly relation: 'supports' | 'partly';
  readonly status: Status;
};

/**
 * The status of a requirement: the worst of its controls', leaving out those that do not apply. `coverage` is
 * `part` where its controls only serve it in part, and `none` where it has none.
 */
export function requirementStatus(states: readonly MappedState[]): {
  readonly status: Status;
  readonly coverage: 'whole' | 'part' | 'none';
} {
  const status = statuses.find((worst) => states.some((state) => state.status === worst)) ?? 'no-control';
  if (states.length === 0) return { status, coverage: 'none' };
  return { status, coverage: states.some(({ relation }) => relation === 'supports') ? 'whole' : 'part' };
}

/** The records of several logs as one list: each log's in its own order, between logs by time. */
export function mergeRecords(logs: readonly (readonly LoggedRecord[])[]): readonly LoggedRecord[] {
  return logs
    .flatMap((records) => {
      // A clock that jumped back must not move a record before its predecessor.
      let latest = Number.NEGATIVE_INFINITY;
      return records.map((logged) => {
        const time = recordTime(logged.record);
        latest = Math.max(latest, time === null ? latest : Date.parse(time));
        return { logged, time: latest };
      });
    })
    .sort((a, b) => a.time - b.time)
    .map(({ logged }) => logged);
}

/** When a record was made; `null` where it does not say, because a person signed it at some other time. */
export function recordTime(record: SuretyRecord): Timestamp | null {
  switch (record.type) {
    case 'origin':
    case 'intent':
    case 'change':
    case 'backup':
    case 'drill':
      return record.at;
    case 'verdict':
      return record.finished;
    case 'attestation':
    case 'exception':
      return null;
  }
}

const unproven = {
  binding: '',
  environment: '',
  status: 'unknown',
  verdict: null,
  method: null,
  standIn: false,
  at: null,
  record: null,
} as const;

function foldRecords(records: readonly LoggedRecord[]): Fold {
  const fold: Fold = {
    verdicts: new Map(),
    intents: new Map(),
    answered: new Set(),
    targets: new Map(),
    changes: new Map(),
    attestations: new Map(),
    exceptions: new Map(),
  };
  records.forEach(({ digest, record }, place) => {
    const placed = <T>(value: T): Placed<T> => ({ place, digest, value });
    switch (record.type) {
      case 'intent':
        for (const { control, binding } of record.owes)
          fold.intents.set(keyOf(control, binding), placed(record));
        break;
      case 'verdict':
        fold.verdicts.set(keyOf(record.control.id, record.binding), placed(record));
        fold.answered.add(keyOf(record.control.id, record.binding, record.run));
        for (const target of Object.values(record.targets)) fold.targets.set(nameOf(target), placed(target));
        break;
      case 'change':
        fold.changes.set(
          nameOf(record.target),
          placed(`${record.action} ${record.change}: ${record.outcome}`),
        );
        break;
      case 'attestation': {
        if (attestationFault(record) !== null) break;
        const { claim } = record.signed;
        const key = keyOf(claim.control, claim.binding);
        fold.attestations.set(key, [...(fold.attestations.get(key) ?? []), claim]);
        break;
      }
      case 'exception':
        if (exceptionFault(record) === null) fold.exceptions.set(digest, record.owner.claim);
        break;
    }
  });
  return fold;
}

function stateOf(last: Placed<VerdictRecord>, fold: Fold, context: StatusContext): ProofState {
  const { value: record, digest } = last;
  const [status, because] = decide(last, fold, context);
  return {
    control: record.control.id,
    binding: record.binding,
    environment: [...new Set(Object.values(record.targets).map(({ environment }) => environment))].join(','),
    status,
    verdict: record.verdict,
    method: record.method,
    standIn: record.standIn,
    at: record.finished,
    record: digest,
    because,
  };
}

function decide(last: Placed<VerdictRecord>, fold: Fold, context: StatusContext): [Status, string] {
  const record = last.value;
  // First, and whatever came after: only a new proof closes a failure.
  if (record.verdict === 'fail') return ['failing', `failed at ${record.finished}`];
  const finished = Date.parse(record.finished);
  if (finished > context.now.getTime() + clockTolerance)
    return ['unknown', `recorded at ${record.finished}, which is in the future: check the clocks`];
  const intent = fold.intents.get(keyOf(record.control.id, record.binding));
  if (
    intent !== undefined &&
    intent.place > last.place &&
    !fold.answered.has(keyOf(record.control.id, record.binding, intent.value.run))
  )
    return ['unknown', holeIn(intent.value)];
  if (record.verdict === 'unknown') return ['unknown', `could not look at ${record.finished}`];
  const stale = staleBecause(last, fold, context);
  if (stale !== null) return ['stale', stale];
  if (record.verdict === 'not-applicable')
    return ['not-applicable', `does not apply, seen at ${record.finished}`];
  return decidePass(record, fold, context.now);
}

function staleBecause(last: Placed<VerdictRecord>, fold: Fold, context: StatusContext): string | null {
  const { control, targets, finished } = last.value;
  const known = context.controls.find(({ id }) => id === control.id);
  if (known === undefined) return 'there is no such control any more';
  if (known.digest !== control.digest) return 'the control has changed since';
  for (const target of Object.values(targets)) {
    const change = fold.changes.get(nameOf(target));
    if (change !== undefined && change.place > last.place)
      return `${target.name} has changed since: ${change.value}`;
    const latest = fold.targets.get(nameOf(target));
    if (latest === undefined || latest.place <= last.place) continue;
    const { identity, revision } = latest.value;
    if (canonicalize(identity) !== canonicalize(target.identity))
      return `${target.name} is another system since`;
    if (revision !== target.revision)
      return `made from ${target.name} at ${target.revision ?? 'no revision'}, now ${revision ?? 'no revision'}`;
  }
  const freshness = typeof context.freshness === 'string' ? context.freshness : context.freshness(control.id);
  if (context.now.getTime() - Date.parse(finished) > freshnessPeriods[freshness])
    return `proved at ${finished}, fresh for ${freshness}`;
  return null;
}

function decidePass(record: VerdictRecord, fold: Fold, now: Date): [Status, string] {
  const time = now.getTime();
  for (const digest of record.exceptions) {
    const claim = fold.exceptions.get(digest);
    if (claim === undefined)
      return ['unknown', 'it rests on an exception that is not in the log, or not rightly signed'];
    if (Date.parse(claim.until) <= time) return ['stale', `its exception expired at ${claim.until}`];
  }
  if (record.method === 'attested') {
    const claims = (fold.attestations.get(keyOf(record.control.id, record.binding)) ?? []).filter(
      ({ from }) => Date.parse(from) <= Date.parse(record.finished),
    );
    const until = claims
      .map((claim) => claim.until)
      .sort()
      .at(-1);
    if (until === undefined)
      return ['unknown', 'it rests on an attestation that is not in the log, or not rightly signed'];
    if (Date.parse(until) <= time) return ['stale', `its attestation expired at ${until}`];
    if (record.exceptions.length === 0) return ['attested', `attested until ${until}`];
  }
  if (record.exceptions.length > 0)
    return ['excepted', `passes with ${record.exceptions.length} accepted risks`];
  return ['proven', `proved at ${record.finished}`];
}

function holeIn({ run, at }: IntentRecord): string {
  return `run ${run} of ${at} has no result: discarded or interrupted`;
}

function keyOf(...parts: string[]): string {
  return parts.join('\n');
}

/** Which thing in the estate a target is, whatever it says of itself. */
function nameOf({ environment, kind, name }: TargetRef): string {
  return keyOf(environment, kind, name);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
