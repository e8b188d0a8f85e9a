import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BackupRecord } from '@surety/evidence';
import fc from 'fast-check';
import { backupFacts } from '../../src/backup/facts.ts';
import type { BackupSet, Inventory } from '../../src/backup/sets.ts';
import { backupStanding, drillDue, type StandingInput } from '../../src/backup/standing.ts';
import { day, hour, minute, sampleId, sampleSet } from './sample-sets.ts';

const { schedule, keep, objectives } = backupFacts.shape;
const facts = {
  schedule: schedule.parse({ every: 24, since: '2026-11-10T00:00:00Z' }),
  keep: keep.parse({}),
  objectives: objectives.parse({}),
};
const first = new Date('2026-11-10T02:00:00Z');
const nth = (n: number): Date => new Date(first.getTime() + n * day);
const now = new Date('2026-11-19T12:00:00Z');

const inventoryOf = (sets: readonly BackupSet[]): Inventory => ({ sets, others: [] });
const ten = Array.from({ length: 10 }, (_, n) => sampleSet(nth(n)));
const both = (sets: readonly BackupSet[]): StandingInput['stores'] => ({
  vault: inventoryOf(sets),
  offsite: inventoryOf(sets),
});

function record(at: Date, outcome: BackupRecord['outcome'], slot: Date | null = at): BackupRecord {
  return {
    type: 'backup',
    at: new Date(at.getTime() + minute).toISOString(),
    backup: sampleId(at),
    target: {
      name: 'budget-backups',
      kind: 'backup',
      environment: 'test',
      identity: {},
      revision: null,
      principal: null,
    },
    outcome,
    slot: slot?.toISOString() ?? null,
    snapshot: null,
    stores: [],
    fact: outcome === 'failed' ? 'disk full' : null,
  };
}

function of(changes: Partial<StandingInput>) {
  return backupStanding({ facts, stores: both(ten), records: [], now, ...changes });
}

const states = (changes: Partial<StandingInput>): readonly string[] =>
  of(changes).slots.map(({ state }) => state);
const third = (changes: Partial<StandingInput>) => of(changes).slots[2];
const withoutThird = ten.filter((_, n) => n !== 2);

