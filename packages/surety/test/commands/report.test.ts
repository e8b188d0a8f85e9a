import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { config, type EstateFolder, estateFolder } from './estate-folder.ts';

const checklist =
  '# MP22\n\n- [x] env files are ignored <!-- surety: mp22:1.4 -->\n- [ ] roles <!-- surety: mp22:2.3 -->\n';

async function proved(t: TestContext): Promise<EstateFolder> {
  const folder = estateFolder({
    'surety.config.ts': config(),
    Dockerfile: 'FROM node:24\nUSER 10001\n',
    'list.md': checklist,
  });
  t.after(() => folder.remove());
  assert.equal((await folder.surety('prove', 'secrets', 'container')).exit, 0);
  return folder;
}

test('a checklist comes back with what is proven beside what it claims', async (t) => {
  const folder = await proved(t);
  const { exit, out } = await folder.surety('report', 'checklist', 'list.md');
  assert.equal(exit, 0);
  assert.match(out, /- \[x\] env files are ignored .*→ proven/);
  assert.match(out, /- \[ \] roles .*→ unknown/);
  assert.match(out, /from 4 records of 1 log/);
  const { out: json } = await folder.surety('report', 'checklist', 'list.md', '--json');
  assert.equal(JSON.parse(json).proven.done, 1);
});

test('recording one proof in the repository does not make another one stale', async (t) => {
  const folder = await proved(t);
  await folder.surety('prove', 'container');
  const { out } = await folder.surety('report');
  assert.match(out, /^proven +secrets\/env-files-ignored/m);
  assert.match(out, /^proven +container\/non-root/m);
  folder.write('Dockerfile', 'FROM node:24\nUSER 10002\n');
  await folder.surety('prove', 'container');
  assert.match((await folder.surety('report')).out, /^stale +secrets\/env-files-ignored/m);
});

test('a proof that grew old stops counting, without a new run', async (t) => {
  const folder = await proved(t);
  assert.match((await folder.surety('report')).out, /^proven +secrets\/env-files-ignored/m);
  folder.now = new Date(folder.now.getTime() + 25 * 3_600_000);
  assert.match((await folder.surety('report')).out, /^stale +secrets\/env-files-ignored/m);
  assert.match((await folder.surety('report', 'checklist', 'list.md')).out, /→ \*\*stale\*\*/);
});

test('the matrix lists every requirement, also those without a control', async (t) => {
  const folder = await proved(t);
  const { out } = await folder.surety('report', 'matrix', '--json');
  const rows: { requirement: string; status: string }[] = JSON.parse(out).frameworks.flatMap(
    ({ sections }: { sections: { rows: { requirement: string; status: string }[] }[] }) =>
      sections.flatMap(({ rows }) => rows),
  );
  assert.equal(rows.find(({ requirement }) => requirement === 'mp22:1.4')?.status, 'proven');
  assert.equal(rows.find(({ requirement }) => requirement === 'mp22:3.11')?.status, 'no-control');
});

test('no report is made from a log that was tampered with', async (t) => {
  const folder = await proved(t);
  const observations = join(folder.path, '.surety/log/laptop/observations');
  const [file] = readdirSync(observations, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  assert.ok(file);
  const path = join(file.parentPath, file.name);
  writeFileSync(path, readFileSync(path, 'utf8').replace('read', 'raed'));
  for (const report of [['report'], ['report', 'matrix'], ['report', 'checklist', 'list.md']]) {
    const { exit, err } = await folder.surety(...report);
    assert.equal(exit, 1);
    assert.match(err, /report\/unsound-log/);
    assert.match(err, /hint: surety verify /);
  }
});

test('a period shows what was run, and days to come are no holes', async (t) => {
  const folder = await proved(t);
  folder.now = new Date(folder.now.getTime() + 60_000);
  const { out } = await folder.surety('report', 'period', '--from', '2026-05-04', '--to', '2026-12-31');
  assert.match(out, /2 runs expected, 2 executed, 0 failed/);
});

test('a log that lost its checkpoint is not left out of a report', async (t) => {
  const folder = await proved(t);
  rmSync(join(folder.path, '.surety/log/laptop/checkpoint'));
  const { exit, err } = await folder.surety('report');
  assert.equal(exit, 1);
  assert.match(err, /report\/unsound-log\n.*checkpoint/);
});

test('a log that is asked for and is not there is an error, not an empty report', async (t) => {
  const folder = await proved(t);
  for (const log of ['nowhere', 'list.md']) {
    const { exit, err } = await folder.surety('report', '--log', log);
    assert.equal(exit, 1);
    assert.match(err, /^error {2}report\/no-log/);
  }
});

test('prove does not end well beside a log that somebody changed', async (t) => {
  const folder = await proved(t);
  const below = join(folder.path, '.surety/log/laptop/observations');
  const [stored] = readdirSync(below, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.json'),
  );
  writeFileSync(join(below, stored ?? ''), '[]');
  folder.write('Dockerfile', 'FROM node:24\nUSER 10003\n');
  const { exit, out } = await folder.surety('prove', 'container');
  assert.match(out, /1 proven, 0 failing/);
  assert.match(out, /not sound/);
  assert.equal(exit, 11);
});
