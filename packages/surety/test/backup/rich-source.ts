import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type pg from 'pg';
import { readSource } from '../../src/backup/source.ts';
import type { SourceFacts } from '../../src/backup/source-facts.ts';
import { findTools } from '../../src/backup/tools.ts';
import { withClient } from '../../src/testing/pg-client.ts';

const run = promisify(execFile);

export const seed = '-4611686018427387905';

/** Roles of the server that the database is on. */
export const richRoles = `
  create role shop_owner nologin;
  create role shop_api login password 'canary-api-password' connection limit 7;
  create role shop_reader nologin noinherit valid until '2031-01-01';
  create role "Odd ""Role""" login createdb;
  grant shop_reader to shop_api with admin option;
  grant pg_read_all_settings to shop_reader;
  alter role shop_api set statement_timeout = '30s';
  grant set on parameter log_statement to shop_api;
  comment on role shop_reader is 'reads';`;

/** A bit of everything that PostgreSQL keeps. */
export const richSchema = `
  create extension citext; create extension pgcrypto with schema public;
  create schema shop authorization shop_owner; create schema "Odd Schema";
  grant usage on schema shop to shop_api, shop_reader; revoke all on schema public from public; grant usage on schema public to shop_owner;
  set role shop_owner;
  create type shop.mood as enum ('sad', 'it''s ok', 'happy');
  create type shop.address as (street text, "No." int);
  create domain shop.email as public.citext not null default 'nobody@example.com' constraint looks_right check (value ~ '@');
  create type shop.spell as range (subtype = timestamptz);
  create collation shop.german (provider = icu, locale = 'de-DE');
  create function shop.tenant() returns uuid language sql stable set search_path = pg_catalog, pg_temp
    as $$ select nullif(current_setting('app.current_user_id', true), '')::uuid $$;
  create function shop.doubled(int) returns int language plpgsql immutable security definer set search_path = shop, pg_temp
    as $$ begin return $1 * 2; end $$;
  revoke execute on function shop.doubled(int) from public; grant execute on function shop.doubled(int) to shop_api;
  create aggregate shop.total(int) (sfunc = int4pl, stype = int, initcond = '0');
  create table shop.users (id uuid primary key default gen_random_uuid(), name varchar(40) not null, mail shop.email, mood shop.mood,
    home shop.address, born date, kind varchar check (kind in ('person', 'company')), pay money, took interval, part double precision,
    note text collate shop.german, raw bytea, doc jsonb, spells shop.spell[], upper_name text generated always as (upper(name::text)) stored);
  create table shop.notes (id bigint generated always as identity (start 100 increment 5), user_id uuid not null references shop.users,
    body text, secret text, constraint notes_key primary key (id), constraint body_short check (length(body) < 1000) not valid,
    exclude using gist (int8range(id, id + 1) with &&));
  create table shop.t (t int, a int, b int); alter table shop.t drop column a;
  create table shop.empty (); create unlogged table shop.cache (k text primary key, v text);
  create table shop.events (id serial, at timestamptz not null, what text, primary key (id, at)) partition by range (at);
  create table shop.events_2025 partition of shop.events for values from ('2025-01-01') to ('2026-01-01');
  create table shop.events_rest partition of shop.events default;
  create table shop.animals (name text); create table shop.dogs (bark text, id int) inherits (shop.animals);
  alter table shop.animals add column legs int default 4;
  create sequence shop.free increment by -2 maxvalue 1000 start 500 cycle;
  create sequence shop.never;
  create index notes_body on shop.notes (lower(body)) where body is not null;
  create unique index users_mail on shop.users (mail); alter table shop.users replica identity full;
  alter table shop.users alter column name set statistics 400, alter column raw set storage external;
  alter table shop.users set (fillfactor = 80, toast.autovacuum_enabled = false);
  alter table shop.notes cluster on notes_key;
  create statistics shop.together (dependencies) on name, kind from shop.users;
  alter table shop.notes enable row level security; alter table shop.notes force row level security;
  create policy mine on shop.notes using (user_id = (select shop.tenant())) with check (user_id = (select shop.tenant()));
  create policy api_only on shop.notes as restrictive for select to shop_api, shop_reader using (true);
  alter table shop.users enable row level security; create policy everyone on shop.users for select using (true);
  grant select, insert on shop.notes to shop_api; grant update (body) on shop.notes to shop_api with grant option;
  grant select (id, name) on shop.users to shop_reader; grant usage on sequence shop.free to shop_api;
  create function shop.touched() returns trigger language plpgsql as $$ begin return new; end $$;
  create trigger touch before update on shop.users for each row execute function shop.touched();
  create trigger quiet before update on shop.notes for each row execute function shop.touched();
  alter table shop.notes disable trigger quiet;
  create rule no_delete as on delete to shop.t do instead nothing;
  create view shop.people with (security_invoker = true, security_barrier = true) as select id, name from shop.users where kind = 'person';
  create materialized view shop.sums as select shop.doubled(count(*)::int) as twice from shop.users; create unique index on shop.sums (twice);
  create materialized view shop.later as select 1 as one with no data;
  comment on table shop.notes is 'what they wrote'; comment on column shop.notes.body is 'in words';
  comment on policy mine on shop.notes is 'own rows'; comment on function shop.doubled(int) is 'twice';
  alter default privileges in schema shop grant select on tables to shop_reader;
  alter default privileges revoke execute on functions from public;
  reset role;
  create table "Odd Schema"."Ta""ble %I; drop" ("Col ""umn" text, "t" text); alter table "Odd Schema"."Ta""ble %I; drop" owner to "Odd ""Role""";
  create function public.on_ddl() returns event_trigger language plpgsql as $$ begin end $$;
  create event trigger watch on ddl_command_end when tag in ('DROP TABLE') execute function public.on_ddl();
  create operator shop.=== (leftarg = int, rightarg = int, function = int4eq, restrict = eqsel);
  create cast (shop.address as text) with inout;
  create foreign data wrapper nowhere; create server far foreign data wrapper nowhere options (host 'example.com');
  create user mapping for shop_api server far options (password 'canary-mapping');
  create foreign table shop.distant (id int) server far;
  create publication news for table shop.notes (id, body, user_id) where (id > 5); create publication odd for tables in schema "Odd Schema";
  create text search dictionary shop.dict (template = simple, stopwords = english);
  create text search configuration shop.search (copy = simple);
  grant execute on function pg_read_file(text) to shop_reader; revoke execute on function public.gen_salt(text) from public;
  insert into shop.users (id, name, mail, mood, home, born, kind, pay, took, part, note, raw, doc, spells)
    select ('a0000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, 'User ' || n, 'u' || n || '@example.com', 'happy', ('Main "St", ' || n, n)::shop.address,
      '2000-01-01'::date + n, case when n % 2 = 0 then 'person' end, n * 1.5, make_interval(days => n, secs => 0.1), n / 3.0, 'naïve', decode('00ff5c', 'hex'),
      '{"b": 1, "a": [1, null]}', array[shop.spell('2025-01-01', null)] from generate_series(1, 50) n;
  insert into shop.notes (user_id, body, secret) select id, 'body of ' || name, 'canary-row-value' from shop.users;
  insert into shop.notes (user_id, body) select 'a0000000-0000-4000-8000-000000000001', 'again' from generate_series(1, 3);
  insert into shop.t values (1, 1), (1, 1), (null, 2); insert into shop.empty default values; insert into shop.cache values ('k', 'v');
  insert into shop.events (at, what) values ('2025-06-01', 'then'), ('2026-06-01', 'now');
  insert into shop.animals values ('Cat', 4); insert into shop.dogs values ('Rex', 'woof', 1, 4);
  insert into "Odd Schema"."Ta""ble %I; drop" values ('x', 'y');
  select setval('shop.free', 480); select lo_from_bytea(4242, 'large'); grant select on large object 4242 to shop_reader; select lo_create(4243); select lo_put(4243, 9000, 'after a hole');
  refresh materialized view shop.sums;`;

