import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { chooseMoment, momentAt, readCommits, timeText } from '../../../src/backup/physical/moment.ts';

const commits = fc
  .array(fc.integer({ min: 0, max: 5_000_000 }), { maxLength: 30 })
  .map((times) => times.map((at, xid) => ({ xid, at })));

test('a moment parts every transaction before it from every one after it, in the order of the WAL', () => {
  fc.assert(
    fc.property(commits, fc.integer({ min: 0, max: 5_000_000 }), (given, earliest) => {
      const moment = chooseMoment(given, earliest);
      if (moment === null) return;
      const last = given.indexOf(moment.before);
      assert.equal(given[last + 1], moment.after);
      assert.ok(moment.at >= earliest);
      assert.ok(given.slice(0, last + 1).every(({ at }) => at <= moment.at));
      assert.ok(given.slice(last + 1).every(({ at }) => at > moment.at));
    }),
  );
});

test('a whole second is taken where one lies between two transactions', () => {
  const given = [900_000, 1_100_000, 1_200_000, 1_300_000].map((at, xid) => ({ xid, at }));
  assert.equal(chooseMoment(given, 0)?.at, 1_000_000);
  assert.equal(chooseMoment(given, 1_000_001)?.at, 1_250_000);
});

test('nothing is chosen where nothing lies between', () => {
  assert.equal(chooseMoment([], 0), null);
  assert.equal(chooseMoment([{ xid: 1, at: 5 }], 0), null);
  assert.equal(
    chooseMoment(
      [
        { xid: 1, at: 5 },
        { xid: 2, at: 9 },
      ],
      9,
    ),
    null,
  );
});

test('a chosen moment needs a transaction on both sides', () => {
  const given = [10, 20].map((at, xid) => ({ xid, at }));
  assert.deepEqual(momentAt(given, 15)?.after, { xid: 1, at: 20 });
  assert.equal(momentAt(given, 20), null);
  assert.equal(momentAt(given, 9), null);
});

test('only what makes a transaction final is read from the WAL', () => {
  const text = [
    'rmgr: Transaction len (rec/tot):     34/    34, tx:        726, lsn: 0/040180F0, prev 0/040180B0, desc: COMMIT 2026-11-22 12:26:30.748574 UTC',
    'rmgr: Transaction len (rec/tot):     34/    34, tx:        727, lsn: 0/04018158, prev 0/04018118, desc: ABORT 2026-11-22 12:26:32.056715 UTC',
    '',
  ].join('\n');
  const [commit, ...more] = readCommits(text);
  assert.equal(more.length, 0);
  assert.equal(commit?.xid, 726);
  assert.equal(timeText(commit?.at ?? 0), '2026-11-22 12:26:30.748574+00');
});
