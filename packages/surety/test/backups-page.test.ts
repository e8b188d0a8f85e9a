import { test } from 'node:test';
import { startServer } from '../src/targets/postgres/server.ts';
import { databaseUrl, inDatabase } from '../src/testing/pg-client.ts';
import { followPage } from './follow-page.ts';

/** What the page takes as given: a shop with tenants, and a role each for the API and for backups. */
const shop = `
  create role api login password 'of-the-api';
  create role dumper login bypassrls password 'of-the-dumper';
  grant pg_read_all_data to dumper;
  create table tenants (id int primary key, name text not null);
  create table orders (
    id int generated always as identity primary key,
    tenant int not null references tenants,
    total numeric not null
  );
  insert into tenants select n, 'tenant ' || n from generate_series(1, 50) n;
  insert into orders (tenant, total) select 1 + n % 50, n * 1.01 from generate_series(1, 2000) n;
  alter table orders enable row level security, force row level security;
  create policy own on orders using (tenant = nullif(current_setting('app.tenant', true), '')::int);
  grant select, insert, update, delete on orders to api`;

test('the page about backups says what happens', async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  await inDatabase(server.url, 'postgres', (client) => client.query('create database shop'));
  await inDatabase(server.url, 'shop', (client) => client.query(shop));
  const admin = databaseUrl(server.url, 'shop');
  const dumper = new URL(admin);
  dumper.username = 'dumper';
  dumper.password = 'of-the-dumper';
  await followPage(t, 'backups.md', { ADMIN_URL: admin, BACKUP_URL: dumper.href });
});
