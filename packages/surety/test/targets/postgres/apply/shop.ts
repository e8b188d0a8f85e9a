import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { OpenContext } from '../../../../src/core/target.ts';
import { findDump } from '../../../../src/targets/postgres/apply/dump.ts';
import { type PostgresServer, startServer } from '../../../../src/targets/postgres/server.ts';
import kind from '../../../../src/targets/postgres/target.ts';
import { databaseUrl, withClient } from '../../../../src/testing/pg-client.ts';

/** A database of a shop whose tables nothing guards yet, and the roles that use it. */
export type Shop = {
  readonly server: PostgresServer;
  /** As a superuser. */
  readonly admin: string;
  urlOf(role: string): string;
  /** Runs SQL as a superuser. */
  sql<Row extends pg.QueryResultRow>(text: string): Promise<readonly Row[]>;
  /** The target as `surety apply` opens it. */
  open(options?: Partial<Options>): ReturnType<typeof kind.open>;
};

type Options = {
  readonly touch: OpenContext['touch'];
  readonly signal: AbortSignal;
  readonly migrator: string;
  readonly inspector: string | null;
};

const roles = ['owner', 'api', 'inspector', 'reporting', 'stranger'] as const;

const schema = `
  create schema "Odd ""names""" authorization owner;
  grant usage on schema public, "Odd ""names""" to api, inspector, reporting;
  grant create on schema public, "Odd ""names""" to owner;
  set role owner;
  create table users (id uuid primary key default gen_random_uuid(), email text not null unique);
  create table accounts (
    id bigint generated always as identity primary key, user_id uuid not null references users, name text not null);
  create table "Odd ""names"""."Order's" (id int primary key, user_id uuid not null references users);
  grant select, insert, update, delete on users, accounts, "Odd ""names"""."Order's" to api;
  grant select on users, accounts, "Odd ""names"""."Order's" to inspector;
  reset role;
  insert into users (id, email) values
    ('a0000000-0000-4000-8000-000000000001', 'canary-ann@example.com'),
    ('b0000000-0000-4000-8000-000000000002', 'canary-bob@example.com');
  insert into accounts (user_id, name) select id, 'canary account ' || n from users, generate_series(1, 3) n;
  insert into "Odd ""names"""."Order's" select row_number() over (), id from users;
  analyze`;

/** One server, and a fresh database in it for each call of `database`. */
export async function shopServer(): Promise<{
  /** Whether this machine can copy the schema of such a server: false, or why not. */
  readonly cannotCopy: false | string;
  database(): Promise<Shop>;
  stop(): Promise<void>;
}> {
  const server = await startServer();
  const password = randomBytes(12).toString('hex');
  let databases = 0;
  await withClient(server.url, async (client) => {
    for (const role of roles)
      await client.query(
        `create role ${role} login password '${password}' ${role === 'inspector' ? 'bypassrls' : ''}`,
      );
  });
  const dump = await findDump(process.env, Number.parseInt(server.version, 10));
  return {
    cannotCopy: dump === null && `there is no pg_dump for PostgreSQL ${server.version} on this machine`,
    async database() {
      databases += 1;
      const name = `shop ${databases}`;
      await withClient(server.url, (client) => client.query(`create database "${name}"`));
      const admin = databaseUrl(server.url, name);
      await withClient(admin, (client) => client.query(schema));
      return shop(server, admin, password);
    },
    stop: () => server.stop(),
  };
}

function shop(server: PostgresServer, admin: string, password: string): Shop {
  const urlOf = (role: string): string => {
    const url = new URL(admin);
    url.username = role;
    url.password = password;
    return url.href;
  };
  return {
    server,
    admin,
    urlOf,
    sql: async (text) => withClient(admin, async (client) => (await client.query(text)).rows),
    open: ({
      touch = 'writes',
      signal = new AbortController().signal,
      migrator = urlOf('owner'),
      inspector = urlOf('inspector'),
    } = {}) =>
      kind.open(
        {
          url: urlOf('api'),
          ...(inspector !== null && { inspector }),
          migrator,
          tenancy: { setting: 'app.user_id' },
        },
        { touch, signal, secret: () => undefined, root: process.cwd() },
      ),
  };
}

/** A transaction of somebody else that keeps a table, until `end`. */
export async function keep(
  url: string,
  statement: string,
): Promise<{ readonly pid: number; end(): Promise<void> }> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
  await client.query(`begin; ${statement}`);
  return { pid: rows[0]?.pid ?? 0, end: () => client.end() };
}

const mine = `(select nullif(current_setting('app.user_id', true), '')::uuid)`;

/** What keeps tenants apart in a table with a column user_id, and takes it back. */
export function guard(table: string): {
  readonly steps: readonly { readonly sql: string }[];
  readonly undo: readonly { readonly sql: string }[];
} {
  const condition = `user_id = ${mine}`;
  return {
    steps: [
      {
        sql: `create policy "mine" on ${table} as permissive for all to public using (${condition}) with check (${condition})`,
      },
      { sql: `alter table ${table} enable row level security` },
      { sql: `alter table ${table} force row level security` },
    ],
    undo: [
      { sql: `alter table ${table} no force row level security` },
      { sql: `alter table ${table} disable row level security` },
      { sql: `drop policy "mine" on ${table}` },
    ],
  };
}
