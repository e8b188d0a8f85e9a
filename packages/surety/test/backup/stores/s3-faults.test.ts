import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after, describe, it } from 'node:test';
import { inspect } from 'node:util';
import { usualTuning } from '../../../src/backup/stores/s3/client.ts';
import { openS3 } from '../../../src/backup/stores/s3.ts';
import type { Store } from '../../../src/backup/stores/store.ts';
import { SuretyError } from '../../../src/core/error.ts';
import { type Fault, type S3Fake, type S3FakeOptions, startS3Fake } from '../../../src/testing/s3-fake.ts';
import { bytesOf, listed, nothingBelow, pieces, readWhole, refusedAs } from './contract.ts';

const partSize = 64 * 1024;
const context = { root: '/', signal: new AbortController().signal, secret: () => {} };
const attempts = 3;
const tuning = { ...usualTuning, attempts, partSize, connectTimeout: 1000, idleTimeout: 500 };
const small = bytesOf(1000);
const large = bytesOf(partSize * 3 + 5);

type Scene = { readonly fake: S3Fake; readonly store: Store };
const scenes: Scene[] = [];

async function scene(options: S3FakeOptions = {}): Promise<Scene> {
  const fake = await startS3Fake(options);
  const store = await openS3('offsite', fake.facts(), context, tuning);
  scenes.push({ fake, store });
  return { fake, store };
}

after(async () => {
  for (const { fake, store } of scenes) {
    await store.close();
    await fake.stop();
  }
});

async function putUnder(faults: readonly Fault[], bytes: Buffer, options: S3FakeOptions = {}) {
  const { fake, store } = await scene(options);
  for (const fault of faults) fake.inject(fault);
  const put = store.put('data', pieces(bytes));
  return { fake, store, put };
}

describe('what passes', () => {
  const passing: { readonly [name: string]: [Fault, Buffer] } = {
    'a 500 to a put': [{ on: 'PutObject', how: 500 }, small],
    'a 503 to a part': [{ on: 'UploadPart', how: 503, nth: 2 }, large],
    'a socket that is cut in a put': [{ on: 'PutObject', how: 'cut' }, small],
    'a socket that is cut in a part': [{ on: 'UploadPart', how: 'cut', nth: 2 }, large],
    'a lost answer to a put': [{ on: 'PutObject', how: 'cut-answer' }, small],
    'a lost answer to a part': [{ on: 'UploadPart', how: 'cut-answer' }, large],
    'a lost answer to the completion': [{ on: 'CompleteMultipartUpload', how: 'cut-answer' }, large],
    'every answer to the completion lost': [
      { on: 'CompleteMultipartUpload', how: 'cut-answer', times: attempts },
      large,
    ],
    'an error in the 200 of a completion': [{ on: 'CompleteMultipartUpload', how: 'error-in-200' }, large],
    'a part that is never answered': [{ on: 'UploadPart', how: 'stall' }, large],
    'a late answer': [{ on: 'HeadObject', how: 'slow' }, small],
  };
  for (const [name, [fault, bytes]] of Object.entries(passing)) {
    it(`${name} is got over`, async () => {
      const { fake, store, put } = await putUnder([fault], bytes);
      const done = await put;
      assert.deepEqual(await readWhole(store, 'data', done.version), bytes);
      assert.equal((await listed(store, 'data'))[0]?.version, done.version, 'the first is ours');
      assert.deepEqual(fake.uploads(), []);
    });
  }
});

describe('what does not pass', () => {
  const failing: { readonly [name: string]: [Fault, Buffer, string] } = {
    '500 to every put': [{ on: 'PutObject', how: 500, times: 99 }, small, 'store/unreachable'],
    '503 to every part': [{ on: 'UploadPart', how: 503, times: 99 }, large, 'store/unreachable'],
    '403 to a put': [{ on: 'PutObject', how: 403 }, small, 'store/refused'],
    '403 to a part in the middle': [{ on: 'UploadPart', how: 403, nth: 2 }, large, 'store/refused'],
    '403 to the beginning of an upload': [{ on: 'CreateMultipartUpload', how: 403 }, large, 'store/refused'],
    'every socket cut in a part': [{ on: 'UploadPart', how: 'cut', times: 99 }, large, 'store/unreachable'],
    'an error in the 200 of every completion': [
      { on: 'CompleteMultipartUpload', how: 'error-in-200', times: 99 },
      large,
      'store/unreachable',
    ],
    'no answer to any put': [{ on: 'PutObject', how: 'stall', times: 99 }, small, 'store/unreachable'],
    'no look afterwards': [{ on: 'HeadObject', how: 403, times: 99 }, small, 'store/refused'],
  };
  for (const [name, [fault, bytes, code]] of Object.entries(failing)) {
    it(`${name} is a failure with a name, and leaves nothing`, async () => {
      const { fake, store, put } = await putUnder([fault], bytes);
      await assert.rejects(put, refusedAs(code));
      await nothingBelow(store, 'data');
      assert.deepEqual(fake.versions(), []);
      assert.deepEqual(fake.uploads(), []);
    });
  }

  it('a failed part stops a body that hangs', async () => {
    const { fake, store } = await scene();
    fake.inject({ on: 'UploadPart', how: 403 });
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield large;
      await new Promise<never>(() => {});
    }
    await assert.rejects(store.put('data', hanging()), refusedAs('store/refused'));
    await nothingBelow(store, 'data');
  });

  it('takes back an upload that had just begun when it was stopped', async () => {
    const { fake, store } = await scene();
    const stop = new AbortController();
    const watch = setInterval(() => {
      if (fake.asked.includes('CreateMultipartUpload')) stop.abort(new Error('time is up'));
    }, 0);
    await assert.rejects(store.put('data', pieces(large), { signal: stop.signal }), /time is up/);
    clearInterval(watch);
    assert.deepEqual(fake.uploads(), []);
    await nothingBelow(store, 'data');
  });

  it('is not tried again where trying again is no use', async () => {
    const { fake, put } = await putUnder([{ on: 'PutObject', how: 403, times: 99 }], small);
    await assert.rejects(put);
    assert.equal(fake.asked.filter((one) => one === 'PutObject').length, 1);
  });

  it('is tried again so often, and no oftener', async () => {
    const { fake, put } = await putUnder([{ on: 'PutObject', how: 500, times: 99 }], small);
    await assert.rejects(put);
    assert.equal(fake.asked.filter((one) => one === 'PutObject').length, attempts);
  });
});

