import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import type pg from 'pg';
import { addAmcheck, checkStorage, findAmcheck, sequencesBehind, smoke } from '../../src/backup/integrity.ts';
import { connect } from '../../src/targets/postgres/connection.ts';
import { type PostgresServer, startServer } from '../../src/targets/postgres/server.ts';
import { withClient } from '../../src/testing/pg-client.ts';

describe('what is wrong although every row is there', { concurrency: 1 }, () => {
  let server: PostgresServer;
  const { signal } = new AbortController();

  before(async () => {
    // So few that a page that was written is read again from its file.
    server = await startServer({ settings: { shared_buffers: '1MB' } });
    await withClient(server.url, (client) =>
      client.query(`create table bills (id serial primary key, word text, kept boolean default true);
        insert into bills (word) select 'word ' || n from generate_series(1, 2000) n; create index words on bills (word)`),
    );
  });

  after(() => server?.stop());

  const inside = <T>(work: (client: pg.Client) => Promise<T>): Promise<T> => withClient(server.url, work);

  it('says that amcheck is missing, or that the role may not run it', () =>
    inside(async (client) => {
      await assert.rejects(findAmcheck(client), {
        code: 'integrity/no-amcheck',
        hint: 'create extension amcheck',
      });
      await client.query('create extension amcheck; create role dumper; set role dumper');
      await assert.rejects(findAmcheck(client), {
        code: 'integrity/may-not-check',
        hint: 'grant execute on all functions in schema public to dumper',
      });
      await client.query('reset role; drop extension amcheck');
    }));

  it('checks every index and table of a sound database', () =>
    inside(async (client) => {
      const { indexes, tables, faults } = await checkStorage(client, await addAmcheck(client), signal);
      assert.deepEqual(faults, []);
      assert.ok(indexes > 100 && tables > 60, `${indexes} ${tables}`);
    }));

  it('names an index that lacks what its table holds, and nothing of the row', () =>
    inside(async (client) => {
      // The index does not hear of it.
      await client.query(
        `update pg_index set indisready = false, indisvalid = false where indexrelid = 'words'::regclass`,
      );
      await client.query(`insert into bills (word) values ('canary-value')`);
      await client.query(
        `update pg_index set indisready = true, indisvalid = true where indexrelid = 'words'::regclass`,
      );
      const { faults } = await checkStorage(client, await findAmcheck(client), signal);
      assert.deepEqual(faults, [{ relation: 'public.words', fact: 'XX001' }]);
      await client.query('reindex index words');
    }));

  it('names a table with a page that cannot be', async () => {
    const path = await inside(async (client) => {
      await client.query(`create table pages as select n, 'x' as t from generate_series(1, 500) n`);
      await client.query('checkpoint');
      const { rows } = await client.query<{ path: string }>(
        `select current_setting('data_directory') || '/' || pg_relation_filepath('pages') as path`,
      );
      return rows[0]?.path ?? '';
    });
    const file = await open(path, 'r+');
    // Where the page says that its second row begins: nowhere that a row can.
    await file.write(Buffer.from([0xff, 0x9f]), 0, 2, 24 + 4);
    await file.close();
    const { faults } = await inside(async (client) =>
      checkStorage(client, await findAmcheck(client), signal),
    );
    assert.deepEqual(
      faults.map(({ relation }) => relation),
      ['public.pages'],
    );
    await inside((client) => client.query('drop table pages'));
  });

  it('names a sequence that is behind its column, up or down', () =>
    inside(async (client) => {
      await client.query(`create table up (id bigint generated always as identity, n int);
        create table down (id int generated always as identity (increment -1)); create table fresh (id serial);
        insert into up (n) select 1 from generate_series(1, 9); insert into down default values; insert into down default values`);
      assert.deepEqual(await sequencesBehind(client), []);
      await client.query(`select setval('up_id_seq', 8), setval('down_id_seq', -1)`);
      assert.deepEqual(await sequencesBehind(client), ['public.down_id_seq', 'public.up_id_seq']);
      await client.query(
        `select setval('up_id_seq', 9), setval('down_id_seq', -2, false); insert into fresh values (1)`,
      );
      assert.deepEqual(await sequencesBehind(client), ['public.down_id_seq', 'public.fresh_id_seq']);
    }));

  it('asks what the application asks, and lets it change nothing', async () => {
    const connection = await connect({ url: server.url, who: 'who asks', signal });
    try {
      assert.deepEqual(
        await smoke(connection, [
          'select 1',
          'select true as a, count(*) > 100000 as many from bills',
          'select 1 where false',
          'select max(n) > 0 as many from (values (1), (null)) b (n) where n is null',
          'select null as a, 1 as b',
          'select * from nowhere',
          'delete from bills returning 1',
          'select 1; drop table bills',
        ]),
        [
          { query: 'select true as a, count(*) > 100000 as many from bills', fact: 'false in 1 of 1 rows' },
          { query: 'select 1 where false', fact: 'no row' },
          {
            query: 'select max(n) > 0 as many from (values (1), (null)) b (n) where n is null',
            fact: 'nothing but null in 1 of 1 rows',
          },
          { query: 'select * from nowhere', fact: '42P01' },
          { query: 'delete from bills returning 1', fact: '25006' },
          { query: 'select 1; drop table bills', fact: '42601' },
        ],
      );
    } finally {
      await connection.end();
    }
  });
});
