import pg from 'pg';
import { startServer } from '../../packages/surety/src/targets/postgres/server.ts';
import postgres from '../../packages/surety/src/targets/postgres/target.ts';
import { databaseUrl, inDatabase } from '../../packages/surety/src/testing/pg-client.ts';
import type { BenchRow } from '../bench.ts';
import { median } from '../median.ts';

const tenants = 1_000;
const rows = 1_000_000;
const rounds = 400;

/** Users reach spaces by membership; entries hang below spaces. No row security yet: that is planned. */
const schema = `
create role owner nologin; create role app login password 'app'; create role byhand login password 'byhand' bypassrls;
grant create, usage on schema public to owner; grant usage on schema public to app, byhand;
set role owner;
create table users (id uuid primary key default gen_random_uuid());
create table spaces (id uuid primary key default gen_random_uuid());
create table user_spaces (user_id uuid not null references users, space_id uuid not null references spaces,
  primary key (user_id, space_id));
create table entries (id bigint generated always as identity primary key, space_id uuid not null references spaces,
  amount bigint not null, note text not null);
insert into users select from generate_series(1, ${tenants});
insert into spaces select id from users;
insert into user_spaces select id, id from users;
insert into entries (space_id, amount, note)
  select s.id, n, md5(n::text) from generate_series(1, ${rows / tenants}) n, (select id from spaces order by id) s;
create index entries_space on entries (space_id, id);
grant select, insert on all tables in schema public to app, byhand;
reset role; analyze`;

/** The policy of a checklist: membership asked for with IN, and the setting cast in place. */
const seedShape = `
alter table entries enable row level security; alter table entries force row level security;
create policy members on entries using (space_id in (
  select space_id from user_spaces where user_id = current_setting('app.current_user_id', true)::uuid))`;

type Statement = {
  readonly name: string;
  readonly sql: string;
  readonly values: (space: string, id: string) => readonly string[];
};

const statements: readonly Statement[] = [
  {
    name: 'point',
    sql: 'select * from entries where space_id = $1 and id = $2',
    values: (space, id) => [space, id],
  },
  {
    name: 'page of 50',
    sql: 'select * from entries where space_id = $1 order by id limit 50',
    values: (space) => [space],
  },
  {
    name: 'aggregate',
    sql: 'select count(*), sum(amount) from entries where space_id = $1',
    values: (space) => [space],
  },
  {
    name: 'insert',
    sql: `insert into entries (space_id, amount, note) values ($1, 1, 'bench')`,
    values: (space) => [space],
  },
];

/** What an API asks for that forgot its WHERE, and what it should have asked for. */
const forgetful = [
  {
    name: 'page, WHERE forgotten',
    bare: 'select * from entries limit 50',
    byhand: 'select * from entries where space_id = $1 limit 50',
  },
  {
    name: 'aggregate, WHERE forgotten',
    bare: 'select count(*), sum(amount) from entries',
    byhand: 'select count(*), sum(amount) from entries where space_id = $1',
  },
] as const;

/** Medians of each statement under planned policies, as ratios to the same statement of a role that they do not bind. */
export async function policyRows(show: (row: BenchRow) => void): Promise<readonly BenchRow[]> {
  const server = await startServer();
  try {
    const admin = (database: string, sql: string) =>
      inDatabase(server.url, database, (client) => client.query(sql));
    await admin('postgres', 'create database shared');
    await admin('shared', schema);
    for (const name of ['owned', 'seed']) await admin('postgres', `create database ${name} template shared`);
    const shapes = [
      { database: 'owned', name: 'tenant column', setting: 'app.space_id', root: 'public.spaces' },
      { database: 'shared', name: 'membership', setting: 'app.current_user_id', root: 'public.users' },
    ];
    for (const shape of shapes) await guard(server.url, shape);
    await admin('seed', seedShape);
    const found: BenchRow[] = [];
    const add = (rows: readonly BenchRow[]): void => {
      found.push(...rows);
      rows.forEach(show);
    };
    for (const { database, name, setting } of shapes) {
      add(await compare(server.url, database, setting, `${name}: `, statements));
      add(await compareBare(server.url, database, setting, `${name}: `));
    }
    add(await compareBare(server.url, 'seed', 'app.current_user_id', 'IN (sub-query): '));
    return found;
  } finally {
    await server.stop();
  }
}

