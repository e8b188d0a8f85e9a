import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Entry,
  type LoggedRecord,
  mergeRecords,
  type Observation,
  type ProofState,
  proofStates,
  recordDigest,
  requirementStatus,
  type Status,
  type StatusContext,
} from '../src/index.ts';
import { attestation, exception, person } from './people.ts';
import { at, day, failing, intent, noon, passing, verdict } from './scratch.ts';

const controls = [{ id: 'a/a', digest: 'c'.repeat(64) }];

function logged(entries: readonly Entry[]): LoggedRecord[] {
  return entries.map(({ record }, index) => ({
    index,
    leaf: '0'.repeat(64),
    digest: recordDigest(record),
    record,
  }));
}

function stateAfter(entries: readonly Entry[], more: Partial<StatusContext> = {}): ProofState {
  const states = proofStates(logged(entries), {
    now: new Date(noon + 1000),
    controls,
    freshness: '24h',
    ...more,
  });
  assert.equal(states.length, 1);
  const [state] = states;
  assert.ok(state);
  return state;
}

const proved = [intent('1', ['a/a']), verdict('1', 'a/a')];
const failed = [intent('1', ['a/a']), verdict('1', 'a/a', failing('x'))];

test('the last verdict decides', () => {
  assert.equal(stateAfter(proved).status, 'proven');
  assert.equal(stateAfter(failed).status, 'failing');
  assert.equal(stateAfter([...failed, ...proved]).status, 'proven');
  assert.equal(stateAfter([...proved, ...failed]).status, 'failing');
  assert.equal(stateAfter([verdict('1', 'a/a', [])]).status, 'unknown');
  const none: Observation = { check: 'not-applicable', subject: 'x', method: 'read', reason: 'no tables' };
  assert.equal(stateAfter([verdict('1', 'a/a', [none])]).status, 'not-applicable');
});

test('a control that was never run is unknown, not absent', () => {
  const state = stateAfter([]);
  assert.deepEqual([state.status, state.because, state.record], ['unknown', 'never proved', null]);
});

test('a pass grows stale by age, and by what changed since', () => {
  const later = new Date(noon + day + 1000);
  assert.equal(stateAfter(proved, { now: new Date(noon + day) }).status, 'proven');
  assert.equal(stateAfter(proved, { now: later }).status, 'stale');
  assert.equal(stateAfter(proved, { now: later, freshness: () => 'week' }).status, 'proven');
  assert.equal(stateAfter(failed, { now: later }).status, 'failing');
  assert.match(
    stateAfter(proved, { controls: [{ id: 'a/a', digest: 'd'.repeat(64) }] }).because,
    /control has changed/,
  );
  const target = verdict('1', 'a/a').record.targets.db;
  assert.ok(target);
  const both = [...controls, { id: 'b/b', digest: 'c'.repeat(64) }];
  for (const [change, because] of [
    [{ revision: 'r2' }, 'made from db at r1, now r2'],
    [{ identity: { system: '8' } }, 'db is another system since'],
  ] as const) {
    const other = verdict('2', 'b/b', passing('b'), { targets: { store: { ...target, ...change } } });
    const states = proofStates(logged([...proved, other]), {
      now: new Date(noon),
      controls: both,
      freshness: '24h',
    });
    assert.deepEqual(
      states.map(({ control, status }) => [control, status]),
      [
        ['a/a', 'stale'],
        ['b/b', 'proven'],
      ],
    );
    assert.equal(states[0]?.because, because);
  }
  const elsewhere = verdict('2', 'b/b', passing('b'), {
    targets: { db: { ...target, environment: 'production', revision: 'r9' } },
  });
  const [first] = proofStates(logged([...proved, elsewhere]), {
    now: new Date(noon),
    controls: both,
    freshness: '24h',
  });
  assert.equal(first?.status, 'proven');
});

test('a change of its target makes a pass stale', () => {
  const target = verdict('1', 'a/a').record.targets.db;
  assert.ok(target);
  const change: Entry = {
    record: {
      type: 'change',
      at: at(5),
      change: 'accounts',
      control: 'b/b',
      target,
      action: 'apply',
      outcome: 'started',
      steps: [],
      undo: { manual: 'none' },
      impact: [],
    },
  };
  assert.match(stateAfter([...proved, change]).because, /db has changed since: apply accounts/);
});

