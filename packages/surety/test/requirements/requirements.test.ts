import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { controls } from '../../src/controls/registry.ts';
import { requirementById, requirements } from '../../src/requirements/index.ts';

const controlsFolder = resolve(import.meta.dirname, '../../src/controls');

test('no two requirements share an id', () => {
  assert.equal(requirementById.size, requirements.length);
});

test('an id is its framework, a colon and a name', () => {
  const odd = requirements.filter(
    ({ id, framework }) => !new RegExp(`^${framework}:[A-Za-z0-9]+([.-][A-Za-z0-9]+)*$`).test(id),
  );
  assert.deepEqual(odd, []);
});

test('the infrastructure checklist has its 69 rows, in order', () => {
  const rows = [10, 10, 12, 12, 10, 8, 7].flatMap((count, section) =>
    Array.from({ length: count }, (_, row) => `mp22:${section + 1}.${row + 1}`),
  );
  const numbered = requirements.map(({ id }) => id).filter((id) => /^mp22:\d/.test(id));
  assert.deepEqual(numbered, rows);
});

test('the deployment checklist has its 23 boxes', () => {
  const boxes = requirements.filter(({ id }) => id.startsWith('phase7:checklist.'));
  assert.equal(boxes.length, 23);
});

test('every common criterion of SOC 2 is there, and those of availability', () => {
  const series = { CC1: 5, CC2: 3, CC3: 4, CC4: 2, CC5: 3, CC6: 8, CC7: 5, CC8: 1, CC9: 2, A1: 3 };
  const criteria = Object.entries(series).flatMap(([name, count]) =>
    Array.from({ length: count }, (_, at) => `tsc:${name}.${at + 1}`),
  );
  assert.deepEqual(
    criteria.filter((id) => !requirementById.has(id)),
    [],
  );
});

test('a superseded line says why, and what answers in its place is there and not superseded itself', () => {
  const superseded = requirements.flatMap(({ id, superseded }) =>
    superseded ? [{ id, ...superseded }] : [],
  );
  assert.ok(superseded.length > 10);
  for (const { id, reason, by } of superseded) {
    assert.ok(reason.length > 20, id);
    if (by === undefined) continue;
    assert.notEqual(by, id);
    const instead = requirementById.get(by);
    assert.ok(instead !== undefined && instead.superseded === undefined, `${id}: ${by}`);
  }
});

test('a claim is one sentence on one line', () => {
  const odd = requirements.filter(
    ({ claim }) => !/^[A-Z].{8,118}[^.\s]$/.test(claim) || claim.includes('\n'),
  );
  assert.deepEqual(
    odd.map(({ id, claim }) => `${id}: ${claim}`),
    [],
  );
});

test('controls map to requirements that there are', () => {
  const unknown = controls.flatMap(({ ref, control }) =>
    control.requirements
      .filter(({ requirement }) => !requirementById.has(requirement))
      .map(({ requirement }) => `${ref.id}: ${requirement}`),
  );
  assert.deepEqual(unknown, []);
});

// The registry is generated: a control that is not in it yet must not map to nothing either.
test('so do controls that are not registered yet', () => {
  const unknown = globSync('**/*.ts', { cwd: controlsFolder }).flatMap((file) => {
    const source = readFileSync(join(controlsFolder, file), 'utf8');
    return [...source.matchAll(/\b(?:supports|partly)\(\s*'([^']+)'/g)]
      .map(([, id = '']) => id)
      .filter((id) => !requirementById.has(id))
      .map((id) => `${file}: ${id}`);
  });
  assert.deepEqual(unknown, []);
});

test('a control gives a reason for each requirement, and names none twice', () => {
  for (const { ref, control } of controls) {
    const ids = control.requirements.map(({ requirement }) => requirement);
    assert.equal(new Set(ids).size, ids.length, ref.id);
    for (const { reason } of control.requirements) assert.ok(reason.length > 5, ref.id);
  }
});
