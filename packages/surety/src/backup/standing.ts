import type { BackupRecord, DrillRecord, Timestamp } from '@surety/evidence';
import type { BackupFacts, Objectives, Schedule } from './facts.ts';
import { toleratedSkew } from './retention.ts';
import { slots } from './schedule.ts';
import type { BackupSet, Inventory } from './sets.ts';

const hour = 3_600_000;
const day = 24 * hour;

/**
 * What became of one slot of the schedule. `verified`: every store has a backup of it that verifies, finished within the
 * grace. `late`: finished after it. `failed`: a run began, and not every store has one. `missed`: nothing ran. `pending`: it may still
 * come. `unknown`: a store could not be read, and the others have it.
 */
export const slotStates = ['verified', 'late', 'failed', 'missed', 'pending', 'unknown'] as const;
export type SlotState = (typeof slotStates)[number];

export type SlotStanding = {
  readonly slot: Timestamp;
  readonly state: SlotState;
  /** `null` where none was made. */
  readonly backup: string | null;
  /** From its start until its manifest was signed, in the slowest store; `null` where none was made. */
  readonly seconds: number | null;
  /** Why, in words without secrets: `offsite has no backup of it that verifies`. */
  readonly fact: string;
};

export type BackupStanding = {
  /** What was counted: slots in `(from, until]`. `null` where nobody can say since when the schedule runs. */
  readonly window: { readonly from: Timestamp; readonly until: Timestamp } | null;
  /** Oldest first. */
  readonly slots: readonly SlotStanding[];
  /** Numerator: slots that are `verified`. */
  readonly succeeded: number;
  /** Denominator: slots that are neither `pending` nor `unknown`. */
  readonly due: number;
  readonly unknown: number;
  /** How the last run ended, scheduled or not, by its record or its manifest; `null` where there was none. */
  readonly lastRun: {
    readonly at: Timestamp;
    readonly backup: string;
    readonly outcome: 'done' | 'failed' | 'started';
  } | null;
};

export type StandingInput = {
  readonly facts: Pick<BackupFacts, 'schedule' | 'keep' | 'objectives'>;
  /** What each store of the estate has, by its name; `null` where it could not be read. */
  readonly stores: Readonly<Record<string, Inventory | null>>;
  /** From the log; without them a run that failed cannot be told from one that never began. */
  readonly records: readonly BackupRecord[];
  readonly now: Date;
};

/** How the schedule was kept within the window of the objectives. Missed slots count as failures. */
export function backupStanding(input: StandingInput): BackupStanding {
  const { facts, now, stores } = input;
  const since = runningSince(input);
  const readable = Object.values(stores).flatMap((one) => one?.sets ?? []);
  const lastRun = lastRunOf(input.records, readable, facts.schedule, now);
  if (since === null) return { window: null, slots: [], succeeded: 0, due: 0, unknown: 0, lastRun };
  const from = new Date(Math.max(since.getTime(), now.getTime() - facts.objectives.windowDays * day));
  const standings = slots(facts.schedule, from, now).map((slot) => slotStanding(slot, input));
  const count = (...states: readonly SlotState[]): number =>
    standings.filter(({ state }) => states.includes(state)).length;
  return {
    window: { from: from.toISOString(), until: now.toISOString() },
    slots: standings,
    succeeded: count('verified'),
    due: count('verified', 'late', 'failed', 'missed'),
    unknown: count('unknown'),
    lastRun,
  };
}

/**
 * Since when (exclusive) the schedule counts: as the estate says, else just before the oldest backup or record; `null`
 * where there is neither.
 */
export function runningSince({
  facts,
  stores,
  records,
}: Pick<StandingInput, 'facts' | 'stores' | 'records'>): Date | null {
  if (facts.schedule.since !== undefined) return new Date(facts.schedule.since);
  const grace = facts.schedule.grace * hour;
  // A first run by hand at noon does not make the night before count.
  const beginning = (slot: Timestamp | null, began: Timestamp): number => {
    const late = slot === null ? 0 : Date.parse(began) - Date.parse(slot);
    return Date.parse(began) - (late <= grace ? late : 0);
  };
  const times = [
    ...Object.values(stores).flatMap((one) =>
      (one?.sets ?? []).map(({ manifest }) => beginning(manifest.slot, manifest.started)),
    ),
    ...records.map(({ slot, at }) => beginning(slot, at)),
  ];
  return times.length === 0 ? null : new Date(Math.min(...times) - 1);
}

