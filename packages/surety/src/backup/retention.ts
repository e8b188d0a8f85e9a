import type { Timestamp } from '@surety/evidence';
import type { Keep, Schedule } from './facts.ts';
import { type Period, periodBefore, periodOf, type Unit } from './periods.ts';
import { slots } from './schedule.ts';
import type { BackupSet, NotABackup } from './sets.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** Clocks that are further apart than this say nothing about age. */
export const toleratedSkew = 5 * minute;
/** How long, in milliseconds, a run may have no manifest before it counts as interrupted. */
export const leftoverAge = day;

export type RetentionInput = {
  /** Of one store, those whose manifest verifies. */
  readonly sets: readonly BackupSet[];
  readonly others: readonly NotABackup[];
  /**
   * Backups whose parts were all found just now with the sizes that their manifests state, and until when the store
   * holds the last of them; `null` where it holds nothing. Only these count: a manifest whose parts are gone supersedes nothing.
   */
  readonly intact: ReadonlyMap<string, Timestamp | null>;
  /**
   * Whose they have to be to count, and to go: others in the same store are kept by rules of their own. `null` where nobody says: then
   * nothing goes.
   */
  readonly source: Pick<BackupSet['manifest']['source'], 'systemIdentifier' | 'database'> | null;
  /** Backups that verify in another store: what is left of them here may still complete them. */
  readonly elsewhere: ReadonlySet<string>;
  readonly keep: Keep;
  readonly schedule: Pick<Schedule, 'every' | 'grace'>;
  readonly now: Date;
  /** Milliseconds that other clocks are ahead of ours, by whose they are: `{ store, database }`. `null` where nobody could tell. */
  readonly skew: Readonly<Record<string, number | null>>;
  /** Whether the last run stored and signed everything, in this store. */
  readonly lastRun: 'done' | 'failed';
};

export type Kept = { readonly set: BackupSet; readonly why: string };
export type Removal = {
  readonly set: BackupSet;
  /** `superseded by 20261122T020000Z-1f2e3d4c, which verifies` */
  readonly why: string;
  /** The backup that supersedes it, which is kept. */
  readonly by: string;
};
export type Aside = { readonly backup: string; readonly why: string };

export type RetentionPlan = {
  readonly keep: readonly Kept[];
  readonly remove: readonly Removal[];
  /** What interrupted runs left, without a manifest: no backups, and superseded. */
  readonly leftovers: readonly Aside[];
  /** What is neither counted nor removed: a person has to look at it. */
  readonly aside: readonly Aside[];
  /** Why nothing at all is removed; `null` where something may be. */
  readonly refused: string | null;
};

/** What may go from one store, and why. Decides only; `prune` carries it out. */
export function planRetention(input: RetentionInput): RetentionPlan {
  const counted = input.sets.filter(
    (set) => isOwn(input, set) && counts(input, set.backup, set.manifest.engine),
  );
  const aside = asideOf(input);
  const refused = refusal(input, counted);
  if (refused !== null)
    return {
      keep: counted.map((set) => ({ set, why: 'nothing is removed now' })),
      remove: [],
      leftovers: [],
      aside: [...aside, ...unfinished(input).map((other) => ({ backup: other.backup, why: other.why }))],
      refused,
    };
  const { gone, stay } = leftoversOf(input, counted);
  return {
    ...judge(newestFirst(counted), input),
    leftovers: gone,
    aside: [...aside, ...stay],
    refused,
  };
}

function isOwn({ source }: RetentionInput, { manifest }: BackupSet): boolean {
  const { systemIdentifier, database } = manifest.source;
  return source === null || (systemIdentifier === source.systemIdentifier && database === source.database);
}

function counts({ intact }: RetentionInput, backup: string, engine: string): boolean {
  return engine === 'logical' && intact.has(backup);
}

function asideOf(input: RetentionInput): readonly Aside[] {
  const { others, intact } = input;
  const sets = input.sets.filter((set) => isOwn(input, set));
  const foreign = input.sets
    .filter((set) => !isOwn(input, set))
    .map(({ backup, manifest: { source } }) => ({
      backup,
      why: `it is of ${source.database} on server ${source.systemIdentifier}, and not ours to remove`,
    }));
  const incomplete = sets
    .filter(({ backup, manifest }) => manifest.engine === 'logical' && !intact.has(backup))
    .map(({ backup }) => ({ backup, why: 'its manifest verifies, and its parts are not all there' }));
  const physical = sets
    .filter(({ manifest }) => manifest.engine === 'physical')
    .map(({ backup }) => ({ backup, why: 'its own engine expires it' }));
  const untrusted = others
    .filter(({ manifest }) => manifest === 'untrusted')
    .map(({ backup, why }) => ({ backup, why }));
  return [...foreign, ...incomplete, ...physical, ...untrusted];
}

