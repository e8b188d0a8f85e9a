import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { type PostgresServer, startServer } from '../targets/postgres/server.ts';
import { type MutantApi, type MutantUser, type Mutation, startMutantApi } from './mutant-api.ts';
import { databaseUrl, inDatabase } from './pg-client.ts';
import { poolerMissing, startPooler } from './pooler.ts';
import { NotHere, type Scene, type Scratch, type ScratchTargets } from './specimens.ts';

/** What is wrong with the API, with its database (SQL run by a superuser), or with whom it connects as. */
export type ServiceBreak = Mutation & {
  readonly sql?: string;
  readonly connectsAs?: 'superuser';
  /** Through a pooler in transaction mode, which gives one connection of the server to all of the API's. */
  readonly pooled?: true;
};

/** Enough for every mix to meet every mistake, and quick. */
const requests = 800;

const schema = `
  create table users (id uuid primary key, email text not null);
  create table spaces (id uuid primary key default gen_random_uuid(), name text not null);
  create table user_spaces (
    user_id uuid not null references users, space_id uuid not null references spaces, primary key (user_id, space_id));
  create table accounts (
    id uuid primary key default gen_random_uuid(), space_id uuid not null references spaces, name text not null);
  create function me() returns uuid language sql stable
    as $$ select nullif(current_setting('app.current_user_id', true), '')::uuid $$;
  alter table users enable row level security;
  alter table user_spaces enable row level security;
  alter table spaces enable row level security;
  alter table accounts enable row level security;
  create policy own on users using (id = (select me()));
  create policy own on user_spaces using (user_id = (select me()));
  create policy own on spaces using (id in (select space_id from user_spaces where user_id = (select me())));
  create policy own on accounts using (space_id in (select space_id from user_spaces where user_id = (select me())));
  create function too_long() returns void language plpgsql as $$ begin
    perform pg_sleep(0.005);
    raise exception 'canceling statement due to statement timeout' using errcode = 'query_canceled';
  end $$;
  grant usage on schema public to service_api, service_inspector;
  grant insert on accounts to service_api;
  grant select on all tables in schema public to service_api, service_inspector`;

/** Three users: two with a space of their own and one in common, and one who has just come. */
const people = `
  insert into users select id, email from jsonb_to_recordset($1::jsonb) as given(id uuid, email text)`;
const rows = `
  with own as (
    insert into spaces (name) select 'canary-space-' || n from generate_series(1, 2) n returning id, right(name, 1)::int as n
  ), common as (
    insert into spaces (name) values ('canary-space-both') returning id
  ), members as (
    insert into user_spaces
    select ($1::uuid[])[n], id from own union all select u, id from common cross join unnest(($1::uuid[])[1:2]) u
    returning space_id
  )
  insert into accounts (space_id, name)
  select space_id, 'canary-account-' || n from (select distinct space_id from members) s cross join generate_series(1, 6) n`;

/** What a way to be blind needs of a scene besides its facts. */
type Insides = {
  readonly application: string;
  readonly database: string;
  readonly users: readonly MutantUser[];
};

function insidesOf(open: ReadonlyMap<Scene, Insides>, scene: Scene): Insides {
  const insides = open.get(scene);
  if (insides === undefined) throw new Error('not a scene of this scratch');
  return insides;
}

/** An API on a pool of one connection, over a database with row-level security. */
export function scratchService(): Scratch<ServiceBreak> {
  let server: Promise<PostgresServer> | null = null;
  let scenes = 0;
  const started = () => {
    server ??= startServer();
    return server;
  };
  const open = new Map<Scene, Insides>();
  const others: MutantApi[] = [];
  const another = (mutation: Mutation) => async (scene: Scene) => {
    const { application, users } = insidesOf(open, scene);
    const api = await startMutantApi(application, users, mutation);
    others.push(api);
    return changed('api', { url: api.url })(scene);
  };
  const after = (sql: string) => async (scene: Scene) => {
    await inDatabase((await started()).url, insidesOf(open, scene).database, (client) => client.query(sql));
    return scene;
  };
  return {
    unavailable: () =>
      started().then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
    async scene(broken = {}) {
      scenes += 1;
      const { scene, insides } = await openScene((await started()).url, `service_${scenes}`, broken);
      open.set(scene, insides);
      return scene;
    },
    blind: waysToBeBlind(another, after),
    async close() {
      await Promise.all(others.map((api) => api.stop()));
      await (await server?.catch(() => null))?.stop();
    },
  };
}

