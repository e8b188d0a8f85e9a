import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { sha256 } from '@surety/evidence';
import { type Disagreement, readChecklist, writeChecklist } from '../../src/reports/checklist.ts';
import { seeds } from '../../src/requirements/seeds.ts';
import { answers } from './answers.ts';

const folder = process.env.SURETY_SEEDS ?? resolve(import.meta.dirname, '../../../../../shared/seeds');
const skip = existsSync(folder) ? false : `the documents are not in ${folder}: set SURETY_SEEDS`;

function seed(id: string): string {
  const digest = seeds.find((one) => one.id === id)?.sha256;
  const texts = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  const text = texts.find((bytes) => sha256(bytes) === digest);
  assert.ok(text !== undefined, `${id} is not in ${folder}`);
  return text.toString('utf8');
}

function of<K extends Disagreement['kind']>(all: readonly Disagreement[], kind: K) {
  return all.filter((one): one is Extract<Disagreement, { kind: K }> => one.kind === kind);
}

test('the infrastructure checklist says 16/12/41 and 23 %, its rows say 17/12/40 and 25 %', { skip }, () => {
  const { markdown, summary } = writeChecklist(readChecklist(seed('mp22')), new Map());
  const { lines, done, inProgress, todo, percent } = summary.claimed;
  assert.deepEqual([lines, done, inProgress, todo, percent], [69, 17, 12, 40, 25]);
  assert.deepEqual(
    of(summary.disagreements, 'miscounted').map(({ kind, ...one }) => one),
    [
      {
        line: 135,
        section: 'Application Security',
        stated: [
          { counts: 'lines', stated: 12, counted: 12 },
          { counts: 'done', stated: 8, counted: 9 },
          { counts: 'in-progress', stated: 2, counted: 2 },
          { counts: 'todo', stated: 2, counted: 1 },
        ],
      },
      {
        line: 139,
        section: null,
        stated: [
          { counts: 'lines', stated: 69, counted: 69 },
          { counts: 'done', stated: 16, counted: 17 },
          { counts: 'in-progress', stated: 12, counted: 12 },
          { counts: 'todo', stated: 41, counted: 40 },
        ],
      },
      { line: 141, section: null, stated: [{ counts: 'percent', stated: 23, counted: 25 }] },
      {
        line: 141,
        section: '4. Application Security',
        stated: [{ counts: 'percent', stated: 67, counted: 75 }],
      },
    ],
  );
  assert.match(markdown, /\| \*\*Total\*\* \|.*\| \*\*69 \/ 17 \/ 12 \/ 40\*\* \| 0 of 69 \|\n/);
  assert.doesNotMatch(markdown, /no such section/);
  assert.match(markdown, /\| Application Security \| 12 \| 8 \| 2 \| 2 \| \*\*12 \/ 9 \/ 2 \/ 1\*\* \|/);
});

test('every row of the infrastructure checklist is known, and nothing is proven without a control', {
  skip,
}, () => {
  const { summary } = writeChecklist(readChecklist(seed('mp22')), new Map());
  assert.deepEqual(
    summary.items.map(({ requirement }) => requirement),
    summary.items.map(({ number }) => `mp22:${number}`),
  );
  assert.equal(summary.proven.byStatus['no-control'], 69);
  assert.equal(of(summary.disagreements, 'claimed-not-proven').length, 17);
  assert.deepEqual(
    of(summary.disagreements, 'outdated').map(({ item }) => item.number),
    ['1.10', '2.10', '6.1', '6.6', '7.1'],
  );
  assert.deepEqual(summary.problems, []);
});

test('a proof moves a row out of the list of disagreements, or into it', { skip }, () => {
  const { summary } = writeChecklist(
    readChecklist(seed('mp22')),
    answers({ 'mp22:4.1': 'proven application/security-headers', 'mp22:3.1': 'proven network/tls' }),
  );
  assert.equal(summary.proven.done, 2);
  assert.equal(summary.proven.percent, 3);
  assert.equal(of(summary.disagreements, 'claimed-not-proven').length, 16);
  assert.deepEqual(
    of(summary.disagreements, 'proven-not-claimed').map(({ item }) => item.number),
    ['3.1'],
  );
});

test('the Phase 7 summary is headed complete with 18 of 23 boxes open, and says elsewhere that some are done', {
  skip,
}, () => {
  const { summary } = writeChecklist(readChecklist(seed('phase7')), new Map());
  assert.deepEqual(of(summary.disagreements, 'headline'), [
    { kind: 'headline', line: 5, claimed: 'Complete', open: 18, of: 23 },
  ]);
  assert.equal(summary.claimed.done, 5);
  assert.ok(summary.items.every(({ requirement }) => requirement?.startsWith('phase7:checklist.')));
  assert.deepEqual(
    of(summary.disagreements, 'contradiction').map(({ item, stated }) => [item.line, ...stated]),
    [
      [149, 52],
      [154, 60, 249],
      [156, 249],
      [161, 85, 86, 87, 247],
      [162, 89],
      [168, 125, 248],
    ],
  );
  assert.deepEqual(
    summary.problems.map(({ line }) => line),
    [197],
  );
});

test('a box that somebody ticks is still known', { skip }, () => {
  const ticked = seed('phase7').replace(
    '- [ ] Implement request middleware',
    '- [x] Implement request middleware',
  );
  const { summary } = writeChecklist(readChecklist(ticked), new Map());
  assert.equal(summary.claimed.done, 6);
  assert.ok(summary.items.every(({ knownBy }) => knownBy === 'digest'));
});

test('both come back as they were, but for what surety added', { skip }, () => {
  for (const { id } of seeds) {
    const document = seed(id);
    const { markdown } = writeChecklist(readChecklist(document), new Map(), 'estate budget');
    assert.notEqual(markdown, document);
    assert.equal(
      readChecklist(markdown)
        .lines.map(({ text, end }) => text + end)
        .join(''),
      document,
    );
    assert.equal(writeChecklist(readChecklist(markdown), new Map(), 'estate budget').markdown, markdown);
  }
});
