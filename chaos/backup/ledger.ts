import { randomBytes } from 'node:crypto';
import { setTimeout as after } from 'node:timers/promises';
import pg from 'pg';
import { databaseUrl, inDatabase } from '../../packages/surety/src/testing/pg-client.ts';

/** In every row, and in no place but the database: what shows it anywhere else has leaked. */
export const canary = 'canary-in-plain-text';

const roles = `
  create role ledger_owner nologin; create role ledger_reader nologin;
  create role ledger_api login password 'canary-password-of-a-role' connection limit 9;
  grant ledger_reader to ledger_api; alter role ledger_api set statement_timeout = '30s'`;

/** Money that only moves: at every snapshot the balances add up to nothing, and the moves are as many as the transfers. */
const schema = (accounts: number, noise: number): string => `
  create schema ledger authorization ledger_owner; grant usage on schema ledger to ledger_api, ledger_reader;
  set role ledger_owner;
  create type ledger.mood as enum ('calm', 'it''s late');
  create function ledger.tenant() returns int language sql stable set search_path = pg_catalog, pg_temp
    as $$ select nullif(current_setting('app.tenant', true), '')::int $$;
  create table ledger.accounts (id int generated always as identity primary key, tenant int not null, balance bigint not null default 0,
    moves bigint not null default 0, note text not null, mood ledger.mood, noise bytea);
  create table ledger.transfers (id bigserial, source int not null references ledger.accounts, target int not null references ledger.accounts,
    amount int not null check (amount > 0), at timestamptz not null default clock_timestamp(), primary key (id, at)) partition by range (at);
  create table ledger.transfers_old partition of ledger.transfers for values from (minvalue) to ('2026-01-01');
  create table ledger.transfers_new partition of ledger.transfers default;
  create table ledger."Odd ""Name""" (k text primary key, v text); create sequence ledger.receipts start 100 increment 5;
  create index on ledger.accounts (tenant); create index on ledger.transfers (source);
  alter table ledger.accounts enable row level security, force row level security;
  create policy own on ledger.accounts using (tenant = (select ledger.tenant())) with check (tenant = (select ledger.tenant()));
  create policy readers on ledger.accounts as restrictive for select to ledger_reader using (mood is not null);
  alter table ledger.transfers enable row level security, force row level security;
  create policy own on ledger.transfers using (exists (select from ledger.accounts a where a.id = source));
  grant select, insert, update on ledger.accounts to ledger_api; grant select on ledger.transfers to ledger_reader;
  create view ledger.mine with (security_invoker = true) as select id, balance from ledger.accounts;
  reset role;
  insert into ledger.accounts (tenant, note, mood, noise) select n % 50, '${canary} ' || n, 'calm',
    (select string_agg(decode(md5(n || '-' || part || random()), 'hex'), '') from generate_series(1, ${noise}) part)
    from generate_series(1, ${accounts}) n;
  insert into ledger."Odd ""Name""" select '${canary} ' || n, n::text from generate_series(1, 20) n;
  set role ledger_owner;
  create materialized view ledger.sums as select tenant, count(*) from ledger.accounts group by tenant;
  reset role;
  refresh materialized view ledger.sums;
  select lo_from_bytea(4711, convert_to(repeat('${canary} ', 100), 'utf8')); grant select on large object 4711 to ledger_reader;
  analyze`;

/**
 * Makes a database with policies, roles, sequences, partitions and a large object.
 *
 * @returns its connection string
 */
export async function makeLedger(
  server: string,
  database: string,
  accounts: number,
  noise: number,
): Promise<string> {
  await inDatabase(server, 'postgres', async (client) => {
    const { rows } = await client.query(`select from pg_roles where rolname = 'ledger_owner'`);
    if (rows.length === 0) await client.query(roles);
    await client.query(`create database ${database}`);
  });
  await inDatabase(server, database, (client) => client.query(schema(accounts, noise)));
  return databaseUrl(server, database);
}

/** Whether a copy is of one moment: what `restoreInto` compares besides. */
export async function isOfOneMoment(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ whole: boolean }>(
    `select coalesce(sum(balance), 0) = 0 and coalesce(sum(moves), 0) = (select count(*) from ledger.transfers) as whole from ledger.accounts`,
  );
  return rows[0]?.whole === true;
}

export type Writers = { stop(): Promise<void> };

/** Sessions that move money for as long as they are let, and connect again when the server comes back. */
export function startWriters(url: string, count: number, accounts: number): Writers {
  const stopped = new AbortController();
  const all = Array.from({ length: count }, () => writeAlways(url, accounts, stopped.signal));
  return {
    async stop() {
      stopped.abort();
      await Promise.all(all);
    },
  };
}

async function writeAlways(url: string, accounts: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      while (!signal.aborted) {
        await move(client, accounts);
        await after(5);
      }
    } catch {
      await after(50);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

async function move(client: pg.Client, accounts: number): Promise<void> {
  const bytes = randomBytes(9);
  const [one, two] = [bytes.readUInt32LE(0), bytes.readUInt32LE(4)].map((n) => 1 + (n % accounts));
  const amount = 1 + bytes.readUInt8(8);
  await client.query('begin');
  // Always the lower one first: two sessions never wait for each other.
  const changes = [
    { id: one ?? 1, by: -amount, moves: 1 },
    { id: two ?? 1, by: amount, moves: 0 },
  ].sort((a, b) => a.id - b.id);
  for (const { id, by, moves } of changes)
    await client.query(
      'update ledger.accounts set balance = balance + $2, moves = moves + $3 where id = $1',
      [id, by, moves],
    );
  await client.query('insert into ledger.transfers (source, target, amount) values ($1, $2, $3)', [
    one,
    two,
    amount,
  ]);
  await client.query(`select nextval('ledger.receipts'), lo_put(4711, 0, convert_to($1, 'utf8'))`, [
    `${canary} ${amount}`,
  ]);
  await client.query('commit');
}