type Way = (scene: Scene) => Promise<Scene>;

/** `another` puts an API of another kind in its place, `after` runs SQL first. */
function waysToBeBlind(
  another: (mutation: Mutation) => Way,
  after: (sql: string) => Way,
): Readonly<Record<string, Way>> {
  return {
    'API gone': changed('api', { url: 'http://127.0.0.1:1' }),
    'database gone': changed('db', { url: 'postgresql://service_api:nobody@127.0.0.1:1/none' }),
    'no inspector': changed('db', { inspector: undefined }),
    'inspector of another database': async (scene) =>
      changed('db', { inspector: otherDatabase(scene) })(scene),
    'no tenancy': changed('db', { tenancy: undefined }),
    'no actors': changed('api', { actors: {} }),
    'one actor': async (scene) => changed('api', { actors: actorsOf(scene, 1) })(scene),
    'wrong password': async (scene) => changed('api', { actors: actorsOf(scene, 3, 'wrong') })(scene),
    'sign-in refused': another({ refuseSignIn: true }),
    'too many requests after a while': another({ limited: { after: 250, status: 429 } }),
    'unavailable after a while': another({ limited: { after: 250, status: 503 } }),
    'errors after a while': another({ limited: { after: 250, status: 500 } }),
    'signed out after a while': another({ limited: { after: 250, status: 401 } }),
    'no rows': after('truncate accounts, user_spaces, spaces'),
    'all rows shared by both':
      after(`delete from accounts where space_id <> (select id from spaces where name like '%both');
      delete from user_spaces where space_id <> (select id from spaces where name like '%both');
      delete from spaces where name not like '%both'`),
    'an inspector who is bound by policies': after('alter role service_inspector nobypassrls'),
    'an inspector who may not see what others do': after('revoke pg_read_all_stats from service_inspector'),
    'sessions that say nothing of what they do': async (scene) => {
      const quiet = await after('alter role service_api set track_activities = off')(scene);
      return another({})(quiet);
    },
    'an API that connects as another role than the estate says': async (scene) =>
      changed('db', { url: urlAs('service_twin', scene) })(scene),
    'a request that was to violate a constraint, and does not': changed('api', {
      probes: { violating: { path: '/health' } },
    }),
    'a request that was to time out, and does not': changed('api', { probes: { slow: '/health' } }),
    'no collections': changed('api', { collections: [] }),
    'no such table': changed('api', {
      collections: [{ path: '/accounts', rows: '/items', table: 'public.none' }],
    }),
    'table unsaid': changed('api', { collections: [{ path: '/accounts', rows: '/items' }] }),
    'another table behind it': changed('api', {
      collections: [{ path: '/accounts', rows: '/items', table: 'public.spaces' }],
    }),
    'ids that are no keys': changed('api', {
      collections: [{ path: '/accounts', rows: '/items', id: 'name', table: 'public.accounts' }],
    }),
    'rows that are elsewhere': changed('api', {
      collections: [{ path: '/accounts', rows: '/data', table: 'public.accounts' }],
    }),
  };
}

async function openScene(
  admin: string,
  database: string,
  { sql, connectsAs, pooled, ...mutation }: ServiceBreak,
): Promise<{ readonly scene: Scene; readonly insides: Insides }> {
  const secret = `canary-${randomUUID()}`;
  const users: readonly MutantUser[] = ['alice', 'bob', 'carol'].map((name) => ({
    id: randomUUID(),
    email: `${name}@example.com`,
    password: `canary-${randomUUID()}`,
  }));
  await prepare(admin, database, secret, users);
  if (sql !== undefined) await inDatabase(admin, database, (client) => client.query(sql));
  const urlOf = (role: string) => urlFor(admin, database, role, secret);
  const application = urlOf('service_api');
  const missing = pooled ? poolerMissing() : null;
  if (missing !== null) throw new NotHere(missing);
  const pooler = pooled ? await startPooler(application) : null;
  const direct = connectsAs === 'superuser' ? urlFor(admin, database) : application;
  const api = await startMutantApi(pooler?.url ?? direct, users, mutation);
  const scene: Scene = {
    targets: targetsOf(api.url, users, application, urlOf('service_inspector')),
    fingerprint: () => inDatabase(admin, database, fingerprint),
    canaries: [
      secret,
      'canary-space',
      'canary-account',
      ...users.flatMap(({ id, password }) => [id, password]),
    ],
    async stop() {
      await api.stop();
      await pooler?.stop();
      await inDatabase(admin, 'postgres', (client) => client.query(`drop database ${database} with (force)`));
    },
  };
  return { scene, insides: { application, database, users } };
}

