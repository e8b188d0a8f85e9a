import assert from 'node:assert/strict';
import { appendFileSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateKey, openLog, readLog } from '../src/index.ts';
import { intent, keys, origin, run, scratchFolder, verdict, writer } from './scratch.ts';

test('what is appended is read back, in order, after any number of appends', async (t) => {
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  assert.equal(log.size(), 1);
  const sizes = [3, 1, 252, 1, 300, 2];
  for (const [turn, size] of sizes.entries()) {
    const controls = Array.from({ length: size - 1 }, (_, n) => `area/c${n}`);
    const appended = await log.append(run(`run-${turn}`, controls));
    assert.equal(appended.length, size);
    assert.equal(appended.at(-1)?.index, log.size() - 1);
  }
  await log.close();
  const read = await readLog(join(folder, 'log'));
  assert.equal(read.size, 1 + sizes.reduce((a, b) => a + b));
  assert.equal(read.origin, origin);
  assert.equal(read.checkpoint, log.checkpoint());
  assert.deepEqual(
    read.records.slice(0, 3).map(({ record }) => record.type),
    ['origin', 'intent', 'verdict'],
  );
  const last = read.records.at(-1)?.record;
  assert.equal(last?.type, 'verdict');
  const [seen] = await read.observations(last.observations.sha256);
  assert.equal(seen?.subject, 'run-5 area/c0');
});

test('the folder holds format, checkpoint, tiles and observations, and nothing else', async (t) => {
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  await log.append(run('one', ['a/a']));
  await log.append(run('two', ['a/a']));
  const { sha256 } = verdict('two', 'a/a').record.observations;
  assert.match(sha256, /^[0-9a-f]{64}$/);
  const files = readdirSync(join(folder, 'log'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 5))
    .filter((path) => !path.startsWith('observations/'))
    .sort();
  assert.deepEqual(files, ['checkpoint', 'format', 'tile/0/000.p/5', 'tile/entries/000.p/5']);
});

test('two writers in one process take turns and both see all records', async (t) => {
  const folder = scratchFolder(t);
  const [one, two] = await Promise.all([openLog(writer(folder)), openLog(writer(folder))]);
  await Promise.all(
    Array.from({ length: 12 }, (_, n) => (n % 2 === 0 ? one : two).append(run(`r${n}`, ['a/a', 'a/b']))),
  );
  const read = await readLog(join(folder, 'log'));
  assert.equal(read.size, 1 + 12 * 3);
  assert.equal(new Set(read.records.map(({ digest }) => digest)).size, read.size);
});

const refused = (code: string) => (error: unknown) => {
  assert.ok(error instanceof Error && 'code' in error && 'hint' in error);
  assert.equal(error.code, code);
  assert.notEqual(error.hint, '');
  return true;
};

test('a log is refused to writers with other keys or another origin', async (t) => {
  const folder = scratchFolder(t);
  await openLog(writer(folder));
  await assert.rejects(openLog(writer(folder, { logKey: generateKey() })), refused('log/other-key'));
  await assert.rejects(openLog(writer(folder, { proberKey: generateKey() })), refused('log/other-key'));
  await assert.rejects(openLog(writer(folder, { origin: 'example.com/other' })), refused('log/other-origin'));
  await assert.rejects(openLog(writer(folder, { origin: 'two words' })), refused('log/origin'));
  await assert.rejects(openLog(writer(folder, { proberKey: keys.logKey })), refused('log/same-key'));
});

test('a log of a newer format, a folder with other things, and no log each say so', async (t) => {
  const folder = scratchFolder(t);
  await assert.rejects(readLog(join(folder, 'log')), refused('log/missing'));
  await openLog(writer(folder));
  writeFileSync(join(folder, 'log/format'), 'surety log 2\n');
  await assert.rejects(openLog(writer(folder)), refused('log/newer'));
  await assert.rejects(readLog(join(folder, 'log')), refused('log/newer'));
  writeFileSync(join(folder, 'stray'), 'x');
  await assert.rejects(openLog({ ...writer(folder), folder }), refused('log/not-a-log'));
  assert.equal(existsSync(join(folder, 'checkpoint')), false);
});

test('observations must be the ones that the verdict names, and entries must fit', async (t) => {
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  const { record } = verdict('one', 'a/a');
  await assert.rejects(log.append([{ record }]), refused('log/observations'));
  await assert.rejects(log.append([{ record, observations: [] }]), refused('log/observations'));
  const many = intent(
    'big',
    Array.from({ length: 2000 }, (_, n) => `area/control-${n}`),
  );
  await assert.rejects(log.append([many]), refused('log/record-too-large'));
  assert.equal(log.size(), 1);
  await log.append(run('after', ['a/a']));
  assert.equal((await readLog(join(folder, 'log'))).size, 3);
});

test('a log that was changed under its writer is not written to', async (t) => {
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  await log.append(run('one', ['a/a']));
  const earlier = readFileSync(join(folder, 'log/checkpoint'));
  await log.append(run('two', ['a/a']));
  appendFileSync(join(folder, 'log/tile/entries/000.p/5'), 'x');
  await assert.rejects(log.append(run('three', ['a/a'])), refused('log/altered'));
  writeFileSync(join(folder, 'log/checkpoint'), earlier);
  await assert.rejects(log.append(run('three', ['a/a'])), refused('log/altered'));
});
