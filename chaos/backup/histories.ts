import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BackupRecord } from '@surety/evidence';
import { newBackupId } from '../../packages/surety/src/backup/make.ts';
import { intactSets } from '../../packages/surety/src/backup/prune.ts';
import { type BackupSet, inventory } from '../../packages/surety/src/backup/sets.ts';
import { openFolder } from '../../packages/surety/src/backup/stores/folder.ts';
import type { Store } from '../../packages/surety/src/backup/stores/store.ts';
import { pruneAll } from '../../packages/surety/src/commands/backup/prune.ts';
import { withClient } from '../../packages/surety/src/testing/pg-client.ts';
import type { Tally } from '../chaos.ts';
import type { Random } from '../random.ts';
import { moveClock } from './clock.ts';
import { type Forger, forgerOf } from './forger.ts';
import type { Shelf } from './shelf.ts';

const hour = 3_600_000;
const day = 24 * hour;
const kind = 'invented history';
const events = [
  'done',
  'done',
  'done',
  'half',
  'failed',
  'left',
  'part gone',
  'forged',
  'away',
  'interrupted',
  'clock',
] as const;

type Event = (typeof events)[number];

/**
 * Lets two stores go through days on which runs end well, half or not at all, parts vanish, manifests are forged, a store is away, clocks go wrong,
 * the log is lost and removing is interrupted; retention runs after each. Whatever it does, the newest good backup of each store stays.
 */
export async function liveThrough(
  shelf: Shelf,
  histories: number,
  random: Random,
  count: Tally,
  signal: AbortSignal,
): Promise<void> {
  const system = await systemOf(shelf.facts.url);
  let removals = 0;
  for (let n = 0; n < histories && !signal.aborted; n += 1) {
    const base = await mkdtemp(join(tmpdir(), 'surety-history-'));
    try {
      removals += await oneHistory(shelf, system, base, random, count);
      count.ended(kind, 'lived through');
    } finally {
      await rm(base, { recursive: true, force: true });
    }
  }
  await moveClock(shelf.facts.url, 0);
  if (histories >= 10 && removals < histories)
    count.fault(`${removals} removals in ${histories} histories are too few to tell anything`);
}

async function oneHistory(
  { facts, key }: Shelf,
  system: string,
  base: string,
  random: Random,
  count: Tally,
): Promise<number> {
  const stores: Store[] = [];
  for (const name of ['vault', 'offsite']) {
    await mkdir(join(base, name));
    stores.push(await openFolder(name, join(base, name), new AbortController().signal));
  }
  const keep = { days: 1 + random.below(4), weeks: random.below(2), months: 0, years: 0 };
  const forger = forgerOf(facts, key, system);
  const records: BackupRecord[] = [];
  let truth = 0;
  let removed = 0;
  for (let step = 0; step < 20; step += 1) {
    truth += day + random.below(3 * hour);
    const event = random.pick(events);
    const wrong = event === 'clock' ? random.pick([-400 * day, -3 * day, 3 * day, 400 * day]) : 0;
    await moveClock(facts.url, truth);
    const now = (): Date => new Date(Date.now() + truth + wrong);
    await happen(event, { stores, forger, records, random, now });
    const before = await goodIn(stores, facts.signers);
    const lostLog = random.next() < 0.3;
    await pruneAll({
      facts: { ...facts, keep },
      stores: stores
        .filter(({ name }) => event !== 'away' || name !== 'offsite')
        .map((store) => lame(store, event, random)),
      missing: event === 'away' ? [{ store: 'offsite', fact: 'it is away' }] : [],
      records: lostLog ? [] : records,
      dryRun: false,
      now,
      signal: new AbortController().signal,
      say: () => undefined,
    }).catch(() => undefined);
    const after = await goodIn(stores, facts.signers);
    removed += compare({ before, after, event, lostLog, keep: keep.days, truth: Date.now() + truth }, count);
  }
  return removed;
}

/** As the manifests of its backups name the server. */
async function systemOf(url: string): Promise<string> {
  return withClient(url, async (client) => {
    const { rows } = await client.query<{ system: string }>(
      'select system_identifier::text as system from pg_control_system()',
    );
    return rows[0]?.system ?? '';
  });
}

type Scene = {
  readonly stores: readonly Store[];
  readonly forger: Forger;
  readonly records: BackupRecord[];
  readonly random: Random;
  readonly now: () => Date;
};

async function happen(event: Event, { stores, forger, records, random, now }: Scene): Promise<void> {
  const backup = newBackupId(now());
  const record = (outcome: 'done' | 'failed'): void =>
    void records.push(forger.record(backup, now(), outcome));
  const [vault, offsite] = stores;
  if (vault === undefined || offsite === undefined) throw new Error('no stores');
  const some = random.pick(stores);
  if (event === 'done' || event === 'interrupted' || event === 'away') {
    for (const store of stores) await forger.store(store, backup, now());
    record('done');
  }
  if (event === 'half') {
    await forger.store(some, backup, now());
    record('failed');
  }
  if (event === 'failed') record('failed');
  if (event === 'left') await forger.leave(some, backup);
  if (event === 'part gone' || event === 'forged') {
    const found: string[] = [];
    for await (const { key } of some.list('backups/')) found.push(key);
    const wanted = found.filter((key) => key.endsWith('/manifest.json') === (event === 'forged'));
    if (wanted.length === 0) return;
    const key = random.pick(wanted);
    await some.remove(key, null);
    if (event === 'forged') await forger.forge(some, key);
  }
}

/** A store that stops in the middle of removing, as one that is killed does. */
function lame(store: Store, event: Event, random: Random): Store {
  if (event !== 'interrupted') return store;
  let left = random.below(6);
  return {
    ...store,
    async remove(key, version) {
      if (left === 0) throw new Error('it stopped here');
      left -= 1;
      await store.remove(key, version);
    },
  };
}

type Good = ReadonlyMap<string, readonly BackupSet[]>;

/** By store, newest first: those whose manifest verifies and whose parts are all there. */
async function goodIn(stores: readonly Store[], signers: readonly string[]): Promise<Good> {
  const found = new Map<string, readonly BackupSet[]>();
  for (const store of stores) {
    const { sets } = await inventory(store, signers);
    const intact = await intactSets(store, sets);
    found.set(
      store.name,
      sets.filter(({ backup }) => intact.has(backup)),
    );
  }
  return found;
}

type Change = {
  readonly before: Good;
  readonly after: Good;
  readonly event: Event;
  /** Whoever prunes has no log of the runs, and cannot know of one that left nothing. */
  readonly lostLog: boolean;
  readonly keep: number;
  readonly truth: number;
};

/** @returns how many good ones are gone, each of which has to be old, and superseded by one that is there */
function compare({ before, after, event, lostLog, keep, truth }: Change, count: Tally): number {
  let gone = 0;
  for (const [store, sets] of before) {
    const left = after.get(store) ?? [];
    const [newest] = sets;
    if (newest !== undefined && !left.some(({ backup }) => backup === newest.backup))
      count.lost(`${store}: retention took ${newest.backup}, the newest good one, after ${event}`);
    for (const set of sets) {
      if (left.some(({ backup }) => backup === set.backup)) continue;
      gone += 1;
      const told = event !== 'failed' || !lostLog;
      if (told && ['half', 'failed', 'away', 'clock'].includes(event))
        count.lost(`${store}: retention took ${set.backup} after ${event}`);
      const age = truth - Date.parse(set.manifest.snapshot);
      if (age < keep * day && age > 0)
        count.lost(`${store}: retention took ${set.backup}, which is younger than ${keep} days`);
    }
  }
  return gone;
}
