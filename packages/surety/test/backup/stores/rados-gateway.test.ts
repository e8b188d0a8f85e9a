import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { type S3Facts, usualTuning } from '../../../src/backup/stores/s3/client.ts';
import { openS3 } from '../../../src/backup/stores/s3.ts';
import type { Store } from '../../../src/backup/stores/store.ts';
import { gatewayMissing, type RadosGateway, startRadosGateway } from '../../../src/testing/rados-gateway.ts';
import { bytesOf, listed, nothingBelow, pieces, readWhole, refusedAs, storeContract } from './contract.ts';

const partSize = 5 * 1024 * 1024;
const day = 86_400_000;
const context = { root: '/', signal: new AbortController().signal, secret: () => {} };
const openAt = (facts: S3Facts): Promise<Store> =>
  openS3('referee', facts, context, { ...usualTuning, partSize });

const missing = gatewayMissing();
const skip =
  missing === null
    ? false
    : `there is no ${missing} here: apt-get install radosgw ceph-mon ceph-osd ceph-common`;

describe("Ceph's S3, which nobody here wrote", { skip }, () => {
  let gateway: RadosGateway;
  let locked: Store;
  let versioned: Store;
  let facts: S3Facts;
  before(async () => {
    gateway = await startRadosGateway();
    facts = await gateway.bucket('locked', 'locked');
    locked = await openAt(facts);
    versioned = await openAt(await gateway.bucket('versioned', 'versioned'));
  });
  after(async () => {
    await locked?.close();
    await versioned?.close();
    await gateway?.stop();
  });

  describe('as a store', () => storeContract(() => ({ store: versioned, border: partSize, runs: 4 })));

  it('holds what is locked, against removal, overwriting and shortening', async () => {
    for (const length of [10, partSize + 10]) {
      const lockUntil = new Date(Date.now() + day);
      const put = await locked.put(`held/${length}`, pieces(bytesOf(length), 65_536), { lockUntil });
      assert.ok(Date.parse(put.lockedUntil ?? '') >= lockUntil.getTime());
      await assert.rejects(locked.remove(put.key, put.version), refusedAs('store/locked'));
      const tried = [
        await locked.tryRemove(put.key, put.version),
        await locked.tryShorten(put.key, put.version, new Date(Date.now() + day / 2)),
        await locked.tryOverwrite(put.key, put.version),
      ];
      assert.deepEqual(
        tried.map(({ result, detail }) => `${result} ${detail}`),
        ['refused AccessDenied', 'refused AccessDenied', 'refused kept'],
      );
      assert.ok(bytesOf(length).equals(await readWhole(locked, put.key, put.version)));
    }
  });

  it('lets the witness do the same where nothing is locked', async () => {
    const one = await locked.put('free/one', pieces(bytesOf(10)));
    assert.equal((await locked.tryRemove(one.key, one.version)).result, 'done');
    const two = await locked.put('free/two', pieces(bytesOf(10)));
    const until = new Date(Date.now() + 60_000);
    assert.equal((await locked.tryShorten(two.key, two.version, until)).result, 'done');
  });

  it('refuses a wrong Content-MD5, and keeps nothing of it', async () => {
    const { endpoint = '', region, accessKeyId, secretAccessKey } = facts;
    const client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
    const wrong = createHash('md5').update('other').digest('base64');
    const put = new PutObjectCommand({ Bucket: 'locked', Key: 'md5', Body: 'these', ContentMD5: wrong });
    await assert.rejects(client.send(put), { name: 'BadDigest' });
    await nothingBelow(locked, 'md5');
    client.destroy();
  });

  it('reads by version what a delete marker hides', async () => {
    const { endpoint = '', region, accessKeyId, secretAccessKey } = facts;
    const put = await locked.put('hidden', pieces(bytesOf(10)));
    const client = new S3Client({
      endpoint,
      region,
      forcePathStyle: true,
      credentials: { accessKeyId, secretAccessKey },
    });
    await client.send(new DeleteObjectCommand({ Bucket: 'locked', Key: 'hidden' }));
    client.destroy();
    assert.equal(await locked.look('hidden'), null);
    assert.deepEqual(await readWhole(locked, 'hidden', put.version), bytesOf(10));
    assert.deepEqual(
      (await listed(locked, 'hidden')).map(({ version, latest }) => [version === put.version, latest]),
      [[true, false]],
    );
  });

  it('is not taken for a locked store where it is none', async () => {
    const plain = await gateway.bucket('plain', 'plain');
    await assert.rejects(openAt({ ...plain, lock: 'object-lock' }), refusedAs('store/no-lock'));
    const noLock = await gateway.bucket('no-lock', 'versioned');
    await assert.rejects(openAt({ ...noLock, lock: 'object-lock' }), refusedAs('store/no-lock'));
    await assert.rejects(openAt({ ...plain, bucket: 'no-such' }), refusedAs('store/gone'));
    await assert.rejects(openAt({ ...plain, secretAccessKey: 'wrong' }), refusedAs('store/refused'));
  });
});
