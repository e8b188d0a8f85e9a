import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { openStore } from '../../../src/backup/stores/open.ts';
import { type S3Facts, usualTuning } from '../../../src/backup/stores/s3/client.ts';
import { openS3 } from '../../../src/backup/stores/s3.ts';
import type { Store } from '../../../src/backup/stores/store.ts';
import { type S3Fake, type S3FakeOptions, startS3Fake } from '../../../src/testing/s3-fake.ts';
import { bytesOf, listed, pieces, readWhole, refusedAs, storeContract } from './contract.ts';

const partSize = 64 * 1024;
const context = { root: '/', signal: new AbortController().signal, secret: () => {} };
const day = 86_400_000;

const openAt = (fake: S3Fake, over: Partial<S3Facts> = {}): Promise<Store> =>
  openS3('offsite', fake.facts(over), context, { ...usualTuning, partSize });

const kinds: { readonly [name: string]: S3FakeOptions } = {
  'that keeps versions': { pageSize: 7 },
  'without versions, as R2': {
    versions: false,
    pageSize: 7,
    evenParts: true,
    checksums: 'unknown',
  },
  'that knows neither conditions nor checksums, as an old radosgw': { conditional: false, checksums: false },
  'that refuses conditions and checksums': { conditional: 'unknown', checksums: 'unknown' },
  'that encrypts with keys of its own': { opaqueEtags: true, checksums: false },
};

