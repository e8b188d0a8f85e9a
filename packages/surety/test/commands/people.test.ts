import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { type TestContext, test } from 'node:test';
import { config, type EstateFolder, estateFolder, sshKey } from './estate-folder.ts';

const withoutKeygen = spawnSync('ssh-keygen', ['-?']).error ? 'ssh-keygen is not installed' : false;

const runbook = '# Database down\n\n| step | owner |\n| --- | --- |\n| restart it | ops |\n';

type Team = { readonly folder: EstateFolder; readonly keys: Readonly<Record<'ann' | 'ben', string>> };

function team(t: TestContext, files: Readonly<Record<string, string>>): Team {
  const folder = estateFolder(files);
  t.after(() => folder.remove());
  const [ann, ben] = [sshKey(folder.path, 'ann'), sshKey(folder.path, 'ben')];
  folder.write('surety.config.ts', config({ ann: ann.line, ben: ben.line }));
  return { folder, keys: { ann: ann.file, ben: ben.file } };
}

test('an attestation counts until it expires', { skip: withoutKeygen }, async (t) => {
  const { folder, keys } = team(t, { 'docs/runbooks/database-down.md': runbook });
  const waiting = await folder.surety('prove', 'monitoring/runbooks');
  assert.equal(waiting.exit, 10, waiting.out);
  assert.match(waiting.out, /^due /m);
  assert.match(waiting.out, /hint: surety attest monitoring\/runbooks/);

  const said = await folder.surety(
    'attest',
    'monitoring/runbooks',
    '--as',
    'ann',
    '--key',
    keys.ann,
    '--statement',
    'walked through all of it',
  );
  assert.equal(said.exit, 0, said.err);
  const vouched = await folder.surety('prove', 'monitoring/runbooks');
  assert.equal(vouched.exit, 0, vouched.out);
  assert.match(vouched.out, /^pass .*attested/m);

  folder.now = new Date('2026-12-24T00:00:00.000Z');
  assert.equal((await folder.surety('prove', 'monitoring/runbooks')).exit, 10);
  assert.equal((await folder.surety('verify', '.surety/log/laptop')).exit, 0);
});

test('nobody signs for somebody else', { skip: withoutKeygen }, async (t) => {
  const { folder, keys } = team(t, { 'docs/runbooks/database-down.md': runbook });
  const forged = await folder.surety(
    'attest',
    'monitoring/runbooks',
    '--as',
    'ann',
    '--key',
    keys.ben,
    '--statement',
    'all fine',
  );
  assert.equal(forged.exit, 1);
  assert.match(forged.err, /people\/wrong-key/);
  const stranger = await folder.surety(
    'attest',
    'monitoring/runbooks',
    '--as',
    'eve',
    '--key',
    keys.ben,
    '--statement',
    'all fine',
  );
  assert.match(stranger.err, /eve is not among the people of the estate \(ann, ben\)/);
});

test('what can be looked at is not attested', { skip: withoutKeygen }, async (t) => {
  const { folder, keys } = team(t, { Dockerfile: 'FROM scratch\n' });
  const refused = await folder.surety(
    'attest',
    'container/non-root',
    '--as',
    'ann',
    '--key',
    keys.ann,
    '--statement',
    'trust me',
  );
  assert.match(refused.err, /proven by looking, not by a person's word/);
});

test('an exception needs two people, covers what it names, is counted, and ends', {
  skip: withoutKeygen,
}, async (t) => {
  const { folder, keys } = team(t, { Dockerfile: 'FROM node:24\nCMD ["node"]\n' });
  const subject = 'Dockerfile: user of the final stage';
  assert.match((await folder.surety('prove', 'container/non-root')).out, new RegExp(subject));

  const ask = (approver: string, what = subject) =>
    folder.surety(
      ...['except', 'container/non-root', '--as', 'ann', '--key', keys.ann, '--approver', approver],
      ...['--subject', what, '--reason', 'it is thrown away in May', '--until', '2026-06-01'],
    );
  assert.match((await ask('ann')).err, /nobody approves their own exception/);
  const typo = await ask('ben', 'Dockerfile: user');
  assert.match(
    typo.err,
    /did not fail for: Dockerfile: user\n {2}hint: it failed for: Dockerfile: user of the final/,
  );
  const asked = await ask('ben');
  assert.equal(asked.exit, 0, asked.err);
  const file = /--approve (\S+)/.exec(asked.out)?.[1] ?? '';
  assert.equal((await folder.surety('prove', 'container/non-root')).exit, 11, 'asked for is not approved');

  const hijacked = await folder.surety('except', '--as', 'ann', '--key', keys.ann, '--approve', file);
  assert.match(hijacked.err, /ben was asked, not ann/);
  const approved = await folder.surety('except', '--as', 'ben', '--key', keys.ben, '--approve', file);
  assert.equal(approved.exit, 0, approved.err);

  const excepted = await folder.surety('prove', 'container/non-root');
  assert.equal(excepted.exit, 0, excepted.out);
  assert.match(excepted.out, /^excepted /m);
  assert.match(excepted.out, /0 proven, 1 excepted/);
  const { counts, verdicts } = JSON.parse((await folder.surety('prove', 'container/non-root', '--json')).out);
  assert.equal(counts.excepted, 1);
  assert.equal(verdicts[0].excepted, 1);
  folder.now = new Date(folder.now.getTime() + 60_000);
  const span = await folder.surety(
    'report',
    'period',
    '--from',
    '2026-05-04',
    '--to',
    '2026-05-05',
    '--json',
  );
  const [row] = JSON.parse(span.out).controls;
  assert.deepEqual([row.verdicts.pass, row.excepted, row.verdicts.fail], [2, 2, 2]);

  folder.now = new Date('2026-06-02T00:00:00.000Z');
  assert.equal((await folder.surety('prove', 'container/non-root')).exit, 11);
  assert.equal((await folder.surety('verify', '.surety/log/laptop')).exit, 0);
});

test('an exception neither covers what was blacked out nor keeps a secret', async (t) => {
  const folder = estateFolder({ 'surety.config.ts': config() });
  t.after(() => folder.remove());
  const ask = (subject: string, reason: string) =>
    folder.surety(
      ...['except', 'container/non-root', '--as', 'ann', '--approver', 'bob', '--until', '2026-06-01'],
      ...['--subject', subject, '--reason', reason],
    );
  assert.match((await ask('[redacted]: user', 'soon')).err, /^error {2}except\/ambiguous/);
  const { err } = await ask('x: user', 'see https://ann:hunter22@example.com');
  assert.match(err, /^error {2}except\/secret/);
  assert.doesNotMatch(err, /hunter22/);
});
