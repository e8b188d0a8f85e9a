import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Keep } from '../../src/backup/facts.ts';
import {
  beginningOf,
  expectedPoints,
  missingPoints,
  planRetention,
  promisedPeriods,
  type RetentionInput,
} from '../../src/backup/retention.ts';
import { slots } from '../../src/backup/schedule.ts';
import type { BackupSet, NotABackup } from '../../src/backup/sets.ts';
import { day, hour, minute, sampleId, sampleSet } from './sample-sets.ts';

const keep: Keep = { days: 30, weeks: 12, months: 12, years: 3 };
const daily = { every: 24, at: '02:00', grace: 2 };
const start = Date.parse('2026-01-01T02:00:00Z');

const dayNumber = (n: number): Date => new Date(start + n * day);

function input(sets: readonly BackupSet[], now: Date, changes: Partial<RetentionInput> = {}): RetentionInput {
  return {
    sets,
    others: [],
    intact: new Map(sets.map(({ backup }) => [backup, null])),
    elsewhere: new Set(),
    source: sampleSet(dayNumber(0)).manifest.source,
    keep,
    schedule: daily,
    now,
    skew: { store: 0, database: 0 },
    lastRun: 'done',
    ...changes,
  };
}

const hundred = Array.from({ length: 100 }, (_, n) => sampleSet(dayNumber(n)));
const afterHundred = new Date(dayNumber(99).getTime() + hour);
const removedFrom = (what: RetentionInput): readonly string[] =>
  planRetention(what).remove.map(({ set }) => set.backup);

