import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  described,
  holes,
  readHistory,
  segmentName,
  segmentOf,
  segmentSize,
} from '../../../src/backup/physical/segments.ts';

const mebi = 2 ** 20;

test('the name of a segment says which one it is, for every size', () => {
  const size = fc.constantFrom(1, 16, 64, 1024).map((count) => count * mebi);
  fc.assert(
    fc.property(size, fc.integer({ min: 1, max: 99 }), fc.nat(2 ** 30), (bytes, timeline, number) => {
      assert.deepEqual(segmentOf(segmentName({ timeline, number }, bytes), bytes), { timeline, number });
    }),
  );
});

test('the size of segments follows from a name and its position', () => {
  assert.equal(segmentSize('000000010000000000000005', '0/5000028'), 16 * mebi);
  assert.equal(segmentSize('000000010000000000000002', '0/8000028'), 64 * mebi);
  assert.equal(segmentSize('000000010000000A00000000', 'A/28'), 16 * mebi);
});

test('whatever is taken away is missed, and nothing else', () => {
  const size = 16 * mebi;
  const name = (number: number): string => segmentName({ timeline: 1, number }, size);
  fc.assert(
    fc.property(fc.integer({ min: 250, max: 260 }), fc.uniqueArray(fc.nat(40)), (first, gone) => {
      const all = Array.from({ length: 41 }, (_, at) => first + at);
      const present = new Set(all.filter((one) => !gone.includes(one - first)).map(name));
      const found = holes(present, { from: { timeline: 1, number: first }, to: first + 40, size }, []);
      assert.equal(
        found.reduce((sum, { count }) => sum + count, 0),
        gone.length,
      );
      for (const hole of found) assert.ok(!present.has(hole.first), described(hole));
    }),
  );
});

test('a new timeline goes on where it branched, and the partial segment before it is not missed', () => {
  const size = 16 * mebi;
  const branches = readHistory('1\t0/7000108\tno recovery target specified\n', 2, size);
  assert.deepEqual(branches, [{ timeline: 2, from: 1, segment: 7 }]);
  const names = [5, 6].map((number) => segmentName({ timeline: 1, number }, size));
  const more = [7, 8].map((number) => segmentName({ timeline: 2, number }, size));
  const range = { from: { timeline: 1, number: 5 }, to: 8, size };
  assert.deepEqual(holes(new Set([...names, ...more]), range, branches), []);
  assert.deepEqual(holes(new Set([...names, ...more.slice(1)]), range, branches), [
    { first: '000000020000000000000007', count: 1 },
  ]);
});
