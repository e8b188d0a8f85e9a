import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type RestoreOptions, restoreInto } from '../../src/backup/restore.ts';
import type { BackupSet } from '../../src/backup/sets.ts';
import { openFolder } from '../../src/backup/stores/folder.ts';
import type { Store } from '../../src/backup/stores/store.ts';
import { type PostgresServer, startServer } from '../../src/targets/postgres/server.ts';
import { databaseUrl, inDatabase, withClient } from '../../src/testing/pg-client.ts';
import { type Keys, makeKeys, makeSet, toolsFor } from './made-backup.ts';
import { richDatabase, richRoles, richSchema } from './rich-source.ts';

describe('restoreInto', () => {
  let live: PostgresServer;
  let virgin: PostgresServer;
  let folder: string;
  let store: Store;
  let keys: Keys;
  let set: BackupSet;
  const steps: string[] = [];

  before(async () => {
    [live, virgin, keys, folder] = await Promise.all([
      startServer(),
      startServer(),
      makeKeys(),
      mkdtemp(join(tmpdir(), 'surety-restore-')),
    ]);
    store = await openFolder('vault', folder, new AbortController().signal);
    await withClient(live.url, (client) => client.query(`${richRoles} create role ours superuser login`));
    await withClient(live.url, (client) => client.query('create database "Shop ""DB"" %I"'));
    await inDatabase(live.url, 'Shop "DB" %I', (client) => client.query(richSchema));
    await withClient(live.url, (client) => client.query(richDatabase('"Shop ""DB"" %I"')));
    set = await makeSet({ url: databaseUrl(live.url, 'Shop "DB" %I'), store, keys, big: ['shop.notes'] });
  });

  after(async () => {
    await Promise.all([live?.stop(), virgin?.stop(), rm(folder, { recursive: true, force: true })]);
  });

  const optionsFor = async (server: PostgresServer, database: string): Promise<RestoreOptions> => ({
    set,
    store,
    identity: keys.identity,
    server: server.url,
    database,
    tools: await toolsFor(server.url),
    now: () => new Date(),
    signal: AbortSignal.timeout(120_000),
    secret: () => undefined,
    step: (text) => steps.push(text),
  });

  it('gives a virgin server everything back', async () => {
    const restored = await restoreInto({ ...(await optionsFor(virgin, 'Shop "DB" %I')), roles: 'all' });
    assert.deepEqual(restored.differences, []);
  });

  it('leaves the roles of a live server as they are', async () => {
    const restored = await restoreInto(await optionsFor(live, 'beside'));
    assert.deepEqual(restored.differences, []);
  });
});