type Shape = { readonly database: string; readonly setting: string; readonly root: string };

/** Plans and carries out what keeps tenants apart, as `surety apply` would. */
async function guard(admin: string, { database, setting, root }: Shape): Promise<void> {
  const migrator = databaseUrl(admin, database);
  const facts = {
    url: as(migrator, 'app'),
    inspector: as(migrator, 'byhand'),
    migrator,
    tenancy: { setting, root },
  };
  const { signal } = new AbortController();
  const handle = await postgres.open(facts, { touch: 'writes', signal, secret: () => undefined, root: '.' });
  try {
    const changes = await handle.planIsolation('db');
    for (const { steps, proposed } of changes) if (proposed === undefined) await handle.carryOut?.(steps);
  } finally {
    await handle.close();
  }
}

function as(url: string, role: string): string {
  const parsed = new URL(url);
  parsed.username = role;
  parsed.password = role;
  return parsed.href;
}

async function withRoles<T>(
  admin: string,
  database: string,
  setting: string,
  work: (roles: {
    readonly app: pg.Client;
    readonly byhand: pg.Client;
    readonly space: string;
    readonly id: string;
  }) => Promise<T>,
): Promise<T> {
  const url = databaseUrl(admin, database);
  const [app, byhand] = [new pg.Client(as(url, 'app')), new pg.Client(as(url, 'byhand'))];
  try {
    for (const client of [app, byhand]) {
      await client.connect();
      await client.query('begin');
    }
    const { rows: picked } = await byhand.query<{ space_id: string; id: string }>(
      `select space_id, max(id)::text as id from entries group by 1 order by 1 limit 1 offset ${tenants / 2}`,
    );
    const [{ space_id: space, id } = { space_id: '', id: '' }] = picked;
    // In this schema a user and the one space that is his have the same key.
    await app.query('select set_config($1, $2, true)', [setting, space]);
    return await work({ app, byhand, space, id });
  } finally {
    await Promise.all([app.end(), byhand.end()]);
  }
}

async function compare(
  admin: string,
  database: string,
  setting: string,
  prefix: string,
  list: readonly Statement[],
): Promise<readonly BenchRow[]> {
  return withRoles(admin, database, setting, async ({ app, byhand, space, id }) => {
    const found: BenchRow[] = [];
    for (const { name, sql, values } of list) {
      const query = (client: pg.Client) => client.query({ name, text: sql, values: [...values(space, id)] });
      found.push(
        await inTurns(
          `${prefix}${name}`,
          () => query(app),
          () => query(byhand),
        ),
      );
    }
    return found;
  });
}

async function compareBare(
  admin: string,
  database: string,
  setting: string,
  prefix: string,
): Promise<readonly BenchRow[]> {
  return withRoles(admin, database, setting, async ({ app, byhand, space }) => {
    const found: BenchRow[] = [];
    for (const { name, bare, byhand: whole } of forgetful) {
      found.push(
        await inTurns(
          `${prefix}${name}`,
          () => app.query({ name, text: bare }),
          () => byhand.query({ name, text: whole, values: [space] }),
        ),
      );
    }
    return found;
  });
}

/** Both in turns, so that the machine's weather meets both. */
async function inTurns(
  measure: string,
  ours: () => Promise<unknown>,
  theirs: () => Promise<unknown>,
): Promise<BenchRow> {
  const [mine, other]: [number[], number[]] = [[], []];
  const began = performance.now();
  for (let round = 0; round < rounds + 10; round += 1) {
    // Whoever comes second finds the machine awake.
    const swapped = round % 2 === 1;
    const first = await micros(swapped ? theirs : ours);
    const second = await micros(swapped ? ours : theirs);
    if (round < 10) continue;
    mine.push(swapped ? second : first);
    other.push(swapped ? first : second);
    // Shapes that read everything take long enough for fewer rounds.
    if (round >= 20 && performance.now() - began > 20_000) break;
  }
  const [value, against] = [median(mine), median(other)];
  return {
    measure,
    value,
    unit: 'µs',
    against: { name: 'WHERE by hand', value: against, ratio: value / against },
  };
}

async function micros(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) * 1_000;
}
