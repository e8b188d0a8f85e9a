import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { wrongAsks } from '../../../src/targets/http/interleaved.ts';
import { type Blend, mixes } from '../../../src/targets/http/mixes.ts';

const collection = { path: '/accounts?archived=no', rows: '/items', id: 'id', table: 'public.accounts' };
const blends = fc.record({
  requests: fc.integer({ min: 100, max: 3_000 }),
  parties: fc.integer({ min: 2, max: 6 }),
  latency: fc.double({ min: 0.1, max: 2_000, noNaN: true }),
});
const blend = (given: Pick<Blend, 'requests' | 'parties' | 'latency'>): Blend => ({
  ...given,
  collection,
  wrong: wrongAsks(collection, { failing: '/fails' }),
  timingOut: null,
});

test('the mixes cost about what they may, and every party and nobody takes part in each', () => {
  fc.assert(
    fc.property(blends, (given) => {
      const all = Object.values(mixes(blend(given)));
      const count = all.reduce((sum, { moves }) => sum + moves.length, 0);
      assert.ok(count <= given.requests + all.length, `${count} of ${given.requests}`);
      assert.ok(count > given.requests * 0.9);
      for (const { moves } of all) {
        const lists = moves.flatMap((move) => (move.kind === 'list' ? [move.party] : []));
        assert.ok(lists.every((party) => party === null || (party >= 0 && party < given.parties)));
      }
      const [inTurn] = all;
      const seen = new Set(inTurn?.moves.map(({ party }) => party));
      assert.equal(seen.size, given.parties + 1);
    }),
  );
});

test('nobody comes right after each actor in turn', () => {
  const moves = mixes(blend({ requests: 600, parties: 3, latency: 5 }))['in turn']?.moves ?? [];
  const before = moves.flatMap(({ party }, index) => (party === null ? [moves[index - 1]?.party] : []));
  assert.deepEqual([...new Set(before)].sort(), [0, 1, 2]);
});

test('the same blend gives the same mixes, so that a failure can be run again', () => {
  fc.assert(fc.property(blends, (given) => assert.deepEqual(mixes(blend(given)), mixes(blend(given)))));
});

test('requests that time out are few, and take no longer than a moment together', () => {
  fc.assert(
    fc.property(blends, fc.double({ min: 1, max: 20_000, noNaN: true }), (given, latency) => {
      const timingOut = { ask: { path: '/slow' }, latency };
      const { moves = [] } = mixes({ ...blend(given), timingOut })['among requests that time out'] ?? {};
      const slow = moves.filter((move) => move.kind === 'wrong').length;
      assert.ok(slow >= 2 && (slow === 2 || slow * latency <= 4_000), `${slow} of ${latency} ms`);
      assert.ok(moves.length > slow);
    }),
  );
});

test('slow clients come through, or are gone within the head or the body', () => {
  const { moves = [] } = mixes(blend({ requests: 600, parties: 3, latency: 5 }))['among slow clients'] ?? {};
  const kinds = moves.flatMap((move) => {
    if (move.kind === 'break off') return [`gone in the ${move.part}`];
    return move.kind === 'slow' ? ['slow'] : [];
  });
  assert.deepEqual([...new Set(kinds)].sort(), ['gone in the body', 'gone in the head', 'slow']);
});

test('requests that fail are reads, and one is what the estate says fails', () => {
  const asks = wrongAsks(collection, { failing: '/fails' });
  assert.ok(asks.every(({ method }) => method === undefined));
  assert.ok(asks.some(({ path }) => path === '/fails'));
  assert.ok(asks.filter(({ path }) => path !== '/fails').every(({ path }) => path.startsWith('/accounts')));
});
