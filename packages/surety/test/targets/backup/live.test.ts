import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readLive } from '../../../src/targets/backup/live.ts';
import { startServer } from '../../../src/targets/postgres/server.ts';
import { inDatabase } from '../../../src/testing/pg-client.ts';

/** What the owner of a database would have the session of a superuser run. */
const traps = [
  ['set_config(text, text, boolean)', 'text'],
  ['current_database()', 'name'],
  ['current_setting(text)', 'text'],
  ['pg_database_size(name)', 'bigint'],
  ['row_security_active(oid)', 'boolean'],
  ['has_table_privilege(oid, text)', 'boolean'],
];

it('asks the server, whatever the owner of the database puts before it', async () => {
  const server = await startServer();
  try {
    await inDatabase(server.url, 'postgres', async (client) => {
      await client.query('create schema trap; create table own (id int)');
      for (const [name, type] of traps)
        await client.query(
          `create function trap.${name} returns ${type} language plpgsql as $$ begin raise 'sprung'; end $$`,
        );
      await client.query('alter database postgres set search_path = trap, pg_catalog');
    });
    const live = await readLive({ url: server.url, ca: undefined, signal: AbortSignal.timeout(60_000) });
    assert.equal(live.database, 'postgres');
    assert.deepEqual(
      live.tables.map(({ name, readable }) => [name, readable]),
      [['own', true]],
    );
  } finally {
    await server.stop();
  }
});