describe('retention', () => {
  it('keeps every young backup, then one a week and a month, and says why the others go', () => {
    const plan = planRetention(input(hundred, afterHundred));
    assert.equal(plan.refused, null);
    assert.equal(plan.keep.length + plan.remove.length, 100);
    const why = new Map(plan.keep.map(({ set, why }) => [set.manifest.snapshot.slice(0, 10), why]));
    assert.equal(why.get('2026-04-10'), 'the last good one');
    assert.equal(why.get('2026-03-12'), 'younger than 30 days');
    assert.equal(why.get('2026-03-11'), undefined);
    assert.equal(why.get('2026-03-08'), 'the newest of week 2026-W10');
    assert.equal(why.get('2026-02-28'), 'the newest of month 2026-02');
    assert.equal(plan.remove[0]?.why, `superseded by ${hundred[99]?.backup}, which verifies`);
  });

  it('removes nothing at all when there is reason for doubt', () => {
    const refused = (changes: Partial<RetentionInput>, now = afterHundred): string | null => {
      const plan = planRetention(input(hundred, now, changes));
      assert.deepEqual(plan.remove, []);
      assert.deepEqual(plan.leftovers, []);
      assert.equal(plan.keep.length + plan.aside.length >= 100, true);
      return plan.refused;
    };
    assert.equal(refused({ lastRun: 'failed' }), 'the last run failed');
    assert.equal(
      refused({ skew: { store: -6 * minute, database: 0 } }),
      'the clock of the store and ours are 360 s apart',
    );
    assert.equal(
      refused({ skew: { store: 0, database: null } }),
      'nobody can say what time it is at the database',
    );
    assert.match(refused({ source: null }) ?? '', /does not say which server/);
    assert.match(refused({}, dayNumber(98)) ?? '', /before the snapshot of 20260410T020000Z/);
    assert.match(refused({}, new Date(dayNumber(100).getTime() + 3 * hour)) ?? '', /older than the schedule/);
    assert.equal(refused({ intact: new Map() }), 'there is no backup that verifies');
  });

  it('supersedes nothing by a backup whose parts are gone, and leaves that one alone', () => {
    const intact = new Map(hundred.slice(0, 99).map(({ backup }) => [backup, null]));
    const plan = planRetention(input(hundred, afterHundred, { intact }));
    assert.equal(plan.remove[0]?.by, hundred[98]?.backup);
    assert.deepEqual(plan.aside, [
      { backup: hundred[99]?.backup, why: 'its manifest verifies, and its parts are not all there' },
    ]);
  });

  for (const other of [{ database: 'ledger' }, { systemIdentifier: '7000000000000000000' }])
    it(`takes nothing of another ${Object.keys(other)}, which is kept by other rules`, () => {
      const others = hundred.map((set) => ({
        ...set,
        manifest: { ...set.manifest, source: { ...set.manifest.source, ...other } },
      }));
      const latest = sampleSet(new Date(dayNumber(99).getTime() + minute), { number: 1 });
      const plan = planRetention(input([latest, ...others], afterHundred));
      assert.deepEqual([plan.refused, plan.remove, plan.keep.length], [null, [], 1]);
      assert.equal(plan.aside.length, 100);
      assert.match(plan.aside[0]?.why ?? '', /not ours to remove$/);
      assert.match(planRetention(input(others, afterHundred)).refused ?? '', /no backup that verifies/);
    });

  it('leaves what the store holds until its date', () => {
    const [first] = hundred;
    assert.ok(first);
    const held = (date: string) =>
      new Map(hundred.map(({ backup }) => [backup, backup === first.backup ? date : null]));
    assert.ok(removedFrom(input(hundred, afterHundred)).includes(sampleId(dayNumber(0))));
    const locked = planRetention(input(hundred, afterHundred, { intact: held('2026-04-11T00:00:00.000Z') }));
    assert.equal(locked.keep.find(({ set }) => set === first)?.why, 'locked until 2026-04-11T00:00:00.000Z');
    assert.ok(
      removedFrom(input(hundred, afterHundred, { intact: held('2026-04-10T00:00:00.000Z') })).includes(
        first.backup,
      ),
    );
  });

  it('tells leftovers of interrupted runs from what a person has to look at', () => {
    const other = (at: Date, manifest: NotABackup['manifest'], number: number): NotABackup => ({
      backup: sampleId(at, number),
      store: 'vault',
      why: manifest === 'none' ? 'it has no manifest: it was never finished' : 'its signature is not its own',
      manifest,
    });
    const others = [
      other(dayNumber(40), 'none', 1),
      other(dayNumber(40), 'untrusted', 2),
      other(dayNumber(40), 'none', 3),
      other(new Date(afterHundred.getTime() - hour), 'none', 4),
      other(new Date(dayNumber(98).getTime() + 5 * hour), 'none', 5),
      {
        backup: 'notes',
        store: 'vault',
        why: 'it has no manifest: it was never finished',
        manifest: 'none' as const,
      },
    ];
    const elsewhere = new Set([sampleId(dayNumber(40), 3)]);
    const plan = planRetention(input(hundred, afterHundred, { others, elsewhere }));
    assert.deepEqual(
      plan.leftovers.map(({ backup }) => backup.slice(-1)),
      ['1'],
    );
    assert.deepEqual(plan.aside.map(({ backup }) => backup.slice(-1)).toSorted(), ['2', '3', '4', '5', 's']);
    const after = other(new Date(dayNumber(99).getTime() + hour / 2), 'none', 6);
    const nextDay = new Date(dayNumber(100).getTime() + 1.5 * hour);
    const newer = planRetention(input(hundred, nextDay, { others: [after] }));
    assert.deepEqual([newer.refused, newer.leftovers, newer.aside.length], [null, [], 1]);
    const doubtful = planRetention(input(hundred, afterHundred, { others, elsewhere, lastRun: 'failed' }));
    assert.deepEqual(doubtful.leftovers, []);
    assert.equal(doubtful.aside.length, others.length);
  });

  it('leaves physical backups to their own engine', () => {
    const physical = hundred.map((set) => ({
      ...set,
      manifest: { ...set.manifest, engine: 'physical' as const },
    }));
    const plan = planRetention(input(physical, afterHundred));
    assert.deepEqual([plan.remove, plan.keep, plan.aside.length], [[], [], 100]);
  });

  it('reads when a run began from its name', () => {
    assert.equal(beginningOf('20261122T020000Z-1f2e3d4c'), '2026-11-22T02:00:00.000Z');
    assert.equal(beginningOf('20261322T020000Z-1f2e3d4c'), null);
    assert.equal(beginningOf('latest'), null);
  });
});