test('a run that left no result makes a pass unknown, and does not hide a failure', () => {
  assert.equal(stateAfter([...proved, intent('2', ['a/a'])]).status, 'unknown');
  assert.equal(stateAfter([...failed, intent('2', ['a/a'])]).status, 'failing');
  assert.equal(stateAfter([intent('2', ['a/a'])]).status, 'unknown');
  assert.equal(stateAfter([...proved, intent('2', ['a/a']), verdict('2', 'a/a')]).status, 'proven');
});

test('a record from the future proves nothing', () => {
  const ahead = verdict('1', 'a/a', passing('x'), { finished: at(day) });
  assert.equal(stateAfter([ahead]).status, 'unknown');
});

const [eve, bob] = [person('eve'), person('bob')];

test('an attested pass lasts as long as its attestation', () => {
  const vouched = attestation(eve, { until: at(10 * day) });
  const said = verdict('1', 'a/a', [{ check: 'equal', subject: 'x', method: 'attested', want: 1, got: 1 }]);
  const freshness = 'month';
  assert.equal(stateAfter([vouched, said], { freshness }).status, 'attested');
  assert.equal(stateAfter([vouched, said], { freshness, now: new Date(noon + 10 * day) }).status, 'stale');
  assert.equal(stateAfter([said], { freshness }).status, 'unknown');
  assert.equal(vouched.record.type, 'attestation');
  const { signed } = vouched.record;
  const longer: Entry = {
    record: { type: 'attestation', signed: { ...signed, claim: { ...signed.claim, until: at(90 * day) } } },
  };
  assert.equal(stateAfter([longer, said], { freshness }).status, 'unknown');
});

test('a pass with an accepted risk is excepted, and stale when that expires', () => {
  const accepted = exception(eve, bob, { until: at(2 * day) });
  const digest = recordDigest(accepted.record);
  const pass = verdict('1', 'a/a', passing('y'), { exceptions: [digest] });
  assert.equal(stateAfter([accepted, pass]).status, 'excepted');
  assert.equal(
    stateAfter([accepted, pass], { freshness: 'week', now: new Date(noon + 2 * day) }).status,
    'stale',
  );
  assert.equal(stateAfter([pass]).status, 'unknown');
  const alone = exception(eve, eve);
  const covered = verdict('1', 'a/a', passing('y'), { exceptions: [recordDigest(alone.record)] });
  assert.equal(stateAfter([alone, covered]).status, 'unknown');
});

test('records of several logs are merged by time, each log in its own order', () => {
  const early = logged([verdict('1', 'a/a', passing('x'), { finished: at(0) })]);
  const late = logged([
    verdict('2', 'a/a', failing('x'), { finished: at(10) }),
    verdict('3', 'a/a', passing('x'), { finished: at(-50) }),
  ]);
  const order = mergeRecords([late, early]).map(({ record }) =>
    record.type === 'verdict' ? record.run : '',
  );
  assert.deepEqual(order, ['1', '2', '3']);
});

test('a requirement is as good as its worst control, and whole only with one that supports it', () => {
  const of = (...list: readonly (readonly ['supports' | 'partly', Status])[]) => {
    const { status, coverage } = requirementStatus(
      list.map(([relation, each]) => ({ relation, status: each })),
    );
    return `${status} ${coverage}`;
  };
  assert.equal(of(), 'no-control none');
  assert.equal(of(['partly', 'proven'], ['partly', 'proven']), 'proven part');
  assert.equal(of(['supports', 'proven'], ['partly', 'failing']), 'failing whole');
  assert.equal(of(['supports', 'proven'], ['supports', 'unknown'], ['supports', 'stale']), 'unknown whole');
  assert.equal(
    of(['supports', 'proven'], ['supports', 'attested'], ['supports', 'excepted']),
    'excepted whole',
  );
  assert.equal(of(['supports', 'not-applicable'], ['supports', 'proven']), 'proven whole');
  assert.equal(of(['supports', 'not-applicable']), 'not-applicable whole');
});
