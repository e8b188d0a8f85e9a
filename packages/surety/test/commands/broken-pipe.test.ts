import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, openSync } from 'node:fs';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { config, estateFolder } from './estate-folder.ts';

const surety = resolve(import.meta.dirname, '../../bin/surety.mjs');
const dockerfile = 'FROM node:24\nUSER 0\n';

/** Runs it as a process of its own, with nobody at the other end of a pipe. */
async function alone(cwd: string, deaf: 'stdout' | 'stderr', ...argv: readonly string[]) {
  const child = spawn(process.execPath, [surety, ...argv], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  child[deaf].destroy();
  const heard = text(child[deaf === 'stdout' ? 'stderr' : 'stdout']);
  const exit = await new Promise<number | null>((done) => child.once('exit', done));
  return { exit, heard: await heard };
}

for (const deaf of ['stdout', 'stderr'] as const)
  test(`whoever stops listening to ${deaf} breaks no run off and makes no failure a pass`, async (t) => {
    const folder = estateFolder({ 'surety.config.ts': config(), Dockerfile: dockerfile });
    t.after(() => folder.remove());
    const { exit } = await alone(folder.path, deaf, 'prove', 'container');
    assert.equal(exit, 11);
    folder.now = new Date();
    assert.equal((await folder.surety('verify', '.surety/log/laptop')).exit, 0);
  });

test('a disk too full for the answer is an error without a stack', {
  skip: !existsSync('/dev/full'),
}, async (t) => {
  const folder = estateFolder({ 'surety.config.ts': config(), Dockerfile: 'FROM node:24\nUSER 10001\n' });
  t.after(() => folder.remove());
  const full = openSync('/dev/full', 'w');
  const child = spawn(process.execPath, [surety, 'prove', 'container'], {
    cwd: folder.path,
    stdio: ['ignore', full, 'pipe'],
  });
  assert.ok(child.stderr);
  const said = await text(child.stderr);
  assert.match(said, /terminal\/lost/);
  assert.doesNotMatch(said, /\n {4}at /);
  assert.equal(child.exitCode ?? (await new Promise((done) => child.once('exit', done))), 1);
});

test('a promise that nobody waits for is an error without a stack, and the run is wound up', async (t) => {
  const stray = "Promise.reject(new Error('astray'));\n";
  const folder = estateFolder({ 'surety.config.ts': `${stray}${config()}`, Dockerfile: dockerfile });
  t.after(() => folder.remove());
  const { exit, heard } = await alone(folder.path, 'stdout', 'prove', 'container');
  assert.equal(exit, 1);
  assert.match(heard, /astray/);
  assert.doesNotMatch(heard, /\n {4}at /);
  folder.now = new Date();
  assert.equal((await folder.surety('verify', '.surety/log/laptop')).exit, 0);
});
