import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { type PostgresServer, startServer } from '../../../surety/src/targets/postgres/server.ts';
import { createTenancy } from '../../src/tenant/index.ts';

export const ann = '00000000-0000-4000-8000-00000000000a';
export const bob = '00000000-0000-4000-8000-00000000000b';
export const setting = 'app.current_user_id';
export const tenancy = createTenancy({ setting, kind: 'uuid' });

/** A server with one table under row security; `ann` and `bob` have three notes each. */
export type Shop = {
  readonly server: PostgresServer;
  /** Of a role that is bound by row security and owns nothing. */
  readonly url: string;
  /** Of another login role of the same database, made by `admin`. */
  urlOf(role: string): string;
  /** As the superuser, in the shop's database. */
  admin(sql: string, values?: unknown[]): Promise<pg.QueryResult>;
  stop(): Promise<void>;
};

const schema = `
create role owner nologin;
create role api login;
create role jobs login bypassrls;
grant usage on schema public to api, jobs;
create table notes (
  id int primary key, tenant uuid not null default nullif(current_setting('${setting}', true), '')::uuid,
  body text not null);
alter table notes owner to owner;
alter table notes enable row level security, force row level security;
create policy own on notes using (tenant = (select nullif(current_setting('${setting}', true), '')::uuid));
grant select, insert, update, delete on notes to api, jobs;
create table tallies (
  note int not null unique deferrable initially deferred);
alter table tallies owner to owner;
grant select, insert on tallies to api;
insert into notes select n, case when n % 2 = 0 then '${ann}' else '${bob}' end::uuid, 'note ' || n
  from generate_series(1, 6) n`;

export async function openShop(): Promise<Shop> {
  const server = await startServer();
  const password = randomBytes(12).toString('hex');
  const admin = async (sql: string, values: unknown[] = []): Promise<pg.QueryResult> => {
    const client = new pg.Client({ connectionString: server.url });
    await client.connect();
    try {
      return await (values.length === 0 ? client.query(sql) : client.query(sql, values));
    } finally {
      await client.end();
    }
  };
  try {
    await admin(schema);
    for (const role of ['api', 'jobs']) await admin(`alter role ${role} password '${password}'`);
  } catch (error) {
    await server.stop();
    throw error;
  }
  const urlOf = (role: string): string =>
    `postgresql://${role}:${password}@127.0.0.1:${server.port}/postgres`;
  return { server, url: urlOf('api'), urlOf, admin, stop: () => server.stop() };
}

/** Whose notes a query saw, each once. */
export function owners(result: pg.QueryResult): readonly string[] {
  return [...new Set(result.rows.map(({ tenant }) => String(tenant)))];
}