function slotStanding(at: Date, { facts, stores, records, now }: StandingInput): SlotStanding {
  const slot = at.toISOString();
  const found = Object.entries(stores).map(([store, inventory]) => ({
    store,
    readable: inventory !== null,
    set: firstOf(inventory?.sets ?? [], at, facts.schedule),
  }));
  const missing = found.filter(({ readable, set }) => readable && set === null).map(({ store }) => store);
  const unread = found.filter(({ readable }) => !readable).map(({ store }) => store);
  const sets = found.flatMap(({ set }) => set ?? []);
  const backup = sets[0]?.backup ?? null;
  const seconds = sets.length === 0 ? null : Math.max(...sets.map(secondsOf));
  const is = (state: SlotState, fact: string): SlotStanding => ({ slot, state, backup, seconds, fact });

  const runs = lastWords(
    records.filter((record) => record.slot !== null && Date.parse(record.slot) === at.getTime()),
  );
  const graceEnds = at.getTime() + facts.schedule.grace * hour;
  if (sets.length > 0 && missing.length === 0) {
    if (sets.some(({ manifest }) => Date.parse(manifest.finished) > graceEnds))
      return is('late', `finished more than ${facts.schedule.grace} h after it was due`);
    if (unread.length > 0) return is('unknown', `${unread.join(', ')} could not be read`);
    return is('verified', 'every store has it');
  }
  if (sets.length > 0) return is('failed', `${missing.join(', ')} has no backup of it that verifies`);
  const done = runs.find(({ outcome }) => outcome === 'done');
  const pruned = now.getTime() - at.getTime() > facts.keep.days * day;
  if (done !== undefined && pruned && Date.parse(done.at) <= graceEnds)
    return { ...is('verified', 'by its record; too old to be kept'), backup: done.backup };
  if (missing.length === 0) return is('unknown', `${unread.join(', ')} could not be read`);
  const [run] = runs;
  if (run !== undefined) return { ...unsuccessful(run, graceEnds, now), slot, backup: run.backup, seconds };
  return now.getTime() <= graceEnds ? is('pending', 'it may still come') : is('missed', 'nothing ran for it');
}

function unsuccessful(run: BackupRecord, graceEnds: number, now: Date): Pick<SlotStanding, 'state' | 'fact'> {
  if (run.outcome === 'failed') return { state: 'failed', fact: run.fact ?? 'its run failed' };
  if (run.outcome === 'done')
    return { state: 'failed', fact: 'its record says done, and no store has a backup of it that verifies' };
  return now.getTime() <= graceEnds
    ? { state: 'pending', fact: 'it is running' }
    : { state: 'failed', fact: 'its run began and never ended' };
}

/** The first backup for a slot that was made in its time: nobody fills a hole afterwards by naming the slot. */
function firstOf(
  sets: readonly BackupSet[],
  slot: Date,
  { every }: Pick<Schedule, 'every'>,
): BackupSet | null {
  const made = sets.filter(({ manifest }) => {
    const started = Date.parse(manifest.started);
    return (
      manifest.slot !== null &&
      Date.parse(manifest.slot) === slot.getTime() &&
      started >= slot.getTime() - toleratedSkew &&
      started < slot.getTime() + every * hour
    );
  });
  return made.toSorted((a, b) => (a.manifest.finished < b.manifest.finished ? -1 : 1))[0] ?? null;
}

const secondsOf = ({ manifest }: BackupSet): number =>
  (Date.parse(manifest.finished) - Date.parse(manifest.started)) / 1000;

/** What each run said last, the latest run first. */
function lastWords(records: readonly BackupRecord[]): readonly BackupRecord[] {
  const byRun = new Map<string, BackupRecord>();
  for (const record of records.toSorted((a, b) => (a.at < b.at ? -1 : 1))) {
    const before = byRun.get(record.backup);
    if (before === undefined || before.outcome === 'started') byRun.set(record.backup, record);
  }
  return [...byRun.values()].toSorted((a, b) => (a.at < b.at ? 1 : -1));
}

/** A run that began and did not end within the grace has failed. */
function lastRunOf(
  records: readonly BackupRecord[],
  sets: readonly BackupSet[],
  { grace }: Pick<Schedule, 'grace'>,
  now: Date,
): BackupStanding['lastRun'] {
  const [record] = lastWords(records);
  const newest = sets.toSorted((a, b) => (a.manifest.finished < b.manifest.finished ? 1 : -1))[0];
  if (record === undefined || (newest !== undefined && newest.manifest.finished > record.at))
    return newest === undefined
      ? null
      : { at: newest.manifest.finished, backup: newest.backup, outcome: 'done' };
  const died = record.outcome === 'started' && now.getTime() - Date.parse(record.at) > grace * hour;
  return { at: record.at, backup: record.backup, outcome: died ? 'failed' : record.outcome };
}

export type DrillStanding = {
  /** The last drill whose every rung passed; `null` where there was none. */
  readonly last: Timestamp | null;
  /** Until when the next one has to pass; `null` where none ever did: now. */
  readonly due: Timestamp | null;
  readonly overdue: boolean;
};

/** Whether the drill of the quarter is due. One that failed, or left a rung out, is none. */
export function drillDue(
  drills: readonly Pick<DrillRecord, 'at' | 'outcome'>[],
  { drillDays }: Pick<Objectives, 'drillDays'>,
  now: Date,
): DrillStanding {
  const passed = drills
    .filter(({ at, outcome }) => outcome === 'pass' && Date.parse(at) <= now.getTime() + toleratedSkew)
    .map(({ at }) => at)
    .toSorted();
  const last = passed.at(-1) ?? null;
  if (last === null) return { last, due: null, overdue: true };
  const due = new Date(Date.parse(last) + drillDays * day);
  return { last, due: due.toISOString(), overdue: due.getTime() < now.getTime() };
}
