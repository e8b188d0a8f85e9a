import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openFolder } from '../../src/backup/stores/folder.ts';
import type { Terminal } from '../../src/commands/verb.ts';
import { command } from '../../src/main.ts';
import { type PostgresServer, startServer } from '../../src/targets/postgres/server.ts';
import { databaseUrl, inDatabase, withClient } from '../../src/testing/pg-client.ts';
import { type EstateFolder, estateFolder } from '../commands/estate-folder.ts';
import { makeKeys, makeSet } from './made-backup.ts';

const moments = 24;
const program = fileURLToPath(new URL('../../bin/surety.mjs', import.meta.url));

/** Whatever stops a restore, the name leads to the former database or to the new one, whole. */
describe('a restore that is stopped', () => {
  let server: PostgresServer;
  let folder: EstateFolder;
  let minutes = 0;

  before(async () => {
    const keys = await makeKeys();
    server = await startServer();
    const url = databaseUrl(server.url, 'shop');
    folder = estateFolder({
      'surety.config.ts': `export default ({ file }) => ({
        name: 'shop', environment: 'test', writer: 'laptop',
        targets: { backups: { kind: 'backup', url: file('.env.url'), stores: { vault: { folder: 'vault' } },
          recipients: ${JSON.stringify(keys.recipients)}, identity: file('.env.identity'), signers: ${JSON.stringify(keys.signers)},
          restore: { url: file('.env.url') } } } })`,
      '.env.url': url,
      '.env.identity': keys.identity,
    });
    mkdirSync(join(folder.path, 'vault'));
    await withClient(server.url, (client) => client.query('create database shop'));
    await inDatabase(server.url, 'shop', (client) =>
      client.query(`create role passing; create table t (id int primary key, body text);
        grant select on t to passing; insert into t select n, md5(n::text) from generate_series(1, 2000) n;
        create table more (id int primary key references t); insert into more select id from t`),
    );
    const store = await openFolder('vault', join(folder.path, 'vault'), new AbortController().signal);
    await makeSet({ url, store, keys, big: ['public.t'] });
    await inDatabase(server.url, 'shop', (client) => client.query('truncate more; drop table more'));
    await inDatabase(server.url, 'shop', (client) =>
      client.query('delete from t where id > 1000; revoke select on t from passing; drop role passing'),
    );
  });

  after(async () => {
    folder?.remove();
    await server?.stop();
  });

  const terminal = (signal: AbortSignal): Terminal => {
    minutes += 1;
    const now = new Date(Date.parse('2026-05-04T03:02:01.000Z') + minutes * 60_000);
    return {
      cwd: folder.path,
      env: { PATH: process.env.PATH, HOME: folder.path },
      interactive: false,
      columns: 100,
      signal,
      now: () => now,
      out: () => undefined,
      err: () => undefined,
      ask: async () => {
        throw new Error('nobody is here');
      },
    };
  };

  type State = {
    readonly live: 'former' | 'new';
    readonly others: readonly string[];
    readonly roles: number;
  };

  /** Throws where the name leads nowhere, or to half of something. */
  async function look(): Promise<State> {
    const counts = await inDatabase(server.url, 'shop', async (client) => {
      const { rows } = await client.query<{ t: number; more: string | null }>(
        `select (select count(*)::int from t) as t, to_regclass('more')::text as more`,
      );
      return rows[0];
    });
    const live = counts?.t === 1000 && counts.more === null ? 'former' : 'new';
    if (live === 'new') assert.deepEqual(counts, { t: 2000, more: 'more' });
    return withClient(server.url, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `select datname as name from pg_database where datname like 'shop\\_%' order by 1`,
      );
      const roles = await client.query(`select from pg_roles where rolname = 'passing'`);
      return { live, others: rows.map(({ name }) => name), roles: roles.rowCount ?? -1 };
    });
  }

  /** As it was before the first restore. */
  async function goBack({ live, others }: State): Promise<void> {
    await withClient(server.url, async (client) => {
      if (live === 'new') {
        await client.query('drop database shop with (force)');
        const [former] = others.filter((name) => name.startsWith('shop_before_'));
        await client.query(`alter database ${client.escapeIdentifier(former ?? '')} rename to shop`);
      }
      for (const name of others)
        if (name.startsWith('shop_restoring_'))
          await client.query(`drop database ${client.escapeIdentifier(name)} with (force)`);
      await client.query('drop role if exists passing');
    });
  }

  it(`leaves nothing half done, at ${moments} moments`, async () => {
    const began = performance.now();
    assert.equal(
      await command(['restore', '--yes-i-mean', 'shop'], terminal(new AbortController().signal)),
      0,
    );
    const whole = performance.now() - began;
    const first = await look();
    assert.equal(first.live, 'new');
    await goBack(first);
    const seen = { former: 0, new: 0 };
    for (let moment = 0; moment < moments; moment += 1) {
      const stop = new AbortController();
      const running = command(['restore', '--yes-i-mean', 'shop'], terminal(stop.signal));
      await sleep(((moment + Math.random()) / moments) * whole);
      stop.abort();
      const exit = await running;
      const state = await look();
      seen[state.live] += 1;
      assert.equal(exit === 0, state.live === 'new', `exit ${exit} with the ${state.live} one`);
      assert.deepEqual(
        state.others.map((name) => name.replace(/\d{8}T\d{6}Z$/, '')),
        state.live === 'new' ? ['shop_before_'] : [],
      );
      assert.equal(state.roles, state.live === 'new' ? 1 : 0);
      await goBack(state);
    }
    assert.ok(seen.former > 0);
  });

  it('leaves a whole database under the name even when it is killed', async () => {
    for (const share of [0.5, 0.9, 1]) {
      const child: ChildProcess = spawn(process.execPath, [program, 'restore', '--yes-i-mean', 'shop'], {
        cwd: folder.path,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      let said = '';
      const comparing = new Promise<void>((resolve) => {
        child.stderr?.on('data', (chunk: Buffer) => {
          said += chunk.toString('utf8');
          if (share > 0.8 ? said.includes('comparing the copy') : said.includes('restoring ')) resolve();
        });
        child.once('exit', () => resolve());
      });
      await comparing;
      await sleep(share * 100);
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      const state = await look();
      await goBack(state);
    }
  });
});
