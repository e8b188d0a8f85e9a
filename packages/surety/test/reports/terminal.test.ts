import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type Observation } from '@surety/evidence';
import type { Row } from '../../src/core/run.ts';
import { count, summary, terminal } from '../../src/reports/terminal.ts';

const look = { color: false, columns: 80 };

function row(control: string, observations: readonly Observation[], more: Partial<Row> = {}): Row {
  const { verdict, method, standIn, excepted, judged } = judge(observations);
  return {
    control,
    binding: 'budget-db',
    environment: 'demo',
    claim: 'it holds',
    verdict,
    method,
    standIn,
    excepted,
    judged,
    hint: null,
    attestationDue: false,
    milliseconds: 1,
    ...more,
  };
}

const attempt = { act: 'accounts: read', actor: 'thief', method: 'attack' } as const;
const witness: Observation = {
  check: 'allowed',
  subject: 'accounts: owner reads own row',
  method: 'attack',
  attempt: { ...attempt, actor: 'owner', result: 'done', detail: '1 row' },
};
const leak: Observation = {
  check: 'refused',
  subject: 'accounts: other tenant reads it',
  method: 'attack',
  because: ['0 rows', '42501'],
  attempt: { ...attempt, result: 'done', detail: '1 row' },
};
const failing = row('tenancy/isolated', [witness, leak], { hint: 'surety plan tenancy/isolated' });
const passing = row('network/tls', [
  { check: 'equal', subject: 'minimum', method: 'attack', want: '1.3', got: '1.3' },
]);
const blind = row('database/roles-separated', [
  { check: 'blind', subject: 'roles', method: 'read', missing: 'the estate declares no roles' },
]);
const due = row(
  'monitoring/runbooks',
  [
    {
      check: 'attestation',
      subject: 'reviewed',
      method: 'attested',
      statement: null,
      at: '2026-01-01T00:00:00.000Z',
    },
  ],
  { attestationDue: true, hint: 'surety attest monitoring/runbooks' },
);

test('what broke comes first, with what was seen and one hint', () => {
  assert.equal(
    terminal([passing, failing], look),
    [
      'fail      tenancy/isolated  budget-db, 1 attacked',
      '  accounts: other tenant reads it (want 0 rows or 42501, got 1 row)',
      '  hint: surety plan tenancy/isolated',
      'pass      network/tls       budget-db, 1 attacked',
      '',
    ].join('\n'),
  );
});

test('what could not be seen says what is missing', () => {
  assert.equal(
    terminal([blind, due], look),
    [
      'unknown   database/roles-separated  budget-db, 1 read',
      '  roles: the estate declares no roles',
      'due       monitoring/runbooks       budget-db, 1 attested',
      '  reviewed (want a person who vouches for it, got waiting for a person)',
      '  hint: surety attest monitoring/runbooks',
      '',
    ].join('\n'),
  );
});

test('a long list is cut, and the rest counted', () => {
  const many = Array.from({ length: 20 }, (_, index) => ({
    ...leak,
    subject: `table ${index}: other tenant reads it`,
  }));
  const lines = terminal([row('tenancy/isolated', many)], look).split('\n');
  assert.equal(lines.length, 11);
  assert.equal(lines.at(-2), '  and 12 more: surety prove tenancy/isolated --json');
});

test('counts, never a score; and what is out of scope is said', () => {
  const rows = [failing, passing, blind, due, row('a/b', [leak], { verdict: 'pass', excepted: 1 })];
  assert.equal(
    summary(rows, { outOfScope: [{ kind: 'redis', controls: ['network/redis-port'] }], alone: [] }),
    [
      '1 proven, 1 excepted, 1 failing, 1 unknown, 1 waits for a person',
      'out of scope: no redis in the estate (network/redis-port)',
      '',
    ].join('\n'),
  );
  assert.deepEqual(count(rows), {
    pass: 2,
    fail: 1,
    unknown: 2,
    notApplicable: 0,
    excepted: 1,
    attestationsDue: 1,
  });
});

test('what a stranger wrote cannot rewrite the lines of a verdict', () => {
  const got = 'root\u001b[1A\u001b[2K\npass      a/b  budget-db\n1 proven, 0 failing';
  const failing: Observation = {
    check: 'must',
    subject: 'user\u202e',
    method: 'read',
    want: 'a number',
    got,
    holds: false,
  };
  const lines = terminal([row('a/b', [failing], { hint: 'mend it\rpass' })], look)
    .trimEnd()
    .split('\n');
  const [head, ...others] = lines;
  assert.match(String(head), /^fail /);
  assert.ok(
    others.every((line) => /^ {2}/.test(line)),
    'only our own lines begin at the margin',
  );
  assert.doesNotMatch(lines.join(''), /[\p{Cc}\u202e]/u);
});

test('lines are as long as the terminal is wide, and whole where nobody watches', () => {
  const broken = Array.from(
    { length: 2 },
    (_, n): Observation => ({
      check: 'must',
      subject: `accounts_${n}: other tenant reads every row that it may not, ${'and more '.repeat(12)}`,
      method: 'read',
      want: 'no rows',
      got: 'rows',
      holds: false,
    }),
  );
  const shown = (columns: number) => terminal([row('a/b', broken)], { color: false, columns });
  assert.ok(
    shown(60)
      .split('\n')
      .every(({ length }) => length <= 60),
  );
  assert.equal(shown(Number.POSITIVE_INFINITY).trimEnd().split('\n').length, 3);
});
