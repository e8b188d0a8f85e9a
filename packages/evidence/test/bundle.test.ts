import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { EvidenceError, openLog, verifyLog, writeBundle } from '../src/index.ts';
import { filesBelow } from './forge.ts';
import { noon, run, scratchFolder, writer } from './scratch.ts';

const now = new Date(noon + 60_000);

test('a bundle verifies like its folder, is the same each time, and any tar unpacks it', async (t) => {
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  await log.append(run('1', ['a/a', 'a/b']));
  const [one, two] = ['one.tar', 'two.tar'].map((name) => join(folder, name));
  assert.ok(one && two);
  await writeBundle(join(folder, 'log'), one);
  await writeBundle(join(folder, 'log'), two);
  assert.ok(readFileSync(one).equals(readFileSync(two)));
  const [bundle, plain] = [await verifyLog(one, { now }), await verifyLog(join(folder, 'log'), { now })];
  assert.deepEqual({ ...bundle, where: '' }, { ...plain, where: '' });
  assert.ok(bundle.ok);
  await assert.rejects(writeBundle(join(folder, 'log'), one), EvidenceError);
  if (spawnSync('tar', ['--version']).error !== undefined)
    return t.diagnostic('tar is not installed: not unpacked');
  mkdirSync(join(folder, 'out'));
  execFileSync('tar', ['xf', one, '-C', join(folder, 'out')]);
  const unpacked = join(folder, 'out/surety-log');
  assert.deepEqual(filesBelow(unpacked), filesBelow(join(folder, 'log')));
  assert.ok((await verifyLog(unpacked, { now })).ok);
});

test('a bundle with any other byte, cut or longer, fails', async (t) => {
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  await log.append(run('1', ['a/a']));
  const path = join(folder, 'b.tar');
  await writeBundle(join(folder, 'log'), path);
  const bytes = readFileSync(path);
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ mask;
      for (const wrong of [
        changed,
        bytes.subarray(0, at),
        Buffer.concat([bytes, bytes.subarray(0, at + 1)]),
      ]) {
        writeFileSync(path, wrong);
        const ok = await verifyLog(path, { now }).then(
          (verification) => verification.ok,
          (error: unknown) => !(error instanceof EvidenceError),
        );
        assert.equal(ok, false, `byte ${at}`);
      }
    }),
    { numRuns: 200 },
  );
});

test('a bundle that would write elsewhere, or names a file twice, is refused whole', async (t) => {
  const folder = scratchFolder(t);
  await openLog(writer(folder));
  const path = join(folder, 'b.tar');
  await writeBundle(join(folder, 'log'), path);
  const bytes = readFileSync(path);
  const first = bytes.subarray(0, 1024);
  writeFileSync(path, Buffer.concat([first, bytes]));
  assert.match((await verifyLog(path, { now })).problems[0]?.message ?? '', /stands twice/);
  const escaped = Buffer.from(bytes);
  escaped.write('surety-log/../../evil\0', 0, 'latin1');
  writeFileSync(path, escaped);
  assert.match((await verifyLog(path, { now })).problems[0]?.message ?? '', /is not a file of a log/);
});

test('a log that lacks a file makes no bundle', async (t) => {
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  await log.append(run('1', ['a/a']));
  rmSync(join(folder, 'log/observations'), { recursive: true });
  await assert.rejects(
    writeBundle(join(folder, 'log'), join(folder, 'b.tar')),
    (error) => error instanceof EvidenceError && error.code === 'bundle/incomplete',
  );
  assert.equal(existsSync(join(folder, 'b.tar')), false);
});