describe('a store that does not keep what it was given', () => {
  for (const bytes of [small, large]) {
    const how = bytes === small ? 'at once' : 'in parts';

    it(`forgets it: put ${how} fails`, async () => {
      const { put } = await putUnder([], bytes, { lies: ['forgets'] });
      await assert.rejects(put, refusedAs('store/incomplete'));
    });

    it(`changes it on the way: put ${how} fails, and takes back what is there`, async () => {
      for (const lies of [['corrupts'], ['corrupts', 'ignores-checksums']] as const) {
        const { fake, put } = await putUnder([], bytes, { lies });
        await assert.rejects(put, refusedAs('store/incomplete'));
        assert.deepEqual(fake.versions(), []);
        assert.deepEqual(fake.uploads(), []);
      }
    });

    it(`changes it, and cannot be asked for sums: put ${how} reads it again`, async () => {
      const { put } = await putUnder([], bytes, { lies: ['corrupts'], opaqueEtags: true, checksums: false });
      await assert.rejects(put, refusedAs('store/incomplete'));
    });

    it(`flips a bit later: what is read is not what was put ${how}`, async () => {
      const { fake, store, put } = await putUnder([], bytes);
      const { version } = await put;
      fake.corrupt('data');
      assert.notDeepEqual(await readWhole(store, 'data', version), bytes);
      fake.lose('data');
      assert.equal(await store.look('data', version), null);
      await assert.rejects(readWhole(store, 'data', version), refusedAs('store/no-object'));
    });
  }
});

describe('a process that is killed', () => {
  it('leaves an upload that is listed and can be discarded, and nothing to see', async () => {
    const { fake, store } = await scene();
    const from = JSON.stringify(import.meta.resolve('../../../src/backup/stores/open.ts'));
    const script = `
      import { openStore } from ${from};
      const facts = JSON.parse(process.env.TEST_FACTS);
      const store = await openStore('offsite', facts, { root: '/', signal: new AbortController().signal, secret() {} });
      async function* body() { for (let n = 0; ; n += 1) { yield Buffer.alloc(1024 * 1024); if (n === 20) process.stdout.write('on its way'); } }
      await store.put('killed', body());`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, TEST_FACTS: JSON.stringify(fake.facts()) },
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    assert.deepEqual(await listed(store, ''), []);
    const [left, ...others] = await store.unfinished('');
    assert.deepEqual(others, []);
    assert.equal(left?.key, 'killed');
    if (left !== undefined) await store.discard(left);
    if (left !== undefined) await store.discard(left);
    await nothingBelow(store, '');
  });
});

describe('reading', () => {
  it('goes on where the connection broke off', async () => {
    const { fake, store, put } = await putUnder([], large);
    const { version } = await put;
    fake.inject({ on: 'GetObject', how: 'cut-answer', times: 3 });
    assert.deepEqual(await readWhole(store, 'data', version), large);
  });

  it('gives up where it always breaks off', async () => {
    const { fake, store, put } = await putUnder([], large);
    const { version } = await put;
    fake.inject({ on: 'GetObject', how: 'cut-answer', times: 99 });
    await assert.rejects(readWhole(store, 'data', version), SuretyError);
  });

  it('says no, where it may not', async () => {
    const { fake, store, put } = await putUnder([], small);
    await put;
    fake.inject({ on: 'GetObject', how: 403, times: 99 });
    await assert.rejects(readWhole(store, 'data'), refusedAs('store/refused'));
    fake.inject({ on: 'ListObjectVersions', how: 403, times: 99 });
    await assert.rejects(listed(store, ''), refusedAs('store/refused'));
  });
});

describe('what a failure says', () => {
  it('names no key', async () => {
    for (const how of [403, 500, 'cut', 'stall'] as const) {
      const { fake, put } = await putUnder([{ on: 'PutObject', how, times: 99 }], small);
      const error: unknown = await put.catch((thrown: unknown) => thrown);
      const text = inspect(error, { depth: 10, showHidden: true });
      assert.ok(error instanceof SuretyError);
      assert.ok(!text.includes(fake.secretAccessKey) && !text.includes(fake.accessKeyId), text);
      assert.doesNotMatch(text, /Signature|Authorization/i);
    }
  });

  it('says that nobody is there', async () => {
    const { fake, store } = await scene();
    await fake.stop();
    await assert.rejects(store.put('data', pieces(small)), refusedAs('store/unreachable'));
    await assert.rejects(store.skew(), refusedAs('store/unreachable'));
  });
});