async function prepare(
  admin: string,
  database: string,
  secret: string,
  users: readonly MutantUser[],
): Promise<void> {
  await inDatabase(admin, 'postgres', async (client) => {
    await client.query(`
      do $$ begin
        if to_regrole('service_api') is null then
          create role service_api login;
          create role service_inspector login;
          create role service_twin login in role service_api;
        end if;
      end $$;
      alter role service_inspector bypassrls;
      alter role service_api reset track_activities;
      grant pg_read_all_stats to service_inspector`);
    for (const role of ['service_api', 'service_inspector', 'service_twin']) {
      await client.query(`alter role ${role} password ${client.escapeLiteral(secret)}`);
    }
    await client.query(`create database ${database}`);
  });
  await inDatabase(admin, database, async (client) => {
    await client.query(schema);
    await client.query(people, [JSON.stringify(users)]);
    await client.query(rows, [users.map(({ id }) => id)]);
  });
}

function targetsOf(
  url: string,
  users: readonly MutantUser[],
  application: string,
  inspector: string,
): ScratchTargets {
  return {
    api: {
      kind: 'http',
      url,
      database: 'db',
      requests,
      actors: Object.fromEntries(
        users.map(({ id, email, password }) => [
          email.split('@', 1)[0] ?? email,
          { tenant: id, signIn: { path: '/auth/sign-in', body: { email, password }, token: '/accessToken' } },
        ]),
      ),
      collections: [
        { path: '/spaces', rows: '/items', table: 'public.spaces' },
        { path: '/accounts', rows: '/items', table: 'public.accounts' },
      ],
      probes: { slow: '/slow', violating: { path: '/accounts', body: {} } },
    },
    db: { kind: 'postgres', url: application, inspector, tenancy: { setting: 'app.current_user_id' } },
  };
}

function urlFor(admin: string, database: string, role?: string, password?: string): string {
  const url = new URL(databaseUrl(admin, database));
  if (role !== undefined) url.username = role;
  if (password !== undefined) url.password = password;
  return url.href;
}

async function fingerprint(client: pg.Client): Promise<string> {
  const digest = createHash('sha256');
  for (const table of ['users', 'spaces', 'user_spaces', 'accounts']) {
    digest.update(JSON.stringify((await client.query(`select t.* from ${table} t order by t::text`)).rows));
  }
  return digest.digest('hex');
}

function changed(
  target: 'api' | 'db',
  facts: Readonly<Record<string, unknown>>,
): (scene: Scene) => Promise<Scene> {
  return async (scene) => {
    const given = scene.targets[target];
    if (given === undefined) throw new Error(`the scene has no ${target}`);
    const merged = Object.fromEntries(
      Object.entries({ ...given, ...facts }).filter(([, value]) => value !== undefined),
    );
    return { ...scene, targets: { ...scene.targets, [target]: { ...merged, kind: given.kind } } };
  };
}

function urlAs(role: string, scene: Scene): string {
  const given = scene.targets.db?.url;
  const url = new URL(typeof given === 'string' ? given : '');
  url.username = role;
  return url.href;
}

function otherDatabase(scene: Scene): string {
  const given = scene.targets.db?.inspector;
  const url = new URL(typeof given === 'string' ? given : '');
  url.pathname = '/postgres';
  return url.href;
}

/** The first actors of the scene, by the given password where there is one. */
function actorsOf(scene: Scene, count: number, password?: string): object {
  const actors = scene.targets.api?.actors;
  if (typeof actors !== 'object' || actors === null) throw new Error('the scene has no actors');
  return Object.fromEntries(
    Object.entries(actors)
      .slice(0, count)
      .map(([name, actor]) => [
        name,
        password === undefined
          ? actor
          : {
              ...actor,
              signIn: {
                path: '/auth/sign-in',
                body: { email: `${name}@example.com`, password },
                token: '/accessToken',
              },
            },
      ]),
  );
}
