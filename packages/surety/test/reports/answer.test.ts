import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Freshness, ProofState, Status } from '@surety/evidence';
import { partly, supports } from '../../src/core/control.ts';
import { answersOf, answerTo, isDone, statusWord } from '../../src/reports/answer.ts';
import type { Requirement } from '../../src/requirements/index.ts';

function requirement(id: string, more: Partial<Requirement> = {}): Requirement {
  return {
    id,
    framework: 'mp22',
    section: 'Secrets',
    claim: 'Something holds',
    freshness: '24h',
    answeredBy: 'control',
    ...more,
  };
}

function state(control: string, status: Status, binding = 'db'): ProofState {
  return {
    control,
    binding,
    environment: 'demo',
    status,
    verdict: null,
    method: null,
    standIn: false,
    at: null,
    record: null,
    because: `${binding} says so`,
  };
}

const controls = [
  { ref: { id: 'a/whole' }, control: { requirements: [supports('tsc:CC6.1', 'all of it')] } },
  {
    ref: { id: 'a/part' },
    control: { requirements: [partly('tsc:CC6.1', 'some'), partly('tsc:CC6.6', 'some')] },
  },
];
const lines = ['tsc:CC6.1', 'tsc:CC6.6', 'tsc:CC6.7'].map((id) => requirement(id));

test('the worst control and binding decide, and a line served only in part is not done', () => {
  const answers = answersOf(lines, controls, () => [
    state('a/whole', 'proven'),
    state('a/whole', 'failing', 'other'),
    state('a/part', 'proven'),
  ]);
  const words = lines.map((line) => {
    const answer = answerTo(line, answers);
    return [
      statusWord(answer),
      isDone(answer),
      answer.controls.map(({ id, because }) => `${id}: ${because}`),
    ];
  });
  assert.deepEqual(words, [
    ['failing', false, ['a/whole: other says so', 'a/part: db says so']],
    ['proven in part', false, ['a/part: db says so']],
    ['no control', false, []],
  ]);
});

test('a control that never ran leaves its line unknown, not without a control', () => {
  const answer = answersOf(lines, controls, () => []).get('tsc:CC6.1');
  assert.equal(answer?.status, 'unknown');
  assert.equal(answer?.controls[0]?.because, 'never proved');
});

test('how long a proof counts is up to the line', () => {
  const quarterly = [requirement('tsc:CC6.1', { freshness: 'quarter' }), requirement('tsc:CC6.6')];
  const within = (freshness: Freshness): readonly ProofState[] =>
    ['a/whole', 'a/part'].map((id) => state(id, freshness === 'quarter' ? 'proven' : 'stale'));
  const answers = answersOf(quarterly, controls, within);
  assert.deepEqual(
    quarterly.map(({ id }) => answers.get(id)?.status),
    ['proven', 'stale'],
  );
});

test('what answers in the place of a superseded line is asked where nothing answers the line itself', () => {
  const superseded = { reason: 'it was written for another version', by: 'tsc:CC6.1' };
  const answers = answersOf(lines, controls, () => [state('a/whole', 'proven'), state('a/part', 'stale')]);
  assert.equal(answerTo(requirement('tsc:CC6.7', { superseded }), answers).controls[0]?.id, 'a/whole');
  assert.equal(answerTo(requirement('tsc:CC6.6', { superseded }), answers).status, 'stale');
});

test('a criterion of SOC 2 is never covered as a whole, however many controls support it', () => {
  const criterion = requirement('tsc:CC6.1', { framework: 'tsc' });
  const answer = answerTo(
    criterion,
    answersOf([criterion], controls, () => [state('a/whole', 'proven'), state('a/part', 'proven')]),
  );
  assert.deepEqual([statusWord(answer), isDone(answer)], ['proven in part', false]);
});