function unfinished({ others }: RetentionInput): readonly NotABackup[] {
  return others.filter(({ manifest }) => manifest === 'none');
}

/** Why it is not the time to remove anything. */
function refusal(input: RetentionInput, counted: readonly BackupSet[]): string | null {
  const { lastRun, skew, now, schedule, source } = input;
  if (lastRun === 'failed') return 'the last run failed';
  for (const [whose, ahead] of Object.entries(skew)) {
    if (ahead === null) return `nobody can say what time it is at the ${whose}`;
    if (Math.abs(ahead) > toleratedSkew)
      return `the clock of the ${whose} and ours are ${Math.round(Math.abs(ahead) / 1000)} s apart`;
  }
  if (source === null)
    return 'the database does not say which server it is on, and so which backups are its own';
  const ahead = input.sets.find(({ manifest }) => age(manifest.snapshot, now) < -toleratedSkew);
  if (ahead !== undefined)
    return `it is ${now.toISOString()} here, before the snapshot of ${ahead.backup} at ${ahead.manifest.snapshot}`;
  const [latest] = newestFirst(counted);
  if (latest === undefined) return 'there is no backup that verifies';
  if (isStale(latest, schedule, now))
    return `the newest backup that verifies, ${latest.backup}, is older than the schedule allows`;
  return null;
}

function isStale(set: BackupSet, { every, grace }: Pick<Schedule, 'every' | 'grace'>, now: Date): boolean {
  return age(set.manifest.snapshot, now) > (every + grace) * hour;
}

/** One database's backups, newest first. */
function judge(
  sets: readonly BackupSet[],
  input: RetentionInput,
): { readonly keep: readonly Kept[]; readonly remove: readonly Removal[] } {
  const { keep, now, intact } = input;
  const [latest] = sets;
  if (latest === undefined) return { keep: [], remove: [] };
  const promised = newestByPeriod(sets, promisedPeriods(keep, now));
  const kept: Kept[] = [];
  const remove: Removal[] = [];
  for (const set of sets) {
    const why = reason(set, latest, promised, input) ?? heldUntil(set, intact.get(set.backup) ?? null, now);
    if (why === null)
      remove.push({ set, why: `superseded by ${latest.backup}, which verifies`, by: latest.backup });
    else kept.push({ set, why });
  }
  return { keep: kept, remove };
}

function reason(
  set: BackupSet,
  latest: BackupSet,
  promised: ReadonlyMap<BackupSet, Period>,
  { keep, now }: RetentionInput,
): string | null {
  if (set === latest) return 'the last good one';
  const at = set.manifest.snapshot;
  if (at >= latest.manifest.snapshot) return 'nothing newer than it verifies';
  if (age(at, now) <= keep.days * day) return `younger than ${keep.days} days`;
  const period = promised.get(set);
  return period === undefined ? null : `the newest of ${period.unit} ${period.name}`;
}

/** Of each period the newest backup in it, where there is one. */
function newestByPeriod(
  newestFirst: readonly BackupSet[],
  periods: readonly Period[],
): ReadonlyMap<BackupSet, Period> {
  const found = new Map<BackupSet, Period>();
  for (const period of periods) {
    const set = newestFirst.find(({ manifest }) => isIn(period, manifest.snapshot));
    if (set !== undefined && !found.has(set)) found.set(set, period);
  }
  return found;
}

/** A store that was told to hold a version does so; asking it to let go would only fail. */
function heldUntil({ manifest }: BackupSet, found: Timestamp | null, now: Date): string | null {
  const dates = [manifest.lockedUntil, found, ...manifest.parts.map(({ lockedUntil }) => lockedUntil)];
  const last = dates
    .filter((date) => date !== null)
    .toSorted()
    .at(-1);
  return last !== undefined && Date.parse(last) > now.getTime() ? `locked until ${last}` : null;
}

