import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { bypasses, type Cover } from '../../../src/targets/postgres/bypasses.ts';
import { specimens } from '../../../src/testing/registry.ts';

const root = resolve(import.meta.dirname, '../../../../..');

/** What is wrong with a claim that something stands against an attack; `null` where nothing is. */
function untrue(cover: Cover): string | null {
  switch (cover.how) {
    case 'caught':
    case 'safe': {
      const its = specimens.get(cover.control);
      if (its === undefined) return `there is no control ${cover.control}`;
      const names = Object.keys(cover.how === 'caught' ? its.sabotages : its.lookalikes);
      return names.includes(cover.by) ? null : `${cover.control} has no specimen “${cover.by}”`;
    }
    case 'tested':
      return readFileSync(resolve(root, cover.file), 'utf8').includes(`'${cover.by}'`)
        ? null
        : `${cover.file} has no test “${cover.by}”`;
    case 'registered':
      return cover.reason === '' ? 'no reason is given' : null;
  }
}

test('all ways past row security that are known to us are there, numbered through', () => {
  assert.deepEqual(
    bypasses.map(({ number }) => number),
    Array.from({ length: 54 }, (_, index) => index + 1),
  );
  assert.equal(new Set(bypasses.map(({ attack }) => attack)).size, 54);
});

for (const { number, attack, covers } of bypasses) {
  test(`${number}: ${attack}`, () => {
    assert.deepEqual(
      covers.flatMap((cover) => untrue(cover) ?? []),
      [],
    );
  });
}

test('what gets through is caught, tested or registered, and not only said to be safe', () => {
  const trusted = bypasses.filter(
    ({ alone, covers }) => alone !== 'is stopped' && covers.every(({ how }) => how === 'safe'),
  );
  assert.deepEqual(trusted, []);
});
