import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { type Disk, nodeDisk } from '../src/disk.ts';
import { EvidenceError, openLog, privateKeyToPem, readLog, verifyLog } from '../src/index.ts';
import { intent, keys, noon, passing, run, scratchFolder, verdict, writer } from './scratch.ts';

const now = new Date(noon + 60_000);
// Enough to fill a tile.
const many = Array.from({ length: 260 }, (_, n) => `a/c${n}`);

/** A disk that breaks at its `step`-th change: `die` as if the process were killed there, `fail` with a system error. */
function breakingDisk(
  folder: string,
  step: number,
  how: 'die' | 'torn' | string,
): Disk & { broken(): boolean } {
  const disk = nodeDisk(folder);
  let left = step;
  let dead = false;
  const guard = async <T>(act: () => Promise<T>, tear?: () => Promise<unknown>): Promise<T> => {
    if (dead) throw new Error('killed');
    left -= 1;
    if (left !== 0) return act();
    dead = how === 'die' || how === 'torn';
    if (how === 'torn') await tear?.();
    if (dead) throw new Error('killed');
    throw new EvidenceError(how, 'the disk said no', 'none');
  };
  const half = (bytes: Uint8Array): Uint8Array => bytes.subarray(0, bytes.length >> 1);
  return {
    folder,
    broken: () => left <= 0,
    read: (path) => (dead ? Promise.reject(new Error('killed')) : disk.read(path)),
    names: () => (dead ? Promise.reject(new Error('killed')) : disk.names()),
    create: (path, bytes) =>
      guard(
        () => disk.create(path, bytes),
        () => disk.create(path, half(bytes)),
      ),
    replace: (path, bytes) =>
      guard(
        () => disk.replace(path, bytes),
        () => disk.create(`${path}.tmp`, half(bytes)),
      ),
    remove: (path) => guard(() => disk.remove(path)),
    settle: (paths) => guard(() => disk.settle(paths)),
  };
}

for (const how of ['die', 'torn'])
  test(`killed at any step of a write (${how}), the log keeps what was committed and the next writer mends`, async (t) => {
    for (let step = 1; ; step += 1) {
      const folder = scratchFolder(t);
      const disk = breakingDisk(join(folder, 'log'), step, how);
      let committed = 0;
      try {
        const log = await openLog(writer(folder, { disk }));
        committed = log.size();
        await log.append(run('1', ['a/a', 'a/b']));
        committed = log.size();
        await log.append([
          intent('2', many),
          ...many.map((control) => verdict('2', control, passing('same'))),
        ]);
        committed = log.size();
      } catch (error) {
        assert.equal(error instanceof Error ? error.message : '', 'killed');
      }
      if (existsSync(join(folder, 'log/checkpoint'))) {
        const { problems, notes, size } = await verifyLog(join(folder, 'log'), { now });
        assert.deepEqual(problems, [], `step ${step}`);
        assert.ok(size >= committed, `step ${step}: ${committed} committed, ${size} found`);
        if (existsSync(join(folder, 'log/journal')))
          assert.ok(notes.some(({ kind }) => kind === 'interrupted'));
      } else assert.equal(committed, 0);
      const log = await openLog(writer(folder));
      assert.ok(log.size() >= committed);
      await log.append(run('3', ['a/a']));
      const { problems, notes } = await verifyLog(join(folder, 'log'), { now });
      assert.deepEqual(
        [problems, notes.filter(({ kind }) => kind === 'interrupted')],
        [[], []],
        `step ${step}`,
      );
      assert.deepEqual(readdirSync(join(folder, 'log')).sort(), [
        'checkpoint',
        'format',
        'observations',
        'tile',
      ]);
      if (!disk.broken()) break;
    }
  });

test('a full or read-only disk gives its error, and leaves nothing behind', async (t) => {
  for (const code of ['log/disk-full', 'log/read-only'])
    for (let step = 1; ; step += 1) {
      const folder = scratchFolder(t);
      const first = await openLog(writer(folder));
      await first.append(run('1', ['a/a']));
      const before = readFileSync(join(folder, 'log/checkpoint'));
      const disk = breakingDisk(join(folder, 'log'), step, code);
      const log = await openLog(writer(folder, { disk }));
      const failed = await log.append(run('2', ['a/a'])).then(
        () => null,
        (error: unknown) => error,
      );
      if (failed === null) break;
      assert.ok(failed instanceof EvidenceError && failed.code === code);
      const { problems, notes } = await verifyLog(join(folder, 'log'), { now });
      assert.deepEqual(problems, []);
      const journal = existsSync(join(folder, 'log/journal'));
      if (!journal)
        assert.deepEqual(
          notes.filter(({ kind }) => kind === 'interrupted'),
          [],
          `step ${step}`,
        );
      if (readFileSync(join(folder, 'log/checkpoint')).equals(before)) assert.ok(!journal, `step ${step}`);
      await log.append(run('3', ['a/a']));
      assert.equal((await verifyLog(join(folder, 'log'), { now })).ok, true);
    }
});

test('a folder that cannot be written says so', async (t) => {
  const folder = scratchFolder(t);
  writeFileSync(join(folder, 'log'), 'a file where the folder should be');
  await assert.rejects(
    openLog(writer(folder)),
    (error) => error instanceof EvidenceError && error.hint !== '',
  );
});

test('killed with kill -9 while two processes write, the log verifies and has all that was committed', async (t) => {
  const folder = scratchFolder(t);
  const log = join(folder, 'log');
  const pem = (name: 'logKey' | 'proberKey'): string => {
    const path = join(folder, `${name}.pem`);
    writeFileSync(path, privateKeyToPem(keys[name]), { mode: 0o600 });
    return path;
  };
  const argv = [join(import.meta.dirname, 'crash-writer.ts'), log, pem('logKey'), pem('proberKey')];
  const committed = new Set<string>();
  for (let round = 0; round < 6; round += 1) {
    const writers = ['one', 'two'].map((name) =>
      spawn(process.execPath, [...argv, name], { stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const ended = writers.map(async (child) => {
      let text = '';
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
      await once(child, 'close');
      for (const line of text.split('\n').slice(0, -1)) committed.add(line);
    });
    await Promise.race(writers.map((child) => once(child.stdout, 'data')));
    await wait(Math.random() * 250);
    for (const child of writers) child.kill('SIGKILL');
    await Promise.all(ended);
    const { problems } = await verifyLog(log, { now: new Date() });
    assert.deepEqual(problems, []);
  }
  const last = await openLog(writer(folder));
  await last.append(run('last', ['a/a']));
  const read = await readLog(log);
  const digests = new Set(read.records.map(({ digest }) => digest));
  assert.ok(committed.size >= 6);
  for (const digest of committed) assert.ok(digests.has(digest));
  const { ok, notes } = await verifyLog(log, { now: new Date() });
  assert.ok(ok);
  assert.deepEqual(
    notes.filter(({ kind }) => kind === 'interrupted' || kind === 'writer'),
    [],
  );
});
