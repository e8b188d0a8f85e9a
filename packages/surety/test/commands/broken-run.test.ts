import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog, privateKeyFromPem } from '@surety/evidence';
import { config, type EstateFolder, estateFolder } from './estate-folder.ts';

const surety = resolve(import.meta.dirname, '../../bin/surety.mjs');

test('a run that was killed leaves a hole with a name; the next one says so, and the log is sound again', async (t) => {
  const folder = estateFolder({ 'surety.config.ts': config(), Dockerfile: 'FROM node:24\nUSER 10001\n' });
  t.after(() => folder.remove());
  const checkpoint = join(folder.path, '.surety/log/laptop/checkpoint');
  const announced = (): boolean =>
    existsSync(checkpoint) && Number(readFileSync(checkpoint, 'utf8').split('\n')[1]) > 1;

  // Killed as soon as the intent is there, which is before any verdict.
  const child = spawn(process.execPath, [surety, 'prove'], { cwd: folder.path, stdio: 'ignore' });
  const ended = new Promise((done) => child.once('exit', done));
  while (!announced() && child.exitCode === null) await sleep(1);
  child.kill('SIGKILL');
  await ended;

  const broken = await folder.surety('verify', '.surety/log/laptop');
  assert.equal(broken.exit, 11);
  assert.match(broken.out, /dropped/);

  folder.now = new Date(Date.now() + 2 * 3_600_000);
  const next = await folder.surety('prove', 'container');
  assert.match(next.err, /of runs that broke off are recorded as unknown/);
  const mended = await folder.surety('verify', '.surety/log/laptop');
  assert.equal(mended.exit, 0, mended.out);
});

/** A log in which a run announced something at a time, and broke off. */
async function brokenAt(folder: EstateFolder, at: string): Promise<void> {
  const key = (name: string) => privateKeyFromPem(folder.read(`.surety/keys/${name}.pem`));
  const log = await openLog({
    folder: join(folder.path, '.surety/log/laptop'),
    origin: 'surety/shop/laptop',
    logKey: key('log'),
    proberKey: key('prober'),
    now: () => new Date(at),
  });
  const owes = [{ control: 'container/non-root', binding: 'code', touch: 'nothing' }];
  await log.append([{ record: { type: 'intent', run: 'broken', at, scheduled: false, owes } }]);
  await log.close();
}

test('several that start at once say only once that a run broke off', async (t) => {
  const folder = estateFolder({ 'surety.config.ts': config(), Dockerfile: 'FROM node:24\nUSER 10001\n' });
  t.after(() => folder.remove());
  await brokenAt(folder, '2026-05-01T00:00:00.000Z');
  const said = await Promise.all([1, 2, 3].map(() => folder.surety('prove', 'container')));
  assert.equal(said.filter(({ err }) => err.includes('broke off')).length, 1);
  const { exit, out } = await folder.surety('verify', '.surety/log/laptop');
  assert.equal(exit, 0, out);
});

test('a run that broke off while the clock was ahead does not leave the log unsound until then', async (t) => {
  const folder = estateFolder({ 'surety.config.ts': config(), Dockerfile: 'FROM node:24\nUSER 10001\n' });
  t.after(() => folder.remove());
  await brokenAt(folder, '2031-01-01T00:00:00.000Z');
  assert.match((await folder.surety('prove', 'container')).err, /broke off/);
  assert.equal((await folder.surety('verify', '.surety/log/laptop')).exit, 0);
});
