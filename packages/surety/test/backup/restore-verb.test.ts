import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import pg from 'pg';
import type { BackupSet } from '../../src/backup/sets.ts';
import { openFolder } from '../../src/backup/stores/folder.ts';
import { type PostgresServer, startServer } from '../../src/targets/postgres/server.ts';
import { databaseUrl, inDatabase, withClient } from '../../src/testing/pg-client.ts';
import { type EstateFolder, estateFolder } from '../commands/estate-folder.ts';
import { type Keys, makeKeys, makeSet } from './made-backup.ts';
import { sampleSet, storeSet } from './sample-sets.ts';

const schema = `
  create table accounts (id int primary key, owner text not null, balance numeric not null);
  alter table accounts enable row level security; alter table accounts force row level security;
  create policy own on accounts using (owner = current_setting('app.who', true));
  grant select, delete on accounts to shop_app; alter table accounts owner to shop_owner;
  insert into accounts select n, case when n % 2 = 0 then 'ann' else 'ben' end, n from generate_series(1, 100) n;`;

describe('surety restore', () => {
  let server: PostgresServer;
  let folder: EstateFolder;
  let set: BackupSet;
  let keys: Keys;

  before(async () => {
    keys = await makeKeys();
    server = await startServer();
    await withClient(server.url, (client) =>
      client.query('create role shop_owner; create role shop_app login password $$canary-app$$'),
    );
    const url = databaseUrl(server.url, 'shop');
    folder = estateFolder({
      'surety.config.ts': `export default ({ file }) => ({
        name: 'shop', environment: 'test', writer: 'laptop',
        targets: { backups: { kind: 'backup', url: file('.env.url'), stores: { vault: { folder: 'vault' } },
          recipients: ${JSON.stringify(keys.recipients)}, identity: file('.env.identity'), signers: ${JSON.stringify(keys.signers)},
          restore: { url: file('.env.admin') } } } })`,
      '.env.url': url,
      '.env.admin': server.url,
      '.env.identity': keys.identity,
    });
    folder.now = new Date();
    mkdirSync(join(folder.path, 'vault'));
    await withClient(server.url, (client) => client.query('create database shop'));
    await inDatabase(server.url, 'shop', (client) => client.query(schema));
    const store = await openFolder('vault', join(folder.path, 'vault'), new AbortController().signal);
    set = await makeSet({ url, store, keys });
  });

  after(async () => {
    folder?.remove();
    await server?.stop();
  });

  beforeEach(async () => {
    folder.now = new Date(folder.now.getTime() + 60_000);
    await inDatabase(server.url, 'shop', (client) => client.query('delete from accounts where id > 50'));
  });

  const databases = async (): Promise<readonly string[]> =>
    withClient(server.url, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `select datname as name from pg_database where datname like 'shop%' order by 1`,
      );
      return rows.map(({ name }) => name);
    });
  const count = async (database = 'shop'): Promise<number> =>
    inDatabase(server.url, database, async (client) => {
      const { rows } = await client.query<{ n: number }>('select count(*)::int as n from accounts');
      return rows[0]?.n ?? -1;
    });

  it('lists what could be restored', async () => {
    const { exit, out } = await folder.surety('restore', '--list');
    assert.equal(exit, 0);
    assert.match(out, new RegExp(`^${set.backup}  vault  shop  `));
  });

  it('shows what will happen, swaps, keeps the former database, and goes back', async () => {
    const had = await databases();
    folder.answer = async (question) => {
      assert.match(question, /type the name shop to go on/);
      return 'shop\n';
    };
    const { exit, out, err } = await folder.surety('restore');
    assert.equal(exit, 0, err);
    assert.match(err, new RegExp(`backup +${set.backup}, from store vault, signed`));
    assert.match(err, /1 tables, 100 rows/);
    assert.match(err, /what was written since is not in it/);
    const [kept = ''] = (await databases()).filter((name) => !had.includes(name));
    assert.match(kept, /^shop_before_\d{8}T\d{6}Z$/);
    assert.match(out, new RegExp(`kept      ${kept}\n`));
    assert.deepEqual([await count(), await count(kept)], [100, 50]);

    const log = await folder.surety('undo');
    assert.match(log.out, new RegExp(`backup/restore-guarded:backups:${set.backup}`));

    folder.now = new Date(folder.now.getTime() + 1000);
    const back = await folder.surety('restore', '--back');
    assert.equal(back.exit, 0, back.err);
    assert.equal(await count(), 50);
    assert.ok(!(await databases()).includes(kept));
    for (const { out: printed, err: said } of [{ out, err }, back])
      assert.doesNotMatch(printed + said, /canary|AGE-SECRET-KEY|postgresql:/);
  });

  it('still isolates tenants after the restore', async () => {
    const { exit, err } = await folder.surety('restore', '--yes-i-mean', 'shop');
    assert.equal(exit, 0, err);
    const url = new URL(databaseUrl(server.url, 'shop'));
    url.username = 'shop_app';
    url.password = 'canary-app';
    await withClient(url.href, async (client) => {
      const seen = async (): Promise<number> => (await client.query('select from accounts')).rowCount ?? -1;
      assert.equal(await seen(), 0);
      await client.query(`set app.who = 'ann'`);
      assert.equal(await seen(), 50);
      assert.equal((await client.query(`delete from accounts where owner = 'ben'`)).rowCount, 0);
    });
  });

  it('asks a person, and takes neither silence nor another name for a yes', async () => {
    const before = await databases();
    const nobody = async (): Promise<string> => {
      throw new Error('nobody is here');
    };
    folder.answer = nobody;
    assert.equal((await folder.surety('restore')).exit, 1);
    folder.answer = async () => 'yes\n';
    const declined = await folder.surety('restore');
    assert.match(declined.err, /restore\/declined/);
    folder.answer = nobody;
    const other = await folder.surety('restore', '--yes-i-mean', 'production');
    assert.equal(other.exit, 2);
    assert.match(other.err, /--yes-i-mean says "production", and this is about "shop"; nothing was changed/);
    assert.deepEqual(await databases(), before);
    assert.equal(await count(), 50);
  });

  it('ends sessions only where that is allowed', async () => {
    const pool = new pg.Client({
      connectionString: databaseUrl(server.url, 'shop'),
      application_name: 'api',
    });
    pool.on('error', () => undefined);
    await pool.connect();
    try {
      const before = await databases();
      const refused = await folder.surety('restore', '--yes-i-mean', 'shop');
      assert.match(refused.err, /swap\/in-use\n {2}shop is in use by 1 sessions; nothing was changed/);
      assert.deepEqual(await databases(), before);
      const allowed = await folder.surety('restore', '--yes-i-mean', 'shop', '--end-sessions', '--json');
      assert.equal(allowed.exit, 0, allowed.err);
      assert.equal(JSON.parse(allowed.out).sessionsEnded, 1);
      assert.equal(await count(), 100);
    } finally {
      await pool.end().catch(() => undefined);
    }
  });

  it('restores beside, and refuses a name that is taken', async () => {
    const beside = await folder.surety('restore', '--into', 'shop look', '--yes-i-mean', 'shop look');
    assert.equal(beside.exit, 0, beside.err);
    assert.deepEqual([await count(), await count('shop look')], [50, 100]);
    const again = await folder.surety('restore', '--into', 'shop look', '--yes-i-mean', 'shop look');
    assert.match(again.err, /restore\/exists/);
    assert.equal(again.exit, 1);
  });

  it('restores the rows of one table into a database that only superusers enter', async () => {
    const { exit, out, err } = await folder.surety(
      ...['restore', '--table', 'public.accounts', '--yes-i-mean', 'shop', '--json'],
    );
    assert.equal(exit, 0, err);
    const { database, tables } = JSON.parse(out);
    assert.deepEqual(tables, [{ schema: 'public', name: 'accounts', rows: 100 }]);
    assert.deepEqual([await count(), await count(database)], [50, 100]);
    const url = new URL(databaseUrl(server.url, database));
    url.username = 'shop_app';
    url.password = 'canary-app';
    await assert.rejects(
      withClient(url.href, async () => undefined),
      /too many connections/,
    );
    folder.now = new Date(folder.now.getTime() + 1000);
    const odd = await folder.surety('restore', '--table', 'public.nothing', '--yes-i-mean', 'shop');
    assert.match(odd.err, /restore\/no-table/);
  });

  it('writes plain files that only we may read', async () => {
    const { exit, out, err } = await folder.surety('restore', '--to', 'plain');
    assert.equal(exit, 0, err);
    assert.match(err, /what is written is plaintext/);
    assert.match(out, /4 files/);
    const plain = join(folder.path, 'plain');
    assert.deepEqual(readdirSync(plain).sort(), ['data-0.dump', 'facts.json', 'globals.sql', 'outline.dump']);
    assert.equal(statSync(plain).mode & 0o777, 0o700);
    for (const name of readdirSync(plain)) assert.equal(statSync(join(plain, name)).mode & 0o777, 0o600);
    assert.match((await folder.surety('restore', '--to', 'plain')).err, /restore\/exists/);
  });

  it('takes no connection string as an argument', async () => {
    const { exit, err } = await folder.surety('restore', '--server', server.url, '--yes-i-mean', 'shop');
    assert.equal(exit, 2);
    assert.match(err, /usage\/secret-in-arguments/);
  });

  it('says what a restore left that was killed', async () => {
    await withClient(server.url, (client) =>
      client.query('create database "shop_restoring_20260101T000000Z"'),
    );
    const { err } = await folder.surety('restore', '--yes-i-mean', 'shop');
    assert.match(err, /left {6}shop_restoring_20260101T000000Z: of a restore that was broken off/);
  });

  it('takes no backup of another server that is called alike, unless that one is named', async () => {
    const { source } = set.manifest;
    const twin = sampleSet(new Date(), {
      source: { ...source, systemIdentifier: '7000000000000000000' },
    });
    const vault = join(folder.path, 'vault');
    const store = await openFolder('vault', vault, new AbortController().signal);
    await storeSet(store, twin, keys.signer);
    const { out } = await folder.surety(
      'restore',
      '--into',
      'shop_own',
      '--yes-i-mean',
      'shop_own',
      '--json',
    );
    assert.equal(JSON.parse(out).backup, set.backup, 'the server that it goes to tells whose it is');
    const elsewhere = await folder.surety('restore', '--to', join(folder.path, 'files'));
    assert.match(elsewhere.err, /restore\/whose[\s\S]*2 servers[\s\S]*--backup/);
    rmSync(join(vault, 'backups', twin.backup), { recursive: true });
  });

  it('says why there is nothing to restore', async () => {
    const { err } = await folder.surety('restore', '--at', '2020-01-01T00:00:00Z', '--yes-i-mean', 'shop');
    assert.match(err, /no verified backup of shop from before 2020/);
    writeFileSync(join(folder.path, 'vault', 'backups', set.backup, 'manifest.json'), '{}');
    const refused = await folder.surety('restore', '--yes-i-mean', 'shop');
    assert.match(refused.err, /restore\/no-backup[\s\S]*it is not a signed manifest/);
  });
});