/** What only the database as a whole keeps. */
export const richDatabase = (name: string): string => `
  alter database ${name} set search_path = "$user", shop, "Odd Schema"; alter database ${name} set app.format = '%I 100%% it''s';
  alter role shop_api in database ${name} set search_path = ''; revoke all on database ${name} from public;
  grant connect, temporary on database ${name} to shop_api with grant option; alter database ${name} connection limit 40;
  comment on database ${name} is 'all of 100% ours'; alter database ${name} owner to shop_owner`;

export function readAt(url: string, as = seed): Promise<SourceFacts> {
  return withClient(url, (client) => readWith(client, as));
}

export async function readWith(client: pg.Client, as = seed): Promise<SourceFacts> {
  await client.query('begin isolation level repeatable read read only');
  try {
    return await readSource(client, as);
  } finally {
    await client.query('rollback');
  }
}

/** With the real tools and nothing of ours, from one database into a new one of the same or another server. */
export async function dumpAndRestore(from: string, to: string): Promise<void> {
  const { pgDump, pgRestore } = await findTools(undefined, await majorOf(from), process.env);
  const folder = await mkdtemp(join(tmpdir(), 'surety-copy-'));
  try {
    const archive = join(folder, 'archive');
    await run(pgDump.path, ['-Fc', '-Z0', '-f', archive, '-d', from]);
    await run(pgRestore.path, ['--exit-on-error', '-d', to, archive]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Roles of one server on another; those that are there stay. */
export async function copyRoles(from: string, to: string): Promise<void> {
  const { pgDumpall } = await findTools(undefined, await majorOf(from), process.env);
  const { stdout } = await run(pgDumpall.path, ['--globals-only', '-d', from]);
  const kept = stdout.split('\n').filter((line) => !/^(CREATE|ALTER) ROLE postgres\b|^\\/.test(line));
  await withClient(to, (client) => client.query(kept.join('\n')));
}

async function majorOf(url: string): Promise<number> {
  const { rows } = await withClient(url, (client) =>
    client.query<{ server_version_num: string }>('show server_version_num'),
  );
  return Math.floor(Number(rows[0]?.server_version_num) / 10_000);
}
