import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { isTable, readCatalog } from '../../../../src/targets/postgres/catalog/catalog.ts';
import { connect, readOnly } from '../../../../src/targets/postgres/connection.ts';
import type { TenancyFacts } from '../../../../src/targets/postgres/facts.ts';
import { type PostgresServer, startServer } from '../../../../src/targets/postgres/server.ts';
import { discoverTenancy } from '../../../../src/targets/postgres/tenancy/tenancy.ts';
import { findTenants, type TwoTenants } from '../../../../src/targets/postgres/tenancy/tenants.ts';
import { databaseUrl, inDatabase } from '../../../../src/testing/pg-client.ts';

let server: PostgresServer;
let databases = 0;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** The two tenants found in a database made by that SQL, and the answer of a question about them. */
async function found<T>(
  ddl: string,
  facts: TenancyFacts,
  ask: (pair: TwoTenants, url: string) => Promise<T>,
): Promise<T> {
  databases += 1;
  const database = `data_${databases}`;
  await inDatabase(server.url, 'postgres', (client) => client.query(`create database ${database}`));
  await inDatabase(server.url, database, (client) => client.query(ddl));
  const url = databaseUrl(server.url, database);
  const inspector = await connect({ url, who: 'test', signal: new AbortController().signal });
  try {
    const pair = await readOnly(inspector, async () => {
      const catalog = await readCatalog(inspector, facts.setting);
      const tenancy = discoverTenancy(catalog, facts);
      const tables = catalog.relations.filter((table) => isTable(table) && tenancy.ties.has(table.oid));
      return findTenants({ inspector, tenancy }, tables, facts.tenants);
    });
    return await ask(pair, url);
  } finally {
    await inspector.end();
  }
}

const setting = 'app.user_id';
const shape = `
  create table users (id int primary key);
  create table spaces (id int primary key);
  create table user_spaces (user_id int references users, space_id int references spaces, primary key (user_id, space_id));
  create table entries (id int generated always as identity, space_id int not null references spaces, at date);`;

test('two tenants with rows are found among a thousand, most of which have none or share a space', async () => {
  // No index leads from a space to its entries; users 1 to 900 are all in space 1, and only 940 to 990 have rows of their own.
  const ddl = `${shape}
    insert into users select generate_series(1, 1000);
    insert into spaces select generate_series(1, 1000);
    insert into user_spaces select n, 1 from generate_series(1, 900) n;
    insert into user_spaces select n, n from generate_series(940, 990) n;
    insert into entries (space_id) select 940 + n % 50 from generate_series(1, 100000) n;
    analyze`;
  const rows = await found(ddl, { setting }, (pair, url) =>
    inDatabase(url, new URL(url).pathname.slice(1), async (client) => {
      const counted = await client.query<{ count: number; shared: number }>(
        `select count(distinct user_id)::int as count, count(*)::int - count(distinct space_id)::int as shared
         from user_spaces join entries using (space_id) where user_id in ($1, $2) and entries.id in (
           select min(id) from entries group by space_id)`,
        [pair.owner, pair.thief],
      );
      return counted.rows;
    }),
  );
  assert.deepEqual(rows, [{ count: 2, shared: 0 }]);
});

test('where all share one space, it says so instead of attacking within it', async () => {
  const ddl = `${shape} insert into users select generate_series(1, 200); insert into spaces values (1);
    insert into user_spaces select n, 1 from generate_series(1, 200) n`;
  await assert.rejects(
    found(ddl, { setting }, async () => null),
    {
      code: 'postgres/no-tenants',
      message: /^all tenants share rows with one another, as far as \d+ of them show$/,
    },
  );
  await assert.rejects(
    found(ddl, { setting, tenants: ['3', '4'] }, async () => null),
    { message: 'the tenants of tenancy.tenants share rows' },
  );
});

test('groups that share a person are still two groups', async () => {
  const ddl = `${shape} insert into users values (1); insert into spaces values (7), (8);
    insert into user_spaces values (1, 7), (1, 8)`;
  const pair = await found(ddl, { setting: 'app.space_id' }, async (two) => two);
  assert.deepEqual(pair, { owner: '7', thief: '8' });
});