describe('restore points', () => {
  it('go on where the tier before them ends', () => {
    const now = new Date('2026-11-22T12:00:00Z');
    const names = promisedPeriods({ days: 30, weeks: 1, months: 1, years: 1 }, now).map(({ name }) => name);
    assert.deepEqual(names, [
      ...['2026-W47', '2026-W46', '2026-W45', '2026-W44', '2026-W43', '2026-W42'],
      ...['2026-11', '2026-10', '2026-09'],
      ...['2026', '2025'],
    ]);
    const months = promisedPeriods({ days: 30, weeks: 6, months: 1, years: 0 }, now)
      .filter(({ unit }) => unit === 'month')
      .map(({ name }) => name);
    assert.deepEqual(months, ['2026-11', '2026-10', '2026-09', '2026-08']);
    assert.deepEqual(promisedPeriods({ days: 30, weeks: 0, months: 0, years: 0 }, now), []);
  });

  it('names weeks as ISO 8601 does, also around the new year', () => {
    const at = (date: string): string | undefined =>
      promisedPeriods({ days: 1, weeks: 1, months: 0, years: 0 }, new Date(date))[0]?.name;
    assert.equal(at('2026-01-01T00:00:00Z'), '2026-W01');
    assert.equal(at('2027-01-03T23:59:59Z'), '2026-W53');
    assert.equal(at('2027-01-04T00:00:00Z'), '2027-W01');
    assert.equal(at('2024-12-30T00:00:00Z'), '2025-W01');
  });

  it('are missed when a backup that was kept is taken away', () => {
    const since = new Date(start - 1);
    const points = expectedPoints(keep, daily, since, afterHundred);
    const { keep: kept } = planRetention(input(hundred, afterHundred));
    const sets = kept.map(({ set }) => set);
    assert.deepEqual(missingPoints(points, sets), []);
    for (const point of points) {
      const without = sets.filter(({ manifest: { snapshot } }) => {
        const at = new Date(snapshot);
        return at < point.from || at >= point.until;
      });
      assert.ok(missingPoints(points, without).includes(point), point.name);
    }
  });
});

const keeps = fc.record({
  days: fc.integer({ min: 1, max: 40 }),
  weeks: fc.integer({ min: 0, max: 8 }),
  months: fc.integer({ min: 0, max: 5 }),
  years: fc.integer({ min: 0, max: 2 }),
});