describe('how the schedule was kept', () => {
  it('counts the slots that every store has', () => {
    const standing = of({});
    assert.deepEqual([standing.succeeded, standing.due, standing.unknown], [10, 10, 0]);
    assert.deepEqual(third({}), {
      slot: '2026-11-12T02:00:00.000Z',
      state: 'verified',
      backup: '20261112T020000Z-00000000',
      seconds: 60,
      fact: 'every store has it',
    });
  });

  it('counts a slot for which nothing ran', () => {
    assert.equal(third({ stores: both(withoutThird) })?.state, 'missed');
    assert.equal(of({ stores: both(withoutThird) }).succeeded, 9);
  });

  it('counts a run that failed, that died, and that says done and left nothing', () => {
    const stores = both(withoutThird);
    const with_ = (...records: BackupRecord[]) => third({ stores, records });
    assert.deepEqual(
      [with_(record(nth(2), 'failed'))?.state, with_(record(nth(2), 'failed'))?.fact],
      ['failed', 'disk full'],
    );
    assert.equal(with_(record(nth(2), 'started'))?.fact, 'its run began and never ended');
    assert.equal(with_(record(nth(2), 'done'))?.state, 'failed');
  });

  it('counts a backup that one store does not have as failed', () => {
    const stores = { vault: inventoryOf(ten), offsite: inventoryOf(withoutThird) };
    assert.equal(third({ stores })?.fact, 'offsite has no backup of it that verifies');
    assert.equal(third({ stores })?.state, 'failed');
  });

  it('says unknown where a store could not be read, and counts it apart', () => {
    const standing = of({ stores: { vault: inventoryOf(ten), offsite: null } });
    assert.deepEqual([standing.succeeded, standing.due, standing.unknown], [0, 0, 10]);
    const nothing = of({ stores: { vault: null, offsite: null } });
    assert.equal(nothing.succeeded + nothing.due, 0);
  });

  it('is late after the grace, and pending within it', () => {
    const finished = (at: Date) => both(ten.with(2, sampleSet(nth(2), { finished: at.toISOString() })));
    assert.equal(third({ stores: finished(new Date(nth(2).getTime() + 3 * hour)) })?.state, 'late');
    assert.equal(third({ stores: finished(new Date(nth(2).getTime() + 2 * hour)) })?.state, 'verified');
    const atThree = new Date(nth(9).getTime() + hour);
    assert.equal(states({ stores: both(ten.slice(0, 9)), now: atThree }).at(-1), 'pending');
    assert.equal(of({ stores: both(ten.slice(0, 9)), now: atThree }).due, 9);
    const atFive = new Date(nth(9).getTime() + 3 * hour);
    assert.equal(states({ stores: both(ten.slice(0, 9)), now: atFive }).at(-1), 'missed');
  });

  it('lets nobody fill a hole afterwards, nor by hand', () => {
    const later = sampleSet(nth(5), { number: 1, slot: nth(2).toISOString() });
    assert.equal(third({ stores: both([...withoutThird, later]) })?.state, 'missed');
    const byHand = sampleSet(nth(2), { slot: null });
    assert.equal(third({ stores: both([...withoutThird, byHand]) })?.state, 'missed');
  });

  it('takes the record for what retention has let go since', () => {
    const short = { ...facts, keep: keep.parse({ days: 3 }) };
    const stores = both(withoutThird);
    assert.equal(third({ facts: short, stores, records: [record(nth(2), 'done')] })?.state, 'verified');
    assert.equal(third({ facts: short, stores, records: [record(nth(2), 'failed')] })?.state, 'failed');
  });

  it('counts from the oldest backup or record where the estate does not say', () => {
    const unsaid = { ...facts, schedule: schedule.parse({ every: 24 }) };
    assert.equal(of({ facts: unsaid, stores: both(ten.slice(4)) }).due, 6);
    assert.equal(
      of({ facts: unsaid, stores: both(ten.slice(4)), records: [record(nth(1), 'failed')] }).due,
      9,
    );
    const atNoon = sampleSet(new Date(first.getTime() + 10 * hour), { slot: first.toISOString() });
    assert.equal(of({ facts: unsaid, stores: both([atNoon, ...ten.slice(1)]) }).due, 9);
    const never = of({ facts: unsaid, stores: both([]) });
    assert.deepEqual([never.window, never.due, never.lastRun], [null, 0, null]);
  });

  it('knows how the last run ended', () => {
    assert.equal(of({}).lastRun?.outcome, 'done');
    assert.equal(
      of({ records: [record(new Date('2026-11-19T11:00:00Z'), 'failed', null)] }).lastRun?.outcome,
      'failed',
    );
    assert.equal(
      of({ records: [record(new Date('2026-11-19T11:00:00Z'), 'started', null)] }).lastRun?.outcome,
      'started',
    );
    assert.equal(
      of({ records: [record(new Date('2026-11-19T06:00:00Z'), 'started', null)] }).lastRun?.outcome,
      'failed',
    );
  });

  it('counts every slot once, whatever is missing', () => {
    const some = fc.subarray(ten);
    fc.assert(
      fc.property(some, some, fc.integer({ min: 0, max: 20 * 24 }), (vault, offsite, hours) => {
        const at = new Date(first.getTime() + hours * hour);
        const standing = of({
          stores: { vault: inventoryOf(vault), offsite: inventoryOf(offsite) },
          now: at,
        });
        const due = Math.floor(hours / 24) + 1;
        assert.equal(standing.slots.length, due);
        const pending = standing.slots.filter(({ state }) => state === 'pending').length;
        assert.equal(standing.due + standing.unknown + pending, due);
        const whole = ten.slice(0, due).filter((set) => vault.includes(set) && offsite.includes(set));
        assert.equal(standing.succeeded, whole.length);
      }),
    );
  });
});

describe('the drill of the quarter', () => {
  const drill = (at: string, outcome: 'pass' | 'fail' | 'not-run' | 'started') => ({ at, outcome });
  const is = (...drills: Parameters<typeof drillDue>[0][number][]) =>
    drillDue(drills, { drillDays: 92 }, now);

  it('is due when none passed, and when the last one that passed is old', () => {
    assert.deepEqual(is(), { last: null, due: null, overdue: true });
    assert.equal(is(drill('2026-11-01T00:00:00.000Z', 'fail')).overdue, true);
    assert.equal(is(drill('2026-11-01T00:00:00.000Z', 'not-run')).overdue, true);
    assert.equal(is(drill('2026-11-01T00:00:00.000Z', 'started')).overdue, true);
    assert.equal(is(drill('2026-08-18T00:00:00.000Z', 'pass')).overdue, true);
    assert.equal(is(drill('2026-08-20T00:00:00.000Z', 'pass')).overdue, false);
    assert.equal(is(drill('2027-08-20T00:00:00.000Z', 'pass')).overdue, true);
  });
});