for (const [name, options] of Object.entries(kinds)) {
  describe(`a bucket ${name}`, () => {
    let fake: S3Fake;
    let store: Store;
    before(async () => {
      fake = await startS3Fake(options);
      store = await openAt(fake, { prefix: 'budget/' });
    });
    after(async () => {
      await store.close();
      await fake.stop();
    });
    storeContract(() => ({ store, border: partSize, runs: 10 }));

    it('keeps everything below its prefix', () => {
      assert.ok(fake.versions().length > 0);
      for (const { key } of fake.versions()) assert.match(key, /^budget\//);
    });
  });
}

for (const lies of [[], ['drops-locks-of-parts']] as const)
  describe(`a bucket with Object Lock ${lies.join()}`, () => {
    let fake: S3Fake;
    let store: Store;
    before(async () => {
      fake = await startS3Fake({ lies });
      store = await openAt(fake, { lock: 'object-lock' });
    });
    after(async () => {
      await store.close();
      await fake.stop();
    });

    it('locks what is put in COMPLIANCE mode, small or in parts', async () => {
      for (const length of [10, partSize * 3]) {
        const lockUntil = new Date(Date.now() + 30 * day);
        const put = await store.put(`locked/${length}`, pieces(bytesOf(length)), { lockUntil });
        assert.ok(Date.parse(put.lockedUntil ?? '') >= lockUntil.getTime());
        assert.ok(Date.parse(put.lockedUntil ?? '') < lockUntil.getTime() + 1000);
        assert.equal((await store.look(put.key, put.version))?.lockedUntil, put.lockedUntil);
        assert.equal(fake.versions().find(({ key }) => key === put.key)?.lock?.mode, 'COMPLIANCE');
        await assert.rejects(store.remove(put.key, put.version), refusedAs('store/locked'));
        const attempts = [
          await store.tryRemove(put.key, put.version),
          await store.tryShorten(put.key, put.version, new Date(Date.now() + day)),
          await store.tryOverwrite(put.key, put.version),
        ];
        assert.deepEqual(
          attempts.map(({ result, detail }) => [result, detail]),
          [
            ['refused', 'AccessDenied'],
            ['refused', 'AccessDenied'],
            ['refused', 'kept'],
          ],
        );
        assert.deepEqual(await readWhole(store, put.key, put.version), bytesOf(length));
      }
    });

    it('lets the witness do what the attack may not: remove, and set a retention anew', async () => {
      const free = await store.put('free/data', pieces(bytesOf(10)));
      const { result } = await store.tryShorten(free.key, free.version, new Date(Date.now() + day));
      assert.equal(result, 'done');
      const other = await store.put('free/other', pieces(bytesOf(10)));
      assert.equal((await store.tryRemove(other.key, other.version)).result, 'done');
    });

    it('lets go when the lock has run out', async () => {
      const lockUntil = new Date(Date.now() + 60_000);
      const { key, version } = await store.put('expires/data', pieces(bytesOf(10)), { lockUntil });
      await assert.rejects(store.remove(key, version), refusedAs('store/locked'));
      fake.advance(62_000);
      await store.remove(key, version);
    });

    it('refuses a lock of a hundred years, one in the past and one that is no date', async () => {
      for (const lockUntil of [new Date('2126-01-01'), new Date('2020-01-01'), new Date('x')]) {
        const before = fake.versions().length;
        const put = store.put('typo/data', pieces(bytesOf(10)), { lockUntil });
        await assert.rejects(put, refusedAs('store/lock-period'));
        assert.equal(fake.versions().length, before);
      }
    });
  });

describe('a bucket that is attacked', () => {
  const attacked = async (options: S3FakeOptions): Promise<string[]> => {
    const fake = await startS3Fake(options);
    try {
      const store = await openAt(fake, { lock: 'object-lock' });
      const put = await store.put('canary', pieces(bytesOf(10)), { lockUntil: new Date(Date.now() + day) });
      const shorten = await store.tryShorten(put.key, put.version, new Date(Date.now() + 60_000));
      const remove = await store.tryRemove(put.key, put.version);
      return [shorten.result, remove.result, remove.detail];
    } finally {
      await fake.stop();
    }
  };

  it('is found out where it does not hold what it says it holds', async () => {
    assert.deepEqual(await attacked({}), ['refused', 'refused', 'AccessDenied']);
    assert.deepEqual(await attacked({ may: { bypass: true } }), ['refused', 'refused', 'AccessDenied']);
    assert.deepEqual(await attacked({ lies: ['ignores-locks'] }), ['done', 'done', 'removed']);
    assert.deepEqual(await attacked({ lies: ['lies-about-locks'] }), [
      'refused',
      'done',
      'removed, and called refused',
    ]);
  });

  it('is not taken for locked where it drops the lock', async () => {
    await assert.rejects(attacked({ lies: ['drops-locks'] }), refusedAs('store/not-locked'));
  });
});

describe('opening a bucket', () => {
  const opened = async (options: S3FakeOptions, over: (fake: S3Fake) => Partial<S3Facts>): Promise<void> => {
    const fake = await startS3Fake(options);
    try {
      await (await openAt(fake, over(fake))).close();
    } finally {
      await fake.stop();
    }
  };

  it('refuses what is not as the estate says', async () => {
    const locked = () => ({ lock: 'object-lock' as const });
    await assert.rejects(opened({ versions: false }, locked), refusedAs('store/no-lock'));
    await assert.rejects(opened({ objectLock: false }, locked), refusedAs('store/no-lock'));
    await assert.rejects(
      opened({}, () => ({ bucket: 'other' })),
      refusedAs('store/gone'),
    );
    await assert.rejects(
      opened({}, () => ({ accessKeyId: 'AKIAOTHER' })),
      refusedAs('store/refused'),
    );
    const r2 = 'https://0123.eu.r2.cloudflarestorage.com';
    await assert.rejects(
      opened({}, () => ({ ...locked(), endpoint: r2 })),
      refusedAs('store/no-lock'),
    );
  });

  it('refuses plain http to anywhere but this machine, and AWS without a region', async () => {
    for (const endpoint of ['http://minio.example:9000', 'http://127.0.0.1.example', 'ftp://127.0.0.1']) {
      await assert.rejects(
        opened({}, () => ({ endpoint })),
        refusedAs('store/plaintext'),
        endpoint,
      );
    }
    const fake = await startS3Fake();
    const { endpoint: _, ...facts } = fake.facts();
    await assert.rejects(openStore('offsite', facts, context), refusedAs('store/region'));
    await fake.stop();
  });

  it('says what clock the store has, and registers its keys as secrets', async () => {
    const fake = await startS3Fake({ skew: 90_000 });
    const secrets: string[] = [];
    const store = await openStore('offsite', fake.facts(), {
      ...context,
      secret: (value) => secrets.push(value),
    });
    const skew = await store.skew();
    assert.ok(Math.abs(skew - 90_000) < 3000, String(skew));
    assert.ok(secrets.includes(fake.secretAccessKey) && secrets.includes(fake.accessKeyId));
    await store.close();
    await fake.stop();
  });
});

describe('versions', () => {
  let fake: S3Fake;
  let store: Store;
  before(async () => {
    fake = await startS3Fake({ pageSize: 100 });
    store = await openAt(fake);
  });
  after(async () => {
    await store.close();
    await fake.stop();
  });

  /** Past the store, as somebody else with the same key. */
  async function ask(method: string, key: string): Promise<number> {
    const authorization = `AWS4-HMAC-SHA256 Credential=${fake.accessKeyId}/x`;
    const stamp = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    const headers = { authorization, 'x-amz-date': stamp };
    return (await fetch(`${fake.endpoint}/backups/${key}`, { method, headers })).status;
  }

  it('are read by their id, also where a later one or a delete marker hides them', async () => {
    const first = await store.put('hidden/data', pieces(bytesOf(10)));
    await store.tryOverwrite(first.key, first.version);
    assert.equal(await ask('DELETE', first.key), 204);
    assert.equal(await store.look(first.key), null);
    assert.deepEqual(await readWhole(store, first.key, first.version), bytesOf(10));
    const versions = await listed(store, 'hidden/');
    assert.deepEqual(
      versions.map(({ version, latest, bytes }) => [version === first.version, latest, bytes]),
      [
        [true, false, 10],
        [false, false, 11],
      ],
    );
    await assert.rejects(store.put(first.key, pieces(bytesOf(5))), refusedAs('store/taken'));
    await assert.rejects(store.remove(first.key, null), refusedAs('store/no-version'));
  });

  it('are listed by the thousand', async () => {
    const keys = Array.from({ length: 1234 }, (_, n) => `many/${String(n).padStart(5, '0')}`);
    for (const key of keys) assert.equal(await ask('PUT', key), 200);
    assert.deepEqual(
      (await listed(store, 'many/')).map(({ key }) => key),
      keys,
    );
  });
});
