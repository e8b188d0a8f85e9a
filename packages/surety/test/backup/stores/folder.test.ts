import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { folderError } from '../../../src/backup/stores/folder/error.ts';
import { openStore } from '../../../src/backup/stores/open.ts';
import type { Store } from '../../../src/backup/stores/store.ts';
import { BlindError } from '../../../src/core/error.ts';
import { bytesOf, listed, nothingBelow, pieces, readWhole, refusedAs, storeContract } from './contract.ts';

const context = { root: '/', signal: new AbortController().signal, secret: () => {} };

describe('a folder as a store', () => {
  let folder = '';
  let store: Store;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'surety-folder-'));
    store = await openStore('vault', { folder }, context);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  storeContract(() => ({ store, border: 256 * 1024, runs: 15 }));

  it('lets nobody else read what is in it', async () => {
    await store.put('modes/deep/data', pieces(bytesOf(10)));
    assert.equal(statSync(join(folder, 'modes')).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, 'modes/deep')).mode & 0o777, 0o700);
    assert.equal(statSync(join(folder, 'modes/deep/data')).mode & 0o777, 0o600);
  });

  it('leaves alone what is not its own', async () => {
    const outside = mkdtempSync(join(tmpdir(), 'surety-outside-'));
    writeFileSync(join(outside, 'secret'), 'canary');
    mkdirSync(join(folder, 'odd'));
    symlinkSync(outside, join(folder, 'odd/folder'));
    symlinkSync(join(outside, 'secret'), join(folder, 'odd/file'));
    for (const name of ['.hidden', 'with space', 'Ünlaut', '.partial-nonsense']) {
      writeFileSync(join(folder, 'odd', name), 'odd');
    }
    writeFileSync(join(folder, '.partial-nonsense'), 'odd');
    try {
      await nothingBelow(store, 'odd/');
      assert.equal(await store.look('odd/file'), null);
      assert.equal(await store.look('odd/folder/secret'), null);
      await assert.rejects(readWhole(store, 'odd/folder/secret'), refusedAs('store/no-object'));
      await assert.rejects(store.remove('odd/folder/secret', null), refusedAs('store/no-object'));
      await assert.rejects(store.put('odd/folder/new', pieces(bytesOf(1))), refusedAs('store/refused'));
      await assert.rejects(store.put('odd/file', pieces(bytesOf(1))), refusedAs('store/taken'));
      assert.deepEqual(readdirSync(outside), ['secret']);
      assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'canary');
    } finally {
      rmSync(outside, { recursive: true });
    }
  });

  it('takes folders along that have become empty', async () => {
    const put = await store.put('empties/deep/data', pieces(bytesOf(10)));
    await store.remove(put.key, null);
    assert.ok(!existsSync(join(folder, 'empties')));
  });

  it('is not there where the folder is not, or is another one', async () => {
    await assert.rejects(
      openStore('vault', { folder: join(folder, 'none') }, context),
      refusedAs('store/gone'),
    );
    writeFileSync(join(folder, 'file'), '');
    await assert.rejects(openStore('vault', { folder: join(folder, 'file') }, context), BlindError);
    const mounted = join(folder, 'mounted');
    mkdirSync(mounted);
    const other = await openStore('vault', { folder: mounted }, context);
    renameSync(mounted, join(folder, 'away'));
    mkdirSync(mounted);
    await assert.rejects(other.put('data', pieces(bytesOf(1))), refusedAs('store/gone'));
    await assert.rejects(listed(other, ''), refusedAs('store/gone'));
    assert.deepEqual(readdirSync(mounted), []);
  });

  it('has no name for an error that is not of the system', () => {
    const names = ['ENOSPC', 'EIO', 'EACCES', 'EROFS', 'ESTALE'].map((code) => {
      const error = folderError('vault', 'put data', Object.assign(new Error(code), { code }));
      return error instanceof Error && 'code' in error ? error.code : null;
    });
    assert.deepEqual(names, ['store/full', 'store/broken', 'store/refused', 'store/read-only', 'store/gone']);
    const odd = new Error('odd');
    assert.equal(folderError('vault', 'put data', odd), odd);
  });

  it('gives out what the body threw, also where it looks like an error of the disk', async () => {
    const missing = Object.assign(new Error('spawn pg_dump ENOENT'), { code: 'ENOENT' });
    async function* failing(): AsyncGenerator<Uint8Array> {
      yield bytesOf(1);
      throw missing;
    }
    await assert.rejects(store.put('failing/data', failing()), (error) => error === missing);
  });

  it('leaves a process that was killed something to discard, and nothing to see', async () => {
    const script = `
      import { openStore } from ${JSON.stringify(import.meta.resolve('../../../src/backup/stores/open.ts'))};
      const store = await openStore('vault', { folder: process.argv[1] }, { root: '/', signal: new AbortController().signal, secret() {} });
      async function* body() { yield Buffer.alloc(100000); process.stdout.write('on its way'); await new Promise((go) => setTimeout(go, 60000)); }
      await store.put('killed/data', body());`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder], { stdio: 'pipe' });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual(await listed(store, 'killed/'), []);
    const [left, ...others] = await store.unfinished('killed/');
    assert.deepEqual(others, []);
    assert.ok(left !== undefined && left.key === 'killed/data' && left.bytes === 100_000);
    await store.discard(left);
    await nothingBelow(store, 'killed/');
    await store.put('killed/data', pieces(bytesOf(10)));
  });

  it('says that it may not where it may not', {
    skip: process.getuid?.() === 0 && 'root may do all',
  }, async () => {
    chmodSync(folder, 0o500);
    await assert.rejects(store.put('denied/data', pieces(bytesOf(1))), refusedAs('store/refused'));
    chmodSync(folder, 0o700);
  });

  it('says what a disk says that is full, read-only or gone, and keeps nothing half', (test) => {
    const disk = join(folder, 'disk');
    mkdirSync(disk);
    const mount = (...args: string[]) =>
      spawnSync('mount', [...args, disk], { stdio: 'ignore' }).status === 0;
    if (!mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs')) return test.skip('nobody lets us mount a disk here');
    return onDisk(disk, () => mount('-o', 'remount,ro')).finally(() => spawnSync('umount', ['-l', disk]));
  });
});

async function onDisk(disk: string, makeReadOnly: () => boolean): Promise<void> {
  const store = await openStore('vault', { folder: disk }, context);
  await store.put('small', pieces(bytesOf(10)));
  const large = store.put('large', pieces(bytesOf(2_000_000), 65_536));
  await assert.rejects(large, refusedAs('store/full'));
  assert.deepEqual(readdirSync(disk), ['small']);
  await store.put('after', pieces(bytesOf(10)));
  assert.ok(makeReadOnly());
  await assert.rejects(store.put('late', pieces(bytesOf(10))), refusedAs('store/read-only'));
  await assert.rejects(store.remove('small', null), refusedAs('store/read-only'));
  assert.equal((await store.tryRemove('small', null)).result, 'refused');
  spawnSync('umount', ['-l', disk]);
  await assert.rejects(store.put('gone', pieces(bytesOf(10))), refusedAs('store/gone'));
  await assert.rejects(listed(store, ''), refusedAs('store/gone'));
  assert.deepEqual(readdirSync(disk), []);
}
