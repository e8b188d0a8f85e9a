import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '@surety/evidence';
import { requirementById, requirements } from '../../src/requirements/index.ts';
import { lineDigest, seeds } from '../../src/requirements/seeds.ts';

const folder = process.env.SURETY_SEEDS ?? resolve(import.meta.dirname, '../../../../../shared/seeds');
const skip = existsSync(folder) ? false : `the documents are not in ${folder}: set SURETY_SEEDS`;

test('every line of the documents is in the index, as it stands there', { skip }, () => {
  const texts = new Map(
    readdirSync(folder).map((name) => {
      const bytes = readFileSync(join(folder, name));
      return [sha256(bytes), bytes.toString('utf8')];
    }),
  );
  for (const { id, sha256: digest, lines } of seeds) {
    const text = texts.get(digest);
    assert.ok(text !== undefined, `${id}: no file there has the digest ${digest}`);
    const found = text
      .split('\n')
      .map((line, index) => ({ line: index + 1, sha256: lineDigest(line), blank: line.trim() === '' }))
      .filter(({ blank }) => !blank)
      .map(({ line, sha256: of }) => ({ line, sha256: of }));
    assert.deepEqual(
      lines.map(({ line, sha256: of }) => ({ line, sha256: of })),
      found,
      id,
    );
  }
});

test('every id in the index is a requirement', () => {
  const unknown = seeds.flatMap(({ lines }) =>
    lines.flatMap(({ requirements: ids }) => ids.filter((id) => !requirementById.has(id))),
  );
  assert.deepEqual(unknown, []);
});

test('every requirement of the two documents stands for a line of them', () => {
  const indexed = new Set(seeds.flatMap(({ lines }) => lines.flatMap(({ requirements: ids }) => ids)));
  const missing = requirements.filter(({ framework, id }) => framework !== 'tsc' && !indexed.has(id));
  assert.deepEqual(
    missing.map(({ id }) => id),
    [],
  );
});

test('equal lines ask for the same, so that a digest is enough to know a line again', () => {
  const asked = new Map<string, readonly string[]>();
  for (const { sha256: digest, requirements: ids } of seeds.flatMap(({ lines }) => lines)) {
    assert.deepEqual(asked.get(digest) ?? ids, ids);
    asked.set(digest, ids);
  }
});

test('ticking a box does not make it another line', () => {
  assert.equal(lineDigest('- [ ] Rotate keys'), lineDigest('  - [X] Rotate keys\r'));
  assert.notEqual(lineDigest('- [ ] Rotate keys'), lineDigest('- [ ] Rotate all keys'));
  assert.notEqual(lineDigest('a [ ] b'), lineDigest('a [x] b'));
});
