import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import type { Manifest } from '../../src/backup/manifest.ts';
import { type RestoreOptions, restoreInto } from '../../src/backup/restore.ts';
import { seal } from '../../src/backup/seal.ts';
import { type BackupSet, inventory } from '../../src/backup/sets.ts';
import { openFolder } from '../../src/backup/stores/folder.ts';
import type { Store } from '../../src/backup/stores/store.ts';
import type { Tools } from '../../src/backup/tools.ts';
import { type PostgresServer, startServer } from '../../src/targets/postgres/server.ts';
import { databaseUrl, inDatabase, withClient } from '../../src/testing/pg-client.ts';
import { type Keys, type MakeOptions, makeKeys, makeSet, toolsFor } from './made-backup.ts';
import { richDatabase, richRoles, richSchema } from './rich-source.ts';

const source = 'Shop "DB" %I';

describe('restoreInto', () => {
  let live: PostgresServer;
  let virgin: PostgresServer;
  let folder: string;
  let store: Store;
  let keys: Keys;
  let set: BackupSet;
  let tools: Tools;

  before(async () => {
    [live, virgin, keys, folder] = await Promise.all([
      startServer(),
      startServer(),
      makeKeys(),
      mkdtemp(join(tmpdir(), 'surety-restore-')),
    ]);
    store = await openFolder('vault', folder, new AbortController().signal);
    await withClient(live.url, (client) => client.query(`${richRoles} create role ours superuser login`));
    await withClient(live.url, (client) => client.query(`create database "Shop ""DB"" %I"`));
    await inDatabase(live.url, source, (client) => client.query(richSchema));
    await withClient(live.url, (client) => client.query(richDatabase('"Shop ""DB"" %I"')));
    tools = await toolsFor(live.url);
    set = await another();
  });

  after(async () => {
    await Promise.all([live?.stop(), virgin?.stop(), rm(folder, { recursive: true, force: true })]);
  });

  const another = (change: Pick<MakeOptions, 'edit' | 'replace'> = {}): Promise<BackupSet> =>
    makeSet({ url: databaseUrl(live.url, source), store, keys, big: ['shop.notes'], ...change });

  const optionsFor = (server: PostgresServer, database: string): RestoreOptions => ({
    set,
    store,
    identity: keys.identity,
    server: server.url,
    database,
    tools,
    now: () => new Date(),
    signal: AbortSignal.timeout(120_000),
    secret: () => undefined,
    step: () => undefined,
  });

  /** Databases and roles, by name. */
  const belongings = (server: PostgresServer): Promise<readonly string[]> =>
    withClient(server.url, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `select 'database ' || datname as name from pg_database union all select 'role ' || rolname from pg_roles order by 1`,
      );
      return rows.map(({ name }) => name);
    });

  async function rejects(options: RestoreOptions, code: RegExp): Promise<void> {
    await assert.rejects(restoreInto(options), ({ code: got, message }: Error & { code?: string }) => {
      assert.match(`${got}: ${message}`, code);
      assert.doesNotMatch(message, /canary|AGE-SECRET|SCRAM/);
      return true;
    });
  }

  /** Refused, and nothing is left of it. */
  async function refused(
    server: PostgresServer,
    options: Partial<RestoreOptions>,
    code: RegExp,
  ): Promise<void> {
    const had = await belongings(server);
    await rejects({ ...optionsFor(server, 'refused'), ...options }, code);
    assert.deepEqual(await belongings(server), had);
  }

  /** Refused before anybody could be asked: there is no server, and nothing to restore with. */
  async function refusedUnasked(options: Partial<RestoreOptions>, code: RegExp): Promise<void> {
    const pgRestore = { ...tools.pgRestore, path: '/nowhere/pg_restore' };
    const nowhere = { server: 'postgresql://nobody@127.0.0.1:1/none', tools: { pgRestore } };
    await rejects({ ...optionsFor(live, 'refused'), ...nowhere, ...options }, code);
  }

  it('gives a virgin server everything back, and comes in as who it was', async () => {
    const secrets: string[] = [];
    const restored = await restoreInto({
      ...optionsFor(virgin, source),
      roles: 'all',
      secret: (value) => secrets.push(value),
    });
    assert.deepEqual(restored.differences, []);
    assert.deepEqual(restored.roles.kept, ['postgres']);
    assert.equal(restored.roles.created.length, 5);
    assert.ok(secrets.some((secret) => secret.startsWith('SCRAM-SHA-256$')));
    assert.ok(restored.bytes.plain > 0);
  });

  it('leaves the roles of a live server as they are', async () => {
    const restored = await restoreInto(optionsFor(live, 'beside "it"'));
    assert.deepEqual(restored.differences, []);
    assert.deepEqual(restored.roles.created, []);
  });

  it('makes only the roles that are missing, and says what differs', async () => {
    await withClient(virgin.url, (client) => client.query(`drop database "Shop ""DB"" %I"`));
    await withClient(virgin.url, (client) =>
      client.query('drop role shop_reader; alter role shop_api createdb'),
    );
    const restored = await restoreInto(optionsFor(virgin, 'again'));
    assert.deepEqual(restored.roles.created, ['shop_reader']);
    assert.match(
      restored.notes.join('\n'),
      /shop_api was there already and is not made a member of the new role shop_reader/,
    );
    assert.ok(restored.differences.some(({ name }) => name.includes('shop_api')));
    const { rows } = await withClient(virgin.url, (client) =>
      client.query<{ db: boolean }>(`select rolcreatedb as db from pg_roles where rolname = 'shop_api'`),
    );
    assert.equal(rows[0]?.db, true);
  });

  it('refuses a database that is there', () => refused(virgin, { database: 'again' }, /^restore\/exists/));

  it('refuses the wrong identity', async () => {
    const { identity } = await makeKeys();
    await refusedUnasked({ identity }, /^seal\/no-key/);
  });

  it('refuses any part that is not what was signed, before the server is asked', async () => {
    for (const part of set.manifest.parts) {
      const path = join(folder, part.key);
      const whole = await readFile(path);
      const flipped = Buffer.from(whole);
      const at = Math.floor(whole.length / 2);
      flipped.writeUInt8(whole.readUInt8(at) ^ 1, at);
      for (const bytes of [
        flipped,
        whole.subarray(0, -1),
        Buffer.concat([whole, Buffer.of(0)]),
        Buffer.of(),
      ]) {
        await writeFile(path, bytes);
        await refusedUnasked({}, /^restore\/altered/);
      }
      await rm(path);
      await refusedUnasked({}, /^store\/no-object/);
      await writeFile(path, whole, { mode: 0o600 });
    }
  });

  it('refuses a part of another backup, and one that anybody sealed', async () => {
    const other = await another();
    const [part] = set.manifest.parts.filter((one) => one.part === 'data-1');
    const [theirs] = other.manifest.parts.filter((one) => one.part === 'data-1');
    assert.ok(part !== undefined && theirs !== undefined);
    const path = join(folder, part.key);
    const whole = await readFile(path);
    await writeFile(path, await readFile(join(folder, theirs.key)));
    await refusedUnasked({}, /^restore\/altered/);
    const evil: Uint8Array[] = [];
    for await (const chunk of seal(Readable.from([Buffer.from('PGDMP evil')]), keys.recipients))
      evil.push(chunk);
    await writeFile(path, Buffer.concat(evil));
    await refusedUnasked({}, /^restore\/altered/);
    await writeFile(path, whole);
  });

  it('gives out nothing of a part that is exchanged after it was checked', async () => {
    const evil: Uint8Array[] = [];
    for await (const chunk of seal(Readable.from([Buffer.from('PGDMP evil')]), keys.recipients))
      evil.push(chunk);
    const seen = new Set<string>();
    const exchanging: Store = {
      ...store,
      read: (key, version, signal) => {
        const again = seen.has(key) && key.endsWith('/outline');
        seen.add(key);
        return again ? Readable.from([Buffer.concat(evil)]) : store.read(key, version, signal);
      },
    };
    await refusedUnasked(
      { store: exchanging },
      /^restore\/altered: part outline .* exchanged after it had been checked/,
    );
  });

  it('does not know a manifest that somebody else signed', async () => {
    const theirs = await makeKeys();
    const { sets, others } = await inventory(store, theirs.signers);
    assert.deepEqual(sets, []);
    assert.match(others[0]?.why ?? '', /none of the signers/);
  });

  it('refuses parts that nobody knows', async () => {
    const edit = (manifest: Manifest): Manifest => ({
      ...manifest,
      parts: manifest.parts.filter(({ part }) => part !== 'data-0'),
    });
    await refusedUnasked({ set: await another({ edit }) }, /^restore\/odd-parts: .*it has no part data-0/);
    const physical = await another({ edit: (manifest) => ({ ...manifest, engine: 'physical' }) });
    await refusedUnasked({ set: physical }, /^restore\/not-logical/);
  });

  it('refuses servers, dumps and programs that do not fit together', async () => {
    const newer = await another({
      edit: (manifest) => ({ ...manifest, source: { ...manifest.source, server: '99.1' } }),
    });
    await refused(live, { set: newer }, /^restore\/server-older/);
    const undumpable = await another({ edit: (manifest) => ({ ...manifest, tools: { pg_dump: '99.1' } }) });
    await refused(live, { set: undumpable }, /^restore\/dump-newer/);
    const { pgRestore } = tools;
    const unsafe = { pgRestore: { ...pgRestore, version: { major: 15, minor: 1, text: '15.1' } } };
    await refused(live, { tools: unsafe }, /^tools\/unsafe/);
  });

  it('refuses a role that is no superuser, and says what it lacks', async () => {
    const url = new URL(live.url);
    url.username = 'shop_api';
    url.password = 'canary-api-password';
    await refused(
      live,
      { server: url.href },
      /^restore\/not-superuser: shop_api .* lacks SUPERUSER, CREATEDB, CREATEROLE, BYPASSRLS/,
    );
  });

  it('refuses where an extension or the room is missing, before anything is made', async () => {
    const evil = (plain: Buffer): Buffer =>
      Buffer.from(plain.toString('latin1').replaceAll('pgcrypto', 'pgcryptx'), 'latin1');
    const missing = await another({ replace: { outline: evil } });
    await refused(live, { set: missing }, /^restore\/no-extension: .*pgcryptx/);
    const huge = await another({
      edit: (manifest) => ({ ...manifest, source: { ...manifest.source, size: Number.MAX_SAFE_INTEGER } }),
    });
    await refused(live, { set: huge }, /^restore\/no-room/);
  });

  it('takes everything back where the server does not take something', async () => {
    await withClient(virgin.url, (client) => client.query('drop database again'));
    await withClient(virgin.url, (client) => client.query('drop role shop_reader'));
    const cut = (plain: Buffer): Buffer => plain.subarray(0, plain.length - 700);
    await refused(virgin, { set: await another({ replace: { 'data-0': cut } }) }, /^restore\/refused/);
    const unknownType = (plain: Buffer): Buffer =>
      Buffer.from(plain.toString('latin1').replaceAll('COPY shop.notes', 'COPY shop.nopes'), 'latin1');
    await refused(
      virgin,
      { set: await another({ replace: { 'data-1': unknownType } }) },
      /^restore\/refused/,
    );
  });

  it('sees rows that did not come back', async () => {
    const fewer = (plain: Buffer): Buffer =>
      Buffer.from(plain.toString('latin1').replaceAll('canary-row-value', 'canary-raw-value'), 'latin1');
    const restored = await restoreInto({
      ...optionsFor(live, 'otherwise'),
      set: await another({ replace: { 'data-1': fewer } }),
    });
    assert.deepEqual(
      restored.differences.map(({ kind, name }) => [kind, name]),
      [['rows', 'shop.notes']],
    );
  });

  it('runs no statement of the roles that it cannot read', async () => {
    const slipped = (plain: Buffer): Buffer =>
      Buffer.from(
        plain.toString('utf8').replace(/^CREATE ROLE/m, 'ALTER SYSTEM SET work_mem TO 1;\nCREATE ROLE'),
      );
    const restored = await restoreInto({
      ...optionsFor(live, 'unread'),
      set: await another({ replace: { globals: slipped } }),
    });
    assert.match(restored.notes.join('\n'), /left out of the roles: `alter system …`/);
    const command = (plain: Buffer): Buffer =>
      Buffer.from(plain.toString('utf8').replace(/^CREATE ROLE/m, '\\! touch /tmp/owned\nCREATE ROLE'));
    await refused(live, { set: await another({ replace: { globals: command } }) }, /^restore\/globals/);
    await refused(
      live,
      { set: await another({ replace: { globals: (plain) => plain.subarray(0, -60) } }) },
      /^restore\/globals/,
    );
  });

  it('leaves no plaintext on the way, and no password in any argument', async () => {
    const spy = join(folder, 'spy');
    const { pgRestore } = tools;
    await writeFile(
      spy,
      `#!/bin/sh\nprintf '%s\\n' "$@" >> ${folder}/arguments; ls /dev/shm >> ${folder}/memory; exec ${pgRestore.path} "$@"\n`,
    );
    await chmod(spy, 0o755);
    const spied = { pgRestore: { ...pgRestore, path: spy } };
    await restoreInto({ ...optionsFor(live, 'spied'), tools: spied });
    const said = await readFile(join(folder, 'arguments'), 'utf8');
    assert.match(said, /--exit-on-error/);
    assert.ok(!said.includes(new URL(live.url).password));
    assert.doesNotMatch(await readFile(join(folder, 'memory'), 'utf8'), /surety-restore-/);
    assert.deepEqual(
      (await readdir('/dev/shm')).filter((name) => name.startsWith('surety-restore-')),
      [],
    );
  });
});