function leftoversOf(
  input: RetentionInput,
  counted: readonly BackupSet[],
): { readonly gone: readonly Aside[]; readonly stay: readonly Aside[] } {
  const gone: Aside[] = [];
  const stay: Aside[] = [];
  const [latest] = newestFirst(counted);
  for (const { backup, why } of unfinished(input)) {
    const began = beginningOf(backup);
    if (input.elsewhere.has(backup)) stay.push({ backup, why: `${why}; it is whole in another store` });
    else if (began === null || latest === undefined || age(began, input.now) <= leftoverAge)
      stay.push({ backup, why });
    else if (began < latest.manifest.started)
      gone.push({ backup, why: `left by a run that was interrupted; superseded by ${latest.backup}` });
    else stay.push({ backup, why });
  }
  return { gone, stay };
}

/** When a run began, by the name of its backup: `20261122T020000Z-1f2e3d4c`; `null` where that is no such name. */
export function beginningOf(backup: string): Timestamp | null {
  const found = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-[0-9a-f]{8}$/.exec(backup);
  if (found === null) return null;
  const [, year, month, date, hours, minutes, seconds] = found;
  const at = new Date(`${year}-${month}-${date}T${hours}:${minutes}:${seconds}Z`);
  return Number.isNaN(at.getTime()) ? null : at.toISOString();
}

function newestFirst(sets: readonly BackupSet[]): readonly BackupSet[] {
  const order = ({ manifest, backup }: BackupSet): string => `${manifest.snapshot} ${backup}`;
  return sets.toSorted((a, b) => (order(a) < order(b) ? 1 : -1));
}

function isIn({ from, until }: Pick<Period, 'from' | 'until'>, at: Timestamp): boolean {
  const time = Date.parse(at);
  return from.getTime() <= time && time < until.getTime();
}

function age(at: Timestamp, now: Date): number {
  return now.getTime() - Date.parse(at);
}

/**
 * The weeks, months and years of which one backup is promised. Each kind goes on where the one before it ends: first `days`
 * days of everything, then `weeks` weeks, then `months` months, then `years` years. The one that an edge falls into counts, too.
 */
export function promisedPeriods(keep: Keep, now: Date): readonly Period[] {
  const found: Period[] = [];
  let edge = new Date(now.getTime() - keep.days * day);
  const tiers: readonly (readonly [Unit, number])[] = [
    ['week', keep.weeks],
    ['month', keep.months],
    ['year', keep.years],
  ];
  for (const [unit, count] of tiers) {
    if (count === 0) continue;
    let last = periodOf(unit, edge);
    for (let n = 0; n < count; n += 1) last = periodBefore(last);
    for (let period = periodOf(unit, now); period.from >= last.from; period = periodBefore(period))
      found.push(period);
    edge = last.from;
  }
  return found;
}

/** A moment that one could go back to: a backup with its snapshot in `[from, until)` has to be there. */
export type RestorePoint = {
  /** `2026-11-22T02:00:00.000Z` of a slot, `2026-W47`, `2026-11`, `2026`. */
  readonly name: string;
  readonly unit: 'slot' | Unit;
  readonly from: Date;
  readonly until: Date;
};

/**
 * What `keep` promises at `now` where the schedule has run since `since` (exclusive) and no run failed: every slot of the last
 * `days`, and each promised period in which a backup was surely due.
 */
export function expectedPoints(
  keep: Keep,
  schedule: Pick<Schedule, 'every' | 'at' | 'grace'>,
  since: Date,
  now: Date,
): readonly RestorePoint[] {
  const grace = schedule.grace * hour;
  const due = slots(schedule, since, new Date(now.getTime() - grace));
  const young = due
    .filter((slot) => slot.getTime() > now.getTime() - keep.days * day)
    .map((slot): RestorePoint => {
      const until = new Date(slot.getTime() + schedule.every * hour);
      return { name: slot.toISOString(), unit: 'slot', from: slot, until };
    });
  // A slot just before the end of a period may give a snapshot after it.
  const periods = promisedPeriods(keep, now).filter(({ from, until }) =>
    due.some((slot) => slot >= from && slot.getTime() + grace <= until.getTime()),
  );
  return [...young, ...periods];
}

/** Those of `points` that none of `sets` is. */
export function missingPoints(
  points: readonly RestorePoint[],
  sets: readonly BackupSet[],
): readonly RestorePoint[] {
  return points.filter((point) => !sets.some(({ manifest }) => isIn(point, manifest.snapshot)));
}
