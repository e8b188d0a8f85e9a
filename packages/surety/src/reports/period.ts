import {
  attestationFault,
  droppedResults,
  exceptionFault,
  type Freshness,
  freshnessPeriods,
  type LoggedRecord,
  type Method,
  type Sha256,
  type Timestamp,
  type VerdictRecord,
} from '@surety/evidence';
import { SuretyError } from '../core/error.ts';

/** From the first moment up to, and without, the last. */
export type Span = { readonly from: Timestamp; readonly to: Timestamp };

/** A control and binding that should have been proved throughout, and how often. */
export type Owed = { readonly control: string; readonly binding: string; readonly every: Freshness };

export type PeriodEntry = {
  readonly at: Timestamp;
  readonly control: string;
  readonly binding: string;
  readonly record: Sha256;
  readonly index: number;
};

export type PeriodControl = {
  readonly control: string;
  readonly binding: string;
  readonly every: Freshness;
  /** How many spans of that length the period has. */
  readonly expected: number;
  /** In how many of them it was run. */
  readonly executed: number;
  /** Verdicts in all, also several in one span. */
  readonly verdicts: Readonly<Record<VerdictRecord['verdict'], number>>;
  /** How many of the passes rest on an accepted risk. */
  readonly excepted: number;
  readonly standIn: number;
  /** The weakest ways in which it passed. */
  readonly methods: readonly Method[];
  /** Spans without a run, joined where they touch. */
  readonly holes: readonly Span[];
};

/** What the log holds of a period: the shape of `report period --json`. Nothing in it is a conclusion. */
export type Period = Span & {
  readonly controls: readonly PeriodControl[];
  readonly failures: readonly PeriodEntry[];
  readonly blind: readonly PeriodEntry[];
  /** Announced, and no result followed. */
  readonly dropped: readonly Omit<PeriodEntry, 'record'>[];
  readonly changes: readonly (PeriodEntry & { readonly change: string; readonly outcome: string })[];
  readonly exceptions: readonly (PeriodEntry &
    Span & {
      readonly reason: string;
      readonly owner: string;
      readonly approver: string;
      readonly subjects: readonly string[];
      /** Why it does not count; `null` where two people signed it rightly. */
      readonly fault: string | null;
    })[];
  readonly attestations: readonly (PeriodEntry &
    Span & {
      readonly statement: string;
      readonly signer: string;
      /** Why it does not count; `null` where its signer signed it. */
      readonly fault: string | null;
    })[];
  /** How many records of the log lie in the period. */
  readonly records: number;
};

/**
 * Folds the records of a period, which must not reach into the future: what has not run yet would be a hole.
 *
 * @param owed what should have run; what ran besides is taken to be owed every day
 * @throws {SuretyError} `period/…` where the period is not one
 */
export function period(records: readonly LoggedRecord[], span: Span, owed: readonly Owed[]): Period {
  const [from, to] = [Date.parse(span.from), Date.parse(span.to)];
  check(span, from, to);
  const within = (at: Timestamp): boolean => Date.parse(at) >= from && Date.parse(at) < to;
  const verdicts = records.flatMap((logged) =>
    logged.record.type === 'verdict' && within(logged.record.finished)
      ? [{ logged, verdict: logged.record }]
      : [],
  );
  const of = (wanted: VerdictRecord['verdict']): readonly PeriodEntry[] =>
    verdicts
      .filter(({ verdict }) => verdict.verdict === wanted)
      .map(({ logged, verdict }) => entry(logged, verdict.finished, verdict.control.id, verdict.binding));
  const dropped = droppedResults(records)
    .filter(({ at }) => within(at))
    .map(({ at, control, binding, intent }) => ({ at, control, binding, index: intent }));
  const ran = [
    ...verdicts.map(({ verdict }) => ({ control: verdict.control.id, binding: verdict.binding })),
    ...dropped,
  ];
  return {
    ...span,
    controls: everyOwed(owed, ran).map((one) =>
      controlOf(
        one,
        verdicts.map(({ verdict }) => verdict),
        { from, to },
      ),
    ),
    failures: of('fail'),
    blind: of('unknown'),
    dropped,
    changes: records.flatMap(changesOf).filter(({ at }) => within(at)),
    exceptions: records.flatMap(exceptionsOf).filter((one) => overlaps(one, from, to)),
    attestations: records.flatMap(attestationsOf).filter((one) => overlaps(one, from, to)),
    records: records.filter(({ record }) => within(timeOf(record))).length,
  };
}

// What else `Date.parse` accepts, it guesses.
const iso8601 = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z)?$/;

