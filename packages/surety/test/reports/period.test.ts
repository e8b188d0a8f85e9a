import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  exceptionFault,
  type IntentRecord,
  type LoggedRecord,
  type SuretyRecord,
  type Verdict,
  type VerdictRecord,
} from '@surety/evidence';
import { plain } from '../../src/reports/markdown-text.ts';
import { period } from '../../src/reports/period.ts';
import { periodMarkdown } from '../../src/reports/period-markdown.ts';

function log(...records: readonly SuretyRecord[]): readonly LoggedRecord[] {
  return records.map((record, index) => ({ index, leaf: `leaf${index}`, digest: `digest${index}`, record }));
}

function verdict(at: string, is: Verdict, run = at): VerdictRecord {
  return {
    type: 'verdict',
    run,
    control: { id: 'network/tls', version: '1', digest: 'c' },
    binding: 'web',
    targets: {},
    touch: 'nothing',
    parameters: {},
    intended: at,
    started: at,
    finished: at,
    verdict: is,
    method: is === 'unknown' ? null : 'attack',
    standIn: false,
    observations: { sha256: 'o', count: 1 },
    exceptions: [],
    redactions: 0,
    tools: {},
  };
}

function intent(at: string): IntentRecord {
  const owes = [{ control: 'network/tls', binding: 'web', touch: 'nothing' }];
  return { type: 'intent', run: at, at, scheduled: true, owes };
}

const days = { from: '2026-01-01T00:00:00.000Z', to: '2026-01-08T00:00:00.000Z' };
const owed = [{ control: 'network/tls', binding: 'web', every: '24h' } as const];
const said = { signer: 'ann', publicKey: 'ssh-ed25519 AAAA', signature: 'x' };

const claim = {
  kind: 'exception',
  control: 'network/tls',
  binding: 'web',
  subjects: ['TLS 1.2 is offered'],
  reason: 'an old | partner',
  owner: 'ann',
  approver: 'bob',
  from: '2025-12-01T00:00:00.000Z',
  until: '2026-01-03T00:00:00.000Z',
} as const;

const records = log(
  { type: 'origin', at: '2025-12-01T00:00:00.000Z', origin: 'ci', logKey: 'l', proberKey: 'p' },
  intent('2025-12-31T12:00:00.000Z'),
  verdict('2025-12-31T12:00:00.000Z', 'fail'),
  { type: 'exception', owner: { ...said, claim }, approval: { ...said, claim } },
  ...['2026-01-01T06:00:00.000Z', '2026-01-02T06:00:00.000Z'].flatMap((at) => [
    intent(at),
    verdict(at, 'pass'),
  ]),
  intent('2026-01-03T06:00:00.000Z'),
  intent('2026-01-06T06:00:00.000Z'),
  verdict('2026-01-06T06:00:00.000Z', 'fail'),
  verdict('2026-01-06T18:00:00.000Z', 'pass'),
  verdict('2026-01-07T23:59:59.999Z', 'unknown'),
  verdict('2026-01-08T00:00:00.000Z', 'fail'),
);

test('what was expected, what ran, each hole and every failure of the period, and nothing of its neighbours', () => {
  const { controls, failures, blind, dropped, exceptions } = period(records, days, owed);
  assert.deepEqual(controls, [
    {
      control: 'network/tls',
      binding: 'web',
      every: '24h',
      expected: 7,
      executed: 4,
      verdicts: { pass: 3, fail: 1, unknown: 1, 'not-applicable': 0 },
      excepted: 0,
      standIn: 0,
      methods: ['attack'],
      holes: [{ from: '2026-01-03T00:00:00.000Z', to: '2026-01-06T00:00:00.000Z' }],
    },
  ]);
  assert.deepEqual(
    [...failures, ...blind, ...dropped].map(({ at }) => at),
    ['2026-01-06T06:00:00.000Z', '2026-01-07T23:59:59.999Z', '2026-01-03T06:00:00.000Z'],
  );
  assert.deepEqual(
    exceptions.map(({ reason, to }) => [reason, to]),
    [['an old | partner', '2026-01-03T00:00:00.000Z']],
  );
});

test('the period for an auditor', () => {
  const fault = exceptionFault({
    type: 'exception',
    owner: { ...said, claim },
    approval: { ...said, claim },
  });
  assert.ok(fault !== null);
  assert.equal(
    periodMarkdown(period(records, days, owed)),
    `## 2026-01-01 to 2026-01-08

9 records. 7 runs expected, 4 executed, 1 failed, 1 could not look, 1 without a result.

| Control | Binding | Every | Expected | Executed | Pass | Excepted | Fail | Unknown | Seen by | Holes |
| --- | --- | --- | --: | --: | --: | --: | --: | --: | --- | --- |
| network/tls | web | 24h | 7 | 4 | 3 | 0 | 1 | 1 | attack | 2026-01-03 to 2026-01-06 |

Expected and executed count spans of that length; verdicts count runs, of which a span may hold several.

### Failures: 1

- 2026-01-06T06:00:00.000Z network/tls web, record 10

### Could not look: 1

- 2026-01-07T23:59:59.999Z network/tls web, record 12

### Without a result: 1

- 2026-01-03T06:00:00.000Z network/tls web, announced in record 8

### Changes: none

### Exceptions: 1

- 2025-12-01T00:00:00.000Z network/tls web, record 3, 2025-12-01 to 2026-01-03: an old \\| partner (owner ann, approved by bob; TLS 1.2 is offered). **Does not count:** ${plain(fault ?? '')}

### Attestations: none

What is not in the log is not here. Holes are shown, not filled; none of this is a conclusion.
`,
  );
});

test('a control that never ran is one hole from end to end', () => {
  const [control] = period(log(), days, [
    { control: 'backup/restores', binding: 'db', every: 'quarter' },
  ]).controls;
  assert.deepEqual(control?.holes, [days]);
  assert.deepEqual([control?.expected, control?.executed], [1, 0]);
});

test('what ran without being owed is expected every day from then on', () => {
  const [control] = period(records, days, []).controls;
  assert.equal(control?.expected, 7);
});

for (const [from, to, code] of [
  ['2026-02-30x', days.to, 'period/not-a-date'],
  [days.from, 'May 2026', 'period/not-a-date'],
  [days.to, days.from, 'period/backwards'],
  [days.from, days.from, 'period/backwards'],
] as const) {
  test(`${from} to ${to} is refused with ${code}`, () => {
    assert.throws(
      () => period(records, { from, to }, owed),
      (error: unknown) => error instanceof Error && 'code' in error && error.code === code,
    );
  });
}
