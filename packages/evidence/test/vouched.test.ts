import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import {
  type AttestationRecord,
  attestationInForce,
  type Entry,
  type ExceptionRecord,
  exceptedSubjects,
  exceptionsInForce,
  judge,
  type Observation,
  openLog,
  proofStates,
  readLog,
  recordDigest,
  usedExceptions,
  verifyLog,
} from '../src/index.ts';
import { attestation, exception, person } from './people.ts';
import { at, day, failing, intent, noon, passing, scratchFolder, verdict, writer } from './scratch.ts';

const [eve, bob] = [person('eve'), person('bob')];
const now = new Date(noon + 60_000);

async function problemsOf(t: TestContext, entries: readonly Entry[]): Promise<string[]> {
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  await log.append(entries);
  const { problems } = await verifyLog(join(folder, 'log'), { now });
  return problems.map(({ kind, where, message }) => `${kind} ${where}: ${message}`);
}

/** A run whose only break is forgiven by the exception. */
function forgiven(entry: Entry, more: { readonly started?: string } = {}): Entry[] {
  const observations = failing('x');
  const { verdict: said, method } = judge(observations, new Set(['x']));
  const exceptions = [recordDigest(entry.record)];
  return [
    entry,
    intent('1', ['a/a']),
    verdict('1', 'a/a', observations, { verdict: said, method, exceptions, ...more }),
  ];
}

test('an exception that two people signed forgives its subject', async (t) => {
  const accepted = exception(eve, bob);
  assert.deepEqual(await problemsOf(t, forgiven(accepted)), []);
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  await log.append(forgiven(accepted));
  const { records } = await readLog(join(folder, 'log'));
  const inForce = exceptionsInForce(records, { control: 'a/a', binding: 'db', at: at() });
  assert.deepEqual([...exceptedSubjects(inForce)], ['x']);
  assert.deepEqual(usedExceptions(judge(failing('x'), exceptedSubjects(inForce)), inForce), [
    recordDigest(accepted.record),
  ]);
  assert.deepEqual(usedExceptions(judge(passing('x'), exceptedSubjects(inForce)), inForce), []);
  assert.deepEqual(exceptionsInForce(records, { control: 'a/a', binding: 'db', at: at(day) }), []);
  assert.deepEqual(exceptionsInForce(records, { control: 'a/a', binding: 'other', at: at() }), []);
  const controls = [{ id: 'a/a', digest: 'c'.repeat(64) }];
  assert.equal(proofStates(records, { now, controls, freshness: '24h' })[0]?.status, 'excepted');
});

test('an exception that its owner approved, or with one key, or changed, does not count', async (t) => {
  const bySelf = await problemsOf(t, forgiven(exception(eve, eve)));
  assert.ok(bySelf.includes('exception record 1: eve approved their own exception'), bySelf.join('\n'));
  assert.ok(bySelf.some((problem) => problem.startsWith('verdict record 3: a/a says verdict pass')));
  const twoNames = { ...eve, name: 'bob' };
  const oneKey = exception(eve, twoNames);
  assert.equal(oneKey.record.type, 'exception');
  const renamed: ExceptionRecord = {
    ...oneKey.record,
    approval: { ...oneKey.record.approval, signer: 'bob' },
  };
  const sameKey = await problemsOf(t, forgiven({ record: renamed }));
  assert.ok(
    sameKey.includes('exception record 1: owner and approver signed with the same key'),
    sameKey.join('\n'),
  );
  const good = exception(eve, bob);
  assert.equal(good.record.type, 'exception');
  const widened = { ...good.record.owner.claim, subjects: ['x', 'y'] };
  const changed: ExceptionRecord = {
    type: 'exception',
    owner: { ...good.record.owner, claim: widened },
    approval: { ...good.record.approval, claim: widened },
  };
  const edited = await problemsOf(t, forgiven({ record: changed }));
  assert.ok(edited[0]?.includes("the owner's signature does not count"), edited.join('\n'));
  const oneSided: ExceptionRecord = { ...good.record, owner: { ...good.record.owner, claim: widened } };
  const differing = await problemsOf(t, forgiven({ record: oneSided }));
  assert.ok(differing[0]?.includes('signed different claims'), differing.join('\n'));
});

test('an exception that had expired, was of something else, or is not in the log does not count', async (t) => {
  for (const more of [{ until: at(1) }, { from: at(2) }, { control: 'b/b' }, { binding: 'other' }]) {
    const problems = await problemsOf(t, forgiven(exception(eve, bob, more)));
    assert.equal(problems.length, 2, problems.join('\n'));
    assert.match(problems[0] ?? '', /^exception record 3: .* was of something else, or not in force then$/);
    assert.match(problems[1] ?? '', /^verdict record 3/);
  }
  const absent = await problemsOf(t, forgiven(exception(eve, bob)).slice(1));
  assert.match(absent[0] ?? '', /^exception record 2: .* is not in the log before it$/);
});

function vouched(
  entry: Entry,
  statement: Extract<Observation, { check: 'attestation' }>['statement'],
): Entry[] {
  const seen: Observation = {
    check: 'attestation',
    subject: 'runbooks',
    method: 'attested',
    statement,
    at: at(),
  };
  return [entry, intent('1', ['a/a']), verdict('1', 'a/a', [seen])];
}

test('an attestation counts as its signer said it, and as nothing else', async (t) => {
  const said = attestation(eve);
  assert.equal(said.record.type, 'attestation');
  const logged = [{ index: 1, leaf: '', digest: recordDigest(said.record), record: said.record }];
  const statement = attestationInForce(logged, { control: 'a/a', binding: 'db', at: at() });
  assert.ok(statement);
  assert.equal(statement.by, 'eve');
  assert.equal(attestationInForce(logged, { control: 'a/a', binding: 'db', at: at(30 * day) }), null);
  assert.deepEqual(await problemsOf(t, vouched(said, statement)), []);
  assert.deepEqual(await problemsOf(t, vouched(said, null)), []);
  for (const forged of [{ by: 'bob' }, { until: at(90 * day) }, { record: '0'.repeat(64) }]) {
    const problems = await problemsOf(t, vouched(said, { ...statement, ...forged }));
    assert.match(problems[0] ?? '', /^attestation record 3/, JSON.stringify(forged));
  }
  const longer: AttestationRecord = {
    type: 'attestation',
    signed: { ...said.record.signed, claim: { ...said.record.signed.claim, until: at(90 * day) } },
  };
  const forged = { ...statement, record: recordDigest(longer), until: at(90 * day) };
  const problems = await problemsOf(t, vouched({ record: longer }, forged));
  assert.equal(problems.length, 2, problems.join('\n'));
  assert.ok(problems.every((problem) => problem.startsWith('attestation ')));
});
