import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatVerifierKey, openLog } from '../src/index.ts';
import { intent, keys, origin, run, scratchFolder, writer } from './scratch.ts';

const bin = join(import.meta.dirname, '../bin/surety-verify.mjs');

function surety(...argv: string[]): { code: number | null; out: string; err: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, ...argv], { encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
}

test('what an auditor sees, and the exit codes', async (t) => {
  const folder = scratchFolder(t);
  const path = join(folder, 'log');
  const log = await openLog(writer(folder));
  await log.append(run('1', ['a/a', 'a/b']));
  const key = formatVerifierKey({ name: origin, key: keys.logKey });
  const plain = surety(path);
  assert.equal(plain.code, 0, plain.err);
  assert.equal(
    plain.out,
    `ok  ${origin}  4 records
  2 pass, 0 fail, 0 unknown, 0 not applicable, 0 changes, 0 attestations, 0 exceptions, 2 observation files judged again
  key ${key}
  note: self-attested: the log shows that nothing was altered, not that it was true
  note: rollback not excluded: give a pinned key and an earlier checkpoint from outside this log
  hint: keep the checkpoint, and give it with --earlier next time
`,
  );
  const earlier = join(folder, 'earlier');
  writeFileSync(earlier, log.checkpoint());
  const anchored = surety(path, '--key', key, '--earlier', earlier, '--json');
  assert.equal(anchored.code, 0);
  const document: { ok: boolean; size: number } = JSON.parse(anchored.out);
  assert.deepEqual([document.ok, document.size], [true, 4]);
  await log.append([intent('2', ['a/a'])]);
  const dropped = surety(path);
  assert.equal(dropped.code, 11);
  assert.match(
    dropped.out,
    /^fail .* 5 records, 1 problem\n {2}dropped {2}record 4: a\/a of db was announced in run 2 and has no result\n/,
  );
  rmSync(join(path, 'checkpoint'));
  assert.equal(surety(path).code, 11);
});

test('what could not be looked at, and wrong usage', (t) => {
  const folder = scratchFolder(t);
  const nothing = surety(join(folder, 'nothing'));
  assert.deepEqual([nothing.code, nothing.out], [10, '']);
  assert.match(nothing.err, /^there is no log in .* \(log\/missing\)\nhint: /);
  assert.equal(surety(folder, '--key', 'x').code, 10);
  assert.equal(surety(folder, '--earlier', join(folder, 'x')).code, 10);
  assert.equal(surety().code, 2);
  assert.equal(surety('a', 'b').code, 2);
  assert.equal(surety('a', '--wat').code, 2);
  assert.equal(surety('--help').code, 0);
});
