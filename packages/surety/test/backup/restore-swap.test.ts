import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { besideName, besides } from '../../src/backup/restore/names.ts';
import { type SwapOptions, swapDatabases } from '../../src/backup/swap.ts';
import { type PostgresServer, startServer } from '../../src/targets/postgres/server.ts';
import { databaseUrl, inDatabase, withClient } from '../../src/testing/pg-client.ts';

describe('swapDatabases', () => {
  let server: PostgresServer;

  before(async () => {
    server = await startServer({ settings: { max_prepared_transactions: '2' } });
  });
  after(() => server?.stop());

  beforeEach(async () => {
    for (const name of ['shop', 'next', 'aside']) {
      await withClient(server.url, (client) => client.query(`drop database if exists ${name} with (force)`));
    }
    for (const name of ['shop', 'next']) {
      await withClient(server.url, (client) => client.query(`create database ${name}`));
      await inDatabase(server.url, name, (client) => client.query(`create table is_${name} ()`));
    }
  });

  const options = (change: Partial<SwapOptions> = {}): SwapOptions => ({
    server: { url: databaseUrl(server.url, 'shop') },
    live: 'shop',
    next: 'next',
    aside: 'aside',
    endSessions: true,
    signal: new AbortController().signal,
    ...change,
  });

  /** Which of the two has that name. */
  const whatIs = (database: string): Promise<string> =>
    inDatabase(server.url, database, async (client) => {
      const { rows } = await client.query<{ name: string }>(
        `select relname as name from pg_class where relname like 'is\\_%'`,
      );
      return rows[0]?.name ?? '';
    });

  it('never leaves the name without a database, while applications come back all the time', async () => {
    let over = false;
    const states = new Set<string>();
    const come = async (): Promise<void> => {
      while (!over) {
        const client = new pg.Client({ connectionString: databaseUrl(server.url, 'shop') });
        client.on('error', () => undefined);
        try {
          await client.connect();
          await client.query('select pg_sleep(0.01)');
        } catch (error) {
          states.add(error instanceof pg.DatabaseError ? (error.code ?? '') : 'cut');
        } finally {
          await client.end().catch(() => undefined);
        }
      }
    };
    const applications = [come(), come(), come(), come()];
    const swapped = await swapDatabases(options());
    assert.equal(swapped.kept, 'aside');
    assert.equal(await whatIs('shop'), 'is_next');
    assert.equal(await whatIs('aside'), 'is_shop');
    // And back, as often as one likes.
    await swapDatabases(options({ next: 'aside', aside: 'next' }));
    assert.equal(await whatIs('shop'), 'is_shop');
    over = true;
    await Promise.all(applications);
    // Ended, renamed just then, or cut while connecting.
    for (const state of states) assert.ok(['57P01', '3D000', 'cut'].includes(state), state);
  });

  it('ends nobody who may stay', async () => {
    await inDatabase(server.url, 'shop', async (client) => {
      await assert.rejects(swapDatabases(options({ endSessions: false })), {
        code: 'swap/in-use',
        message: /shop is in use: 1 of postgres; nothing was renamed/,
      });
      await client.query('select 1');
    });
    assert.equal(await whatIs('shop'), 'is_shop');
  });

  it('takes the first rename back when the second cannot be', async () => {
    await inDatabase(server.url, 'next', (client) =>
      client.query(`begin; create table held (); prepare transaction 'held'`),
    );
    await assert.rejects(swapDatabases(options()), { code: 'swap/in-use' });
    assert.deepEqual([await whatIs('shop'), await whatIs('next')], ['is_shop', 'is_next']);
    await inDatabase(server.url, 'next', (client) => client.query(`rollback prepared 'held'`));
  });

  it('stops until the last moment', async () => {
    const stop = new AbortController();
    await withClient(server.url, async (client) => {
      await client.query('begin; lock table pg_database in share mode');
      const swapping = swapDatabases(options({ signal: stop.signal }));
      const refused = assert.rejects(swapping, { name: 'AbortError' });
      const waits = `select from pg_stat_activity where wait_event_type = 'Lock' and query like 'alter database%'`;
      while ((await client.query(waits)).rowCount === 0) {
        await sleep(20);
        await client.query('select pg_stat_clear_snapshot()');
      }
      stop.abort();
      await client.query('rollback');
      await refused;
    });
    assert.deepEqual([await whatIs('shop'), await whatIs('next')], ['is_shop', 'is_next']);
  });

  it('gives a free name, and takes none that somebody has', async () => {
    await assert.rejects(swapDatabases(options({ aside: null })), { code: 'swap/taken' });
    await assert.rejects(swapDatabases(options({ next: 'nothing' })), { code: 'swap/missing' });
    const free = await swapDatabases(options({ live: 'free', aside: null }));
    assert.equal(free.kept, null);
    assert.equal(await whatIs('free'), 'is_next');
    await withClient(server.url, (client) => client.query('drop database free'));
  });
});

describe('names beside a database', () => {
  const now = new Date('2026-11-22T12:01:02.345Z');

  it('say what it is and from when', () => {
    assert.equal(besideName('shop', 'before', now), 'shop_before_20261122T120102Z');
  });

  it('fit, and are found again, however long the name is', () => {
    for (const name of ['shop', 'x'.repeat(63), 'ä'.repeat(31), `${'x'.repeat(38)}ä${'y'.repeat(10)}`]) {
      const beside = besideName(name, 'before', now);
      assert.ok(Buffer.byteLength(beside) <= 63, beside);
      assert.deepEqual(besides([beside, name, 'other_before_20261122T120102Z'], name, 'before'), [beside]);
    }
  });

  it('are found newest first, and only those of this database', () => {
    const names = [
      'shop_before_20250101T000000Z',
      'shop_before_20260101T000000Z',
      'shops_before_20260101T000000Z',
      'shop_restoring_20260101T000000Z',
    ];
    assert.deepEqual(besides(names, 'shop', 'before'), [names[1], names[0]]);
  });
});
