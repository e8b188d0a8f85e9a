import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type DumpedTable, planStreams, tablePattern } from '../../src/backup/streams.ts';

const table: fc.Arbitrary<DumpedTable> = fc.record({
  schema: fc.constantFrom('public', 'shop'),
  name: fc.string({ minLength: 1, maxLength: 40 }),
  size: fc.oneof(fc.nat(100_000), fc.integer({ min: 0, max: 5_000_000_000 })),
});
const tables = fc.uniqueArray(table, { selector: tablePattern, maxLength: 60 });

function sum(stream: readonly DumpedTable[]): number {
  return stream.reduce((all, { size }) => all + size, 0);
}

describe('spreading tables over streams', () => {
  it('never puts a table into two streams, nor makes one up, nor more streams than there may be', () => {
    fc.assert(
      fc.property(tables, fc.nat(1_000_000_000), fc.integer({ min: 1, max: 8 }), (all, others, most) => {
        const { apart } = planStreams(all, others, most);
        const moved = apart.flat();
        assert.equal(new Set(moved).size, moved.length);
        assert.ok(moved.every((one) => all.includes(one)));
        assert.ok(apart.length < most);
        for (const stream of apart) assert.ok(sum(stream) >= 8_000_000);
      }),
    );
  });

  it('plans the same whatever order the tables come in', () => {
    fc.assert(
      fc.property(tables, fc.integer({ min: 1, max: 4 }), (all, most) => {
        assert.deepEqual(planStreams(all.toReversed(), 0, most), planStreams(all, 0, most));
      }),
    );
  });

  it('spreads many tables of one size evenly, though none would be worth a stream alone', () => {
    const all = Array.from({ length: 200 }, (_, n) => ({ schema: 's', name: `t${n}`, size: 1_000_000 }));
    const { apart } = planStreams(all, 0, 2);
    assert.equal(apart.length, 1);
    assert.equal(sum(apart[0] ?? []), 100_000_000);
  });

  it('leaves what is small in one stream', () => {
    const all = Array.from({ length: 500 }, (_, n) => ({ schema: 's', name: `t${n}`, size: 8192 }));
    assert.deepEqual(planStreams(all, 0, 4), { apart: [] });
  });

  it('names no more tables than a command line takes', () => {
    const all = Array.from({ length: 20_000 }, (_, n) => ({
      schema: 'schema_of_a_tenant',
      name: `${n}`.padStart(60, 'x'),
      size: 2_000_000,
    }));
    const patterns = planStreams(all, 0, 2).apart.flat().map(tablePattern);
    assert.ok(patterns.length > 0);
    assert.ok(Buffer.byteLength(patterns.join(' ')) < 128_000);
  });
});
