import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { privateKeyToPem, readLog, verifyLog } from '@surety/evidence';
import type { BackupSet } from '../../src/backup/sets.ts';
import { openFolder } from '../../src/backup/stores/folder.ts';
import { type PostgresServer, startServer } from '../../src/targets/postgres/server.ts';
import { databaseUrl, inDatabase, withClient } from '../../src/testing/pg-client.ts';
import { tenantCanaries, tenantSchema } from '../../src/testing/tenant-schema.ts';
import { type EstateFolder, estateFolder } from '../commands/estate-folder.ts';
import { type Keys, makeKeys, makeSet } from './made-backup.ts';

describe('surety drill', { concurrency: 1 }, () => {
  let server: PostgresServer;
  let folder: EstateFolder;
  let set: BackupSet;
  let keys: Keys;

  before(async () => {
    [keys, server] = await Promise.all([makeKeys(), startServer()]);
    await withClient(server.url, (client) =>
      client.query(
        `create role owner nologin; create role api login password 'canary-api'; create role inspector login bypassrls`,
      ),
    );
    await withClient(server.url, (client) => client.query('create database budget'));
    await inDatabase(server.url, 'budget', (client) => client.query(tenantSchema));
    const url = databaseUrl(server.url, 'budget');
    const api = new URL(url);
    api.username = 'api';
    api.password = 'canary-api';
    folder = estateFolder({
      'surety.config.ts': `export default ({ file }) => ({
        name: 'budget', environment: 'test', writer: 'laptop',
        targets: {
          'budget-db': { kind: 'postgres', url: file('.env.api'), tenancy: { setting: 'app.current_user_id' } },
          backups: { kind: 'backup', database: 'budget-db', url: file('.env.url'),
            stores: { vault: { folder: 'vault' }, offsite: { folder: 'offsite' } },
            recipients: ${JSON.stringify(keys.recipients)}, identity: file('.env.identity'), signers: ${JSON.stringify(keys.signers)},
            drill: { smoke: ['select count(*) = 3 from users'] } } } })`,
      '.env.url': url,
      '.env.api': api.href,
      '.env.identity': keys.identity,
      '.surety/keys/backup.pem': privateKeyToPem(keys.signer),
    });
    folder.now = new Date();
    for (const name of ['vault', 'offsite']) mkdirSync(join(folder.path, name));
    const store = await openFolder('vault', join(folder.path, 'vault'), new AbortController().signal);
    set = await makeSet({ url, store, keys });
    folder.now = new Date(Date.now() + 3_600_000);
  });

  after(async () => {
    folder?.remove();
    await server?.stop();
  });

  it('says that none ever passed, before the first', async () => {
    const { exit, out } = await folder.surety('drill', '--due');
    assert.equal(exit, 11);
    assert.equal(out, 'due       no drill of backups ever passed\n  hint: surety drill backups\n');
  });

  it('shows the ladder, what it took and what would be lost, and records it', async () => {
    const { exit, out, err } = await folder.surety('drill');
    assert.equal(exit, 0, out + err);
    const lines = out.split('\n');
    assert.equal(lines[0], 'drill     backups');
    assert.match(
      lines[1] ?? '',
      new RegExp(`^backup    ${set.backup}, from store vault, 1 h 0 min old, \\d+ MB`),
    );
    assert.match(out, /\n {3}1 {2}pass {5}authentic {3}\d+ parts/);
    assert.match(out, /\n {3}9 {2}pass {5}isolation {3}\d+ attacks as api refused/);
    assert.match(out, /\n {2}11 {2}pass {5}teardown {4}its process, its port, its files: gone/);
    assert.match(out, /\nrecovery {2}[\d.]+ s, within 4 h: fetch [\d.]+ s, decrypt [\d.]+ s, restore/);
    assert.match(
      out,
      /\nprojected \d+ s, within 4 h, for \d+ MB of production at this throughput; a projection is no test/,
    );
    assert.match(out, /\nloss {6}1 h 0 min, within 24 h\n/);
    assert.match(out, /\nreceipt {3}drills\/\S+\.json in vault, offsite, signed\n/);
    assert.match(out, /\npass {6}11 of 11 rungs passed\n$/);
    for (const canary of [...tenantCanaries, 'canary-api', keys.identity, 'postgresql:'])
      assert.ok(!(out + err).includes(canary), canary);

    const log = await readLog(join(folder.path, '.surety', 'log', 'laptop'));
    const drills = log.records.flatMap(({ record }) => (record.type === 'drill' ? [record] : []));
    assert.deepEqual(
      drills.map(({ outcome, backup, rungs }) => [outcome, backup, rungs.length]),
      [
        ['started', null, 0],
        ['pass', set.backup, 11],
      ],
    );
    const { problems } = await verifyLog(join(folder.path, '.surety', 'log', 'laptop'), { now: folder.now });
    assert.deepEqual(problems, []);
  });

  it('says when the next one is due, also where only the receipts are', async () => {
    const { exit, out } = await folder.surety('drill', '--due');
    assert.equal(exit, 0);
    assert.match(
      out,
      /^due {7}by \d{4}-\d\d-\d\d: the last one passed on .*, and one is due every 92 days\n$/,
    );
    const was = folder.now;
    folder.now = new Date(was.getTime() + 93 * 86_400_000);
    const late = await folder.surety('drill', '--due', '--json');
    folder.now = was;
    assert.equal(late.exit, 11);
    assert.equal(JSON.parse(late.out).overdue, true);
  });

  it('names the backup and the store that are asked for, and those that there are not', async () => {
    const none = await folder.surety('drill', '--store', 'offsite', '--json');
    assert.equal(none.exit, 11);
    const document = JSON.parse(none.out);
    assert.equal(document.backup, null);
    assert.equal(document.rungs[0].fact, 'no backup of budget in offsite with a manifest that verifies');
    assert.ok(document.rungs.slice(1).every(({ result }: { result: string }) => result === 'not-run'));
    const other = await folder.surety('drill', '--backup', '20200101T000000Z-00000000');
    assert.equal(other.exit, 11);
    assert.match(other.out, /1 {2}fail {5}authentic {3}no backup 20200101T000000Z-00000000 in any store/);
    assert.match(other.out, /loss {6}everything: there is no backup/);
    const store = await folder.surety('drill', '--store', 'nowhere');
    assert.equal(store.exit, 2);
  });

  it('wants a key whose signature counts', async () => {
    folder.write('.surety/keys/backup.pem', '');
    const { exit, err } = await folder.surety('drill');
    assert.notEqual(exit, 0);
    assert.match(err, /drill\/no-key/);
  });
});