describe('retention, whatever happens', () => {
  it('still has the last good one after 40 failed days', () => {
    fc.assert(
      fc.property(keeps, fc.integer({ min: 1, max: 120 }), (some, healthy) => {
        let sets = Array.from({ length: healthy }, (_, n) => sampleSet(dayNumber(n)));
        for (let n = 0; n < 40; n += 1) {
          const now = new Date(dayNumber(healthy + n).getTime() + hour);
          const failed = sampleSet(dayNumber(healthy + n), { number: 9 });
          // A run that failed prunes nothing; and a person who prunes by hand, and says that it went well, loses nothing either.
          for (const lastRun of ['failed', 'done'] as const) {
            const others = [
              { backup: failed.backup, store: 'vault', why: 'none', manifest: 'none' as const },
            ];
            const gone = removedFrom(input(sets, now, { keep: some, others, lastRun }));
            if (lastRun === 'failed') assert.deepEqual(gone, []);
            sets = sets.filter(({ backup }) => !gone.includes(backup));
          }
        }
        assert.equal(sets.at(-1)?.backup, sampleId(dayNumber(healthy - 1)));
      }),
      { numRuns: 60 },
    );
  });

  it('has every promised restore point while each run succeeds', () => {
    const schedules = fc.constantFrom(
      daily,
      { every: 12, at: '00:30', grace: 1 },
      { every: 24, at: '23:59', grace: 2 },
      { every: 72, at: '12:00', grace: 5 },
    );
    fc.assert(
      fc.property(keeps, schedules, fc.integer({ min: 0, max: 400 }), (some, schedule, began) => {
        const from = new Date(start + began * day);
        let sets: readonly BackupSet[] = [];
        for (const [n, slot] of slots(schedule, from, new Date(from.getTime() + 200 * day)).entries()) {
          const now = new Date(slot.getTime() + 10 * minute);
          sets = [sampleSet(slot), ...sets];
          const plan = planRetention(input(sets, now, { keep: some, schedule }));
          assert.equal(plan.refused, null);
          sets = plan.keep.map(({ set }) => set);
          if (n % 5 !== 0) continue;
          const later = new Date(now.getTime() + schedule.every * hour - 11 * minute);
          const points = expectedPoints(some, schedule, from, later);
          assert.deepEqual(missingPoints(points, sets), []);
        }
        const most = (some.days * 24) / schedule.every + 2 + (some.weeks + some.months + some.years) * 2 + 60;
        assert.ok(sets.length <= most, `${sets.length} kept`);
      }),
      { numRuns: 8 },
    );
  });

  const events = fc.array(
    fc.record({
      hours: fc.integer({ min: 1, max: 60 }),
      what: fc.constantFrom('done', 'done', 'done', 'failed', 'corrupt', 'deleted', 'jump', 'leftover'),
      /** Of the clock of the machine that backs up: it stays wrong until the next jump. */
      jump: fc.constantFrom(0, 0, -400 * day, -3 * day, -4 * minute, 4 * minute, 3 * day, 400 * day),
      pick: fc.nat(),
      clockOfDatabaseIsWrongToo: fc.boolean(),
    }),
    { minLength: 20, maxLength: 150 },
  );

  it('removes only what is old, and superseded by a good one that stays', () => {
    let removals = 0;
    fc.assert(
      fc.property(keeps, events, (some, history) => {
        let truth = start;
        let ours = 0;
        let sets: BackupSet[] = [];
        let others: NotABackup[] = [];
        const broken = new Set<string>();
        const made = new Map<string, number>();
        for (const [n, { hours, what, jump, pick, clockOfDatabaseIsWrongToo }] of history.entries()) {
          truth += hours * hour;
          if (what === 'jump') ours = jump;
          const now = new Date(truth + ours);
          const databaseSkew = clockOfDatabaseIsWrongToo ? 0 : -ours;
          const set = sampleSet(now, {
            number: n,
            snapshot: new Date(truth + ours + databaseSkew).toISOString(),
          });
          const chosen = sets[pick % Math.max(sets.length, 1)];
          if (what === 'done') {
            sets = [set, ...sets];
            made.set(set.backup, truth);
          }
          if (what === 'leftover')
            others = [...others, { backup: set.backup, store: 'vault', why: 'none', manifest: 'none' }];
          if (what === 'corrupt' && chosen) broken.add(chosen.backup);
          if (what === 'deleted' && chosen) sets = sets.filter((one) => one !== chosen);
          const good = sets.filter(({ backup }) => !broken.has(backup));
          const plan = planRetention(
            input(sets, now, {
              keep: some,
              others,
              intact: new Map(good.map(({ backup }) => [backup, null])),
              skew: { store: -ours, database: databaseSkew },
              lastRun: what === 'failed' ? 'failed' : 'done',
            }),
          );
          const gone = new Set(plan.remove.map((one) => one.set.backup));
          const left = good.filter(({ backup }) => !gone.has(backup));
          removals += gone.size;
          if (good.length > 0) assert.ok(left.length > 0, 'the last good one went');
          if (what === 'failed' || Math.abs(ours) > 5 * minute) assert.equal(gone.size, 0);
          for (const { set: one, by } of plan.remove) {
            const newer = left.find(({ backup }) => backup === by);
            assert.ok(newer !== undefined, 'what supersedes it went too, or never was good');
            assert.ok(newer.manifest.snapshot > one.manifest.snapshot, 'it is superseded by an older one');
            assert.ok(good.includes(one), 'something that nobody can trust went');
            const made_ = made.get(one.backup) ?? 0;
            const wrongThen = Math.abs(Date.parse(one.manifest.snapshot) - made_) > 10 * minute;
            assert.ok(wrongThen || truth - made_ > some.days * day - 10 * minute, 'a young one went');
          }
          // Everything is told of exactly once.
          const told = [
            ...plan.keep.map((one) => one.set.backup),
            ...gone,
            ...plan.leftovers.map(({ backup }) => backup),
            ...plan.aside.map(({ backup }) => backup),
          ];
          assert.deepEqual(told.toSorted(), [...sets, ...others].map(({ backup }) => backup).toSorted());
          sets = sets.filter(({ backup }) => !gone.has(backup));
          others = others.filter(({ backup }) => !plan.leftovers.some((one) => one.backup === backup));
        }
      }),
      { numRuns: 150 },
    );
    assert.ok(removals > 100, `${removals} removals are too few to tell`);
  });
});