function check({ from, to }: Span, start: number, end: number): void {
  const odd = [from, to].find((date) => !iso8601.test(date));
  if (odd !== undefined || Number.isNaN(start) || Number.isNaN(end)) {
    throw new SuretyError(
      'period/not-a-date',
      `${odd ?? (Number.isNaN(start) ? from : to)} is not a date`,
      'write it as 2026-01-31 or 2026-01-31T12:00:00Z',
    );
  }
  if (start >= end)
    throw new SuretyError('period/backwards', `${from} is not before ${to}`, 'swap --from and --to');
}

function timeOf(record: LoggedRecord['record']): Timestamp {
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
      return record.signed.claim.from;
    case 'exception':
      return record.owner.claim.from;
  }
}

function entry(
  { index, digest }: LoggedRecord,
  at: Timestamp,
  control: string,
  binding: string,
): PeriodEntry {
  return { at, control, binding, record: digest, index };
}

function overlaps({ from, to }: Span, start: number, end: number): boolean {
  return Date.parse(from) < end && Date.parse(to) > start;
}

function changesOf(logged: LoggedRecord): Period['changes'] {
  const { record } = logged;
  if (record.type !== 'change') return [];
  const { change, action, outcome, target } = record;
  return [
    {
      ...entry(logged, record.at, record.control, target.name),
      change: `${action} ${change}`,
      outcome,
    },
  ];
}

function exceptionsOf(logged: LoggedRecord): Period['exceptions'] {
  if (logged.record.type !== 'exception') return [];
  const { control, binding, from, until, reason, owner, approver, subjects } = logged.record.owner.claim;
  return [
    {
      ...entry(logged, from, control, binding),
      from,
      to: until,
      reason,
      owner,
      approver,
      subjects,
      fault: exceptionFault(logged.record),
    },
  ];
}

function attestationsOf(logged: LoggedRecord): Period['attestations'] {
  if (logged.record.type !== 'attestation') return [];
  const { claim, signer } = logged.record.signed;
  const { control, binding, from, until, statement } = claim;
  return [
    {
      ...entry(logged, from, control, binding),
      from,
      to: until,
      statement,
      signer,
      fault: attestationFault(logged.record),
    },
  ];
}

function everyOwed(
  owed: readonly Owed[],
  ran: readonly { readonly control: string; readonly binding: string }[],
): readonly Owed[] {
  const key = ({ control, binding }: { readonly control: string; readonly binding: string }): string =>
    `${control}\n${binding}`;
  const all = new Map<string, Owed>(
    ran.map(({ control, binding }) => [key({ control, binding }), { control, binding, every: '24h' }]),
  );
  for (const one of owed) all.set(key(one), one);
  return [...all.values()].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function controlOf(
  { control, binding, every }: Owed,
  verdicts: readonly VerdictRecord[],
  { from, to }: { readonly from: number; readonly to: number },
): PeriodControl {
  const own = verdicts.filter((verdict) => verdict.control.id === control && verdict.binding === binding);
  const length = freshnessPeriods[every];
  const expected = Math.ceil((to - from) / length);
  const filled = new Set(own.map(({ finished }) => Math.floor((Date.parse(finished) - from) / length)));
  const empty = Array.from({ length: expected }, (_, index) => index).filter((index) => !filled.has(index));
  const holes = empty.map((index) => ({
    from: from + index * length,
    to: Math.min(to, from + (index + 1) * length),
  }));
  const count = (wanted: VerdictRecord['verdict']): number =>
    own.filter(({ verdict }) => verdict === wanted).length;
  return {
    control,
    binding,
    every,
    expected,
    executed: filled.size,
    verdicts: {
      pass: count('pass'),
      fail: count('fail'),
      unknown: count('unknown'),
      'not-applicable': count('not-applicable'),
    },
    excepted: own.filter(({ verdict, exceptions }) => verdict === 'pass' && exceptions.length > 0).length,
    standIn: own.filter(({ standIn }) => standIn).length,
    methods: [
      ...new Set(
        own.flatMap(({ verdict, method }) => (verdict === 'pass' && method !== null ? [method] : [])),
      ),
    ],
    holes: joined(holes),
  };
}

function joined(holes: readonly { readonly from: number; readonly to: number }[]): readonly Span[] {
  const spans: { from: number; to: number }[] = [];
  for (const hole of holes) {
    const last = spans.at(-1);
    if (last?.to === hole.from) last.to = hole.to;
    else spans.push({ ...hole });
  }
  return spans.map(({ from, to }) => ({ from: iso(from), to: iso(to) }));
}

function iso(time: number): Timestamp {
  return new Date(time).toISOString();
}
