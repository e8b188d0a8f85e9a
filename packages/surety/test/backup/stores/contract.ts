import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { it } from 'node:test';
import fc from 'fast-check';
import type { Store, StoredObject } from '../../../src/backup/stores/store.ts';
import { SuretyError } from '../../../src/core/error.ts';

/** What every store has to do, whatever it is made of. */
export type Bench = {
  readonly store: Store;
  /** Where it begins to cut objects, or a folder its reads. */
  readonly border: number;
  /** How many random objects are tried. */
  readonly runs: number;
};

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Bytes that differ from place to place, so that what is swapped or repeated shows. */
export function bytesOf(length: number, seed = 1): Buffer {
  const bytes = Buffer.alloc(length);
  let state = seed;
  for (let at = 0; at < length; at += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

export async function* pieces(bytes: Buffer, size = 1000): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

export async function readWhole(store: Store, key: string, version: string | null = null): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(key, version)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export async function listed(store: Store, prefix: string): Promise<(StoredObject & { latest: boolean })[]> {
  const found: (StoredObject & { latest: boolean })[] = [];
  for await (const one of store.list(prefix)) found.push(one);
  return found;
}

export const refusedAs = (code: string) => (error: unknown) => {
  assert.ok(error instanceof SuretyError, String(error));
  assert.equal(error.code, code, error.message);
  return true;
};

/** Whatever was tried below the prefix left nothing behind: neither an object nor a part of one. */
export async function nothingBelow(store: Store, prefix: string): Promise<void> {
  assert.deepEqual(await listed(store, prefix), []);
  assert.deepEqual(await store.unfinished(prefix), []);
}

/** Declares the tests; `bench` is asked when they run. */
export function storeContract(bench: () => Bench): void {
  it('gives back what was put, and says what that is', async () => {
    const { store, border } = bench();
    const bytes = bytesOf(border * 2 + 17);
    const put = await store.put('backups/one/data-0', pieces(bytes));
    assert.equal(put.bytes, bytes.length);
    assert.equal(put.sha256, sha256(bytes));
    assert.equal(put.lockedUntil, null);
    assert.ok(Math.abs(Date.parse(put.modified) - Date.now()) < 60_000, put.modified);
    assert.deepEqual(await readWhole(store, put.key, put.version), bytes);
    const { sha256: _, ...object } = put;
    assert.deepEqual(await store.look(put.key, put.version), object);
    assert.equal((await listed(store, 'backups/one/')).length, 1);
  });

  it('takes any bytes, around every border of its parts', async () => {
    const { store, border, runs } = bench();
    const around = [border - 1, border, border + 1, 2 * border - 1, 2 * border, 2 * border + 1, 3 * border];
    const size = fc.oneof(fc.constantFrom(0, 1, ...around), fc.integer({ min: 0, max: 3 * border }));
    let number = 0;
    await fc.assert(
      fc.asyncProperty(
        size,
        fc.integer({ min: Math.ceil(border / 50), max: 2 * border }),
        fc.nat(),
        async (length, cut, seed) => {
          number += 1;
          const bytes = bytesOf(length, seed);
          const put = await store.put(`any/${number}`, pieces(bytes, cut));
          assert.equal(put.sha256, sha256(bytes));
          assert.ok(bytes.equals(await readWhole(store, put.key, put.version)));
        },
      ),
      { numRuns: runs },
    );
  });

  it('keeps nothing of a body that throws, and throws what it threw', async () => {
    const { store, border } = bench();
    for (const before of [0, 10, border * 2 + 10]) {
      const died = new Error('pg_dump was killed');
      async function* dying(): AsyncGenerator<Uint8Array> {
        yield bytesOf(before);
        throw died;
      }
      await assert.rejects(store.put('dies/data', dying()), (error) => error === died);
      await nothingBelow(store, 'dies/');
    }
  });

  it('keeps nothing when it is stopped, also while the body hangs', async () => {
    const { store, border } = bench();
    const stop = new AbortController();
    async function* hanging(): AsyncGenerator<Uint8Array> {
      yield bytesOf(border * 2 + 10);
      setImmediate(() => stop.abort(new Error('time is up')));
      await new Promise<never>(() => {});
    }
    // Or the process would end: nothing else is under way.
    const awake = setInterval(() => {}, 1000);
    await assert.rejects(store.put('stopped/data', hanging(), { signal: stop.signal }), /time is up/);
    clearInterval(awake);
    await nothingBelow(store, 'stopped/');
  });

  it('shows nothing while the body is under way, but that it is', async () => {
    const { store, border } = bench();
    const seen: unknown[] = [];
    async function* slow(): AsyncGenerator<Uint8Array> {
      yield bytesOf(border * 3);
      seen.push(await store.look('slow/data'), (await listed(store, 'slow/')).length);
      seen.push((await store.unfinished('slow/')).map(({ key }) => key));
      yield bytesOf(1);
    }
    await store.put('slow/data', slow());
    assert.deepEqual(seen, [null, 0, ['slow/data']]);
    assert.deepEqual(await store.unfinished(''), []);
  });

  it('refuses a key that is taken, and leaves what is there', async () => {
    const { store } = bench();
    const first = await store.put('taken/data', pieces(bytesOf(10)));
    await assert.rejects(store.put('taken/data', pieces(bytesOf(20))), refusedAs('store/taken'));
    assert.equal((await listed(store, 'taken/')).length, 1);
    assert.deepEqual(await readWhole(store, 'taken/data', first.version), bytesOf(10));
  });

  it('lets exactly one of several win a key at once', async () => {
    const { store, border } = bench();
    for (const length of [10, border * 2]) {
      const key = `race/${length}`;
      const bodies = [1, 2, 3].map((seed) => bytesOf(length, seed));
      const puts = await Promise.allSettled(bodies.map((bytes) => store.put(key, pieces(bytes))));
      const won = puts.findIndex(({ status }) => status === 'fulfilled');
      const lost = puts.filter(({ status }) => status === 'rejected');
      assert.equal(lost.length, 2, 'two lose');
      for (const one of lost) refusedAs('store/taken')(one.status === 'rejected' ? one.reason : null);
      const [left, ...others] = await listed(store, key);
      assert.deepEqual(others, []);
      assert.deepEqual(await readWhole(store, key, left?.version ?? null), bodies[won]);
    }
  });

  it('refuses keys that lead elsewhere or could be unfinished', async () => {
    const { store } = bench();
    const keys = [
      '',
      '/',
      '/etc/passwd',
      '../up',
      'a/../b',
      'a//b',
      'a/',
      '.partial-x',
      'a/.b',
      'a b',
      'ä',
      'a\0b',
    ];
    for (const key of [...keys, 'a'.repeat(201)]) {
      await assert.rejects(store.put(key, pieces(bytesOf(1))), refusedAs('store/key'), JSON.stringify(key));
      await assert.rejects(readWhole(store, key), refusedAs('store/key'));
      await assert.rejects(store.look(key), refusedAs('store/key'));
      await assert.rejects(store.remove(key, null), SuretyError);
    }
    await assert.rejects(listed(store, '../'), refusedAs('store/key'));
  });

  it('says that there is nothing where there is nothing', async () => {
    const { store } = bench();
    assert.equal(await store.look('nothing/here'), null);
    await assert.rejects(readWhole(store, 'nothing/here'), refusedAs('store/no-object'));
    assert.deepEqual(await listed(store, 'nothing/'), []);
  });

  it('lists below any prefix, in order of keys', async () => {
    const { store } = bench();
    const keys = ['order/a', 'order/a-b', 'order/a.b', 'order/a/b', 'order/a0', 'order/B', 'orderly'];
    for (const key of keys) {
      if (key === 'order/a' && store.kind === 'folder') continue;
      await store.put(key, pieces(bytesOf(1)));
    }
    const below = async (prefix: string) => (await listed(store, prefix)).map(({ key }) => key);
    const all = keys.filter((key) => store.kind !== 'folder' || key !== 'order/a').sort();
    assert.deepEqual(await below('order'), all);
    assert.deepEqual(
      await below('order/'),
      all.filter((key) => key !== 'orderly'),
    );
    assert.deepEqual(
      await below('order/a'),
      all.filter((key) => key.startsWith('order/a')),
    );
    assert.deepEqual(await below('order/a/'), ['order/a/b']);
  });

  it('removes what it is told to, and nothing twice', async () => {
    const { store } = bench();
    const { key, version } = await store.put('goes/deep/data', pieces(bytesOf(10)));
    await store.put('goes/deep/stays', pieces(bytesOf(10)));
    await store.remove(key, version);
    await assert.rejects(store.remove(key, version), refusedAs('store/no-object'));
    assert.deepEqual(
      (await listed(store, 'goes/')).map((one) => one.key),
      ['goes/deep/stays'],
    );
  });

  it('tells the time and its room', async () => {
    const { store } = bench();
    assert.ok(Math.abs(await store.skew()) < 2000);
    const room = await store.room();
    assert.ok(room === null || room > 0);
  });

  it('loses what nothing holds back to whoever attacks it, and says so', async () => {
    const { store } = bench();
    const gone = await store.put('attacked/gone', pieces(bytesOf(10)));
    assert.equal((await store.tryRemove(gone.key, gone.version)).result, 'done');
    assert.equal(await store.look(gone.key, gone.version), null);
    const put = await store.put('attacked/over', pieces(bytesOf(10)));
    const { result, detail } = await store.tryOverwrite(put.key, put.version);
    if (put.version === null) assert.equal(result, 'done');
    else assert.deepEqual([result, detail], ['refused', 'kept']);
    assert.equal((await store.tryRemove('attacked/never', put.version)).result, 'broken');
  });
}
