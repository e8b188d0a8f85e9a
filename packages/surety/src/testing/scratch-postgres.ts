import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:net';
import pg from 'pg';
import { shapeSql } from '../targets/postgres/catalog/catalog-sql.ts';
import { type PostgresServer, startServer } from '../targets/postgres/server.ts';
import { type PackagedRelease, packagedServer } from './packaged-servers.ts';
import { databaseUrl, inDatabase, withClient } from './pg-client.ts';
import type { Scene, Scratch } from './specimens.ts';
import { tenantCanaries, tenantSchema, tenantSetting } from './tenant-schema.ts';

/** SQL run by a superuser in the scene's database. What it does to the roles owner, api and inspector is taken back. */
export type PostgresBreak = string;

export type ScratchPostgresOptions = {
  /**
   * What the control looks at: one that reads only the catalog cannot be blinded by missing rows, and one that reads
   * `plans` not by policies that nobody can try. One that reads the `audit` log is blind where that is, and one that
   * asks of all tables whose their rows are (`owners`) where nothing says so. Default `rows`.
   */
  readonly looksAt?: 'rows' | 'catalog' | 'plans' | 'audit' | 'owners';
  /** Another healthy schema than the built-in one; it finds the roles owner, api and inspector. */
  readonly schema?: string;
  readonly canaries?: readonly string[];
  readonly setting?: string;
};

type Passwords = { readonly api: string; readonly inspector: string };
type Stage = { readonly server: PostgresServer; readonly passwords: Passwords };

const template = 'surety_template';

/**
 * Databases with a small multi-tenant schema, cloned from a template on one server. The role that the
 * application uses is `api`; `inspector` sees all; a superuser applies changes.
 */
export function scratchPostgres(options: ScratchPostgresOptions = {}): Scratch<PostgresBreak> {
  const { looksAt = 'rows', schema = tenantSchema } = options;
  const stages = new Map<PackagedRelease | null, Promise<Stage>>();
  let scenes = 0;
  const staged = (release: PackagedRelease | null = null): Promise<Stage> => {
    const stage = stages.get(release) ?? setStage(schema, release);
    stages.set(release, stage);
    return stage;
  };
  return {
    unavailable: () =>
      staged().then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
    async scene(broken) {
      scenes += 1;
      return openScene(await staged(releaseFor(broken)), `scene_${scenes}`, broken, options);
    },
    blind: {
      ...blindWays,
      ...(looksAt === 'audit' ? blindToAudit : waysFor(looksAt)),
    },
    async close() {
      for (const stage of stages.values()) await (await stage.catch(() => null))?.server.stop();
    },
  };
}

function waysFor(looksAt: 'rows' | 'catalog' | 'plans' | 'owners'): Readonly<Record<string, BlindWay>> {
  return {
    ...(looksAt !== 'catalog' && blindWithoutTenants),
    ...(looksAt === 'plans' ? blindToPlans : blindToPolicies),
    ...((looksAt === 'rows' || looksAt === 'owners') && blindToRows),
    ...(looksAt === 'owners' && blindToOwners),
  };
}

const holed = '15.18';

/** What a break begins with that wants a server which still has the known holes. */
export const onHoledServer = `-- on PostgreSQL ${holed}\n`;

function releaseFor(broken: string | undefined): PackagedRelease | null {
  return broken?.startsWith(onHoledServer) === true ? holed : null;
}

/** @throws {NotHere} where a release cannot be had */
async function setStage(schema: string, release: PackagedRelease | null): Promise<Stage> {
  const server = await startServer(
    release === null ? {} : { env: { SURETY_PG_BIN: await packagedServer(release) } },
  );
  const passwords = { api: password(), inspector: password() };
  try {
    await inDatabase(server.url, 'postgres', async (client) => {
      await client.query(`
        create role owner nologin;
        create role api login password ${client.escapeLiteral(passwords.api)};
        create role inspector login bypassrls password ${client.escapeLiteral(passwords.inspector)}`);
      await client.query(`create database ${template}`);
    });
    await inDatabase(server.url, template, (client) => client.query(schema));
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { server, passwords };
}

function password(): string {
  return `canary${randomBytes(12).toString('hex')}`;
}

async function openScene(
  { server, passwords }: Stage,
  database: string,
  broken: string | undefined,
  { canaries = tenantCanaries, setting = tenantSetting }: ScratchPostgresOptions,
): Promise<Scene> {
  await inDatabase(server.url, 'postgres', async (client) => {
    await client.query(resetRoles);
    await client.query(`create database ${database} template ${template}`);
  });
  if (broken !== undefined) await inDatabase(server.url, database, (client) => client.query(broken));
  const urlOf = (user: string, secret: string): string =>
    `postgresql://${user}:${secret}@127.0.0.1:${server.port}/${database}`;
  return {
    targets: {
      db: {
        kind: 'postgres',
        url: urlOf('api', passwords.api),
        inspector: urlOf('inspector', passwords.inspector),
        migrator: databaseUrl(server.url, database),
        tenancy: { setting },
      },
    },
    fingerprint: () => inDatabase(server.url, database, fingerprint),
    canaries: [...canaries, ...Object.values(passwords)],
    stop: () =>
      inDatabase(server.url, 'postgres', async (client) => {
        await client.query(`drop database if exists ${database} with (force)`);
        await client.query(resetRoles);
      }),
  };
}

/** Roles belong to the whole server: what one scene did to them must not reach the next. */
const resetRoles = `
  alter role api login nosuperuser nobypassrls nocreaterole nocreatedb noreplication inherit;
  alter role owner nologin nosuperuser nobypassrls nocreaterole nocreatedb noreplication inherit;
  alter role inspector login nosuperuser bypassrls;
  alter role api reset all;
  do $$ declare held record; begin
    for held in select m.roleid::regrole as role, m.member::regrole as member
      from pg_auth_members m join pg_roles r on r.oid = m.member where r.rolname in ('api', 'owner', 'inspector')
    loop execute format('revoke %s from %s', held.role, held.member); end loop;
  end $$`;

/** Shape and rows, in no order. Sequences are left out: a rolled-back attack moves them, and is allowed to. */
async function fingerprint(client: pg.Client): Promise<string> {
  const hash = createHash('sha256');
  const shape = await client.query<{ shape: string }>(shapeSql);
  hash.update(shape.rows[0]?.shape ?? '');
  const tables = await client.query<{ name: string }>(`
    select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'm') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' order by 1`);
  for (const { name } of tables.rows) {
    const rows = await client.query<{ digest: string | null }>(
      `select md5(string_agg(d, '' order by d)) as digest from (select md5(t::text) as d from ${name} t) rows`,
    );
    hash.update(`\0${name}\0${rows.rows[0]?.digest ?? ''}`);
  }
  return hash.digest('hex');
}

type BlindWay = (scene: Scene) => Promise<Scene>;

const blindWays: Readonly<Record<string, BlindWay>> = {
  'nobody listens': (scene) =>
    withUrl(scene, (url) => {
      url.port = '1';
    }),
  'never answers': async (scene) => {
    const silent = createServer((socket) => socket.unref());
    await new Promise<void>((resolve) => {
      silent.listen(0, '127.0.0.1', resolve);
    });
    silent.unref();
    const address = silent.address();
    return withUrl(scene, (url) => {
      url.port = String(address !== null && typeof address === 'object' ? address.port : 1);
    });
  },
  'wrong password': (scene) =>
    withUrl(scene, (url) => {
      url.password = 'wrong';
    }),
  'connect revoked': async (scene) => {
    await inDatabaseOf(scene, (client) =>
      client.query(
        `revoke connect on database ${client.escapeIdentifier(databaseOf(scene))} from public, api`,
      ),
    );
    return scene;
  },
  'no tables': async (scene) => {
    await inDatabaseOf(scene, (client) => client.query('drop schema if exists public, "Odd names" cascade'));
    return scene;
  },
  'a table locked': async (scene) => {
    // The lock goes with the scene's database, which ends all its connections.
    const holder = new pg.Client({ connectionString: migratorOf(scene) });
    holder.on('error', () => undefined);
    await holder.connect();
    await holder.query('begin; lock table accounts in access exclusive mode');
    return scene;
  },
  'tenancy not declared': async (scene) => withFacts(scene, { tenancy: undefined }),
};

const blindToPolicies: Readonly<Record<string, BlindWay>> = {
  'a definer function of an exempt owner': (scene) =>
    changed(
      scene,
      // Nobody knows what to give it, so nobody can try it.
      `create function accounts_near(place point) returns setof accounts language sql security definer
        set search_path = public, pg_temp as 'select * from accounts'`,
    ),
  'a rule of an exempt owner': (scene) =>
    changed(
      scene,
      `alter table notes owner to postgres; create rule spread as on insert to notes do also notify spread`,
    ),
  'a policy that another setting opens': (scene) =>
    changed(
      scene,
      `create policy support on notes using (current_setting('app.support', true) = 'on' and (select tenant()) is not null)`,
    ),
  'a policy that the time of day opens': (scene) =>
    changed(
      scene,
      `create policy night on notes for select using (extract(hour from now()) > 99 and (select tenant()) is not null)`,
    ),
  'a policy that throws dice': (scene) =>
    changed(
      scene,
      `create policy luck on notes for select using (random() < 0 and (select tenant()) is not null)`,
    ),
  'a policy that opens rows of a kind that is not there': (scene) =>
    changed(
      scene,
      `alter table notes add column is_public boolean not null default false; drop policy mine on notes;
       create policy mine on notes using (user_id = (select tenant()) or is_public)`,
    ),
  'a policy that opens all to a kind of tenant that is not there': (scene) =>
    changed(
      scene,
      `create policy support on goals for select using (exists (
        select from user_spaces m where m.user_id = (select tenant()) and (m.space_id = goals.space_id or m.role = 'support')))`,
    ),
  'a function of a policy that opens all to a kind of tenant that is not there': (scene) =>
    changed(
      scene,
      `create function may_see(wanted uuid) returns boolean language sql stable set search_path = public, pg_temp as $$
         select exists (select from user_spaces m where m.user_id = tenant() and m.space_id = wanted)
           or exists (select from user_spaces m where m.user_id = tenant() and m.role = 'support') $$;
       create policy support on goals for select using (may_see(space_id))`,
    ),
  'a policy that takes what begins alike for the same': (scene) =>
    changed(
      scene,
      `drop policy mine on notes; create policy mine on notes using (user_id::text like (select tenant()) || '%')`,
    ),
  'a view that a trigger of an exempt owner writes through': (scene) =>
    changed(
      scene,
      `create view new_notes with (security_invoker = true) as select user_id, body from notes;
       grant insert on new_notes to api;
       create function put() returns trigger language plpgsql security definer set search_path = public, pg_temp
         as $$ begin insert into notes (user_id, body) values (new.user_id, new.body); return new; end $$;
       create trigger put instead of insert on new_notes for each row execute function put()`,
    ),
  // One that is there, the attack becomes.
  'a policy that names a tenant who is not there': (scene) =>
    changed(
      scene,
      `create policy support on notes using ((select tenant()) = 'c0000000-0000-4000-8000-000000000009')`,
    ),
};

/** Nothing costs less than policies that are not there. */
const blindToPlans: Readonly<Record<string, BlindWay>> = {
  'row security on no table': (scene) =>
    changed(
      scene,
      `do $$ declare guarded regclass; begin
        for guarded in select oid from pg_class where relrowsecurity
        loop execute format('alter table %s disable row level security', guarded); end loop; end $$`,
    ),
};

const blindWithoutTenants: Readonly<Record<string, BlindWay>> = {
  'no inspector': async (scene) => withFacts(scene, { inspector: undefined }),
  'inspector locked out': async (scene) => {
    await inDatabaseOf(scene, (client) => client.query('revoke select on accounts from inspector'));
    return scene;
  },
  'no tenants': async (scene) => {
    await inDatabaseOf(scene, (client) => client.query('truncate users, spaces cascade'));
    return scene;
  },
  'one tenant': async (scene) => {
    await inDatabaseOf(scene, (client) =>
      client.query(`truncate notes; delete from users where id <> (select user_id from user_spaces limit 1)`),
    );
    return scene;
  },
};

const blindToRows: Readonly<Record<string, BlindWay>> = {
  'an inspector that row security binds': (scene) => changed(scene, 'alter role inspector nobypassrls'),
  'an inspector that sees some rows': (scene) =>
    changed(
      scene,
      `alter role inspector nobypassrls;
       create policy i on users to inspector using (true); create policy i on spaces to inspector using (true);
       create policy i on user_spaces to inspector using (true);
       create policy i on notes to inspector using (id < 3)`,
    ),
  'one tenant declared twice': async (scene) => {
    const one = 'a0000000-0000-4000-8000-000000000001';
    return withFacts(scene, { tenancy: { setting: tenantSetting, tenants: [one, one] } });
  },
};

const blindToOwners: Readonly<Record<string, BlindWay>> = {
  'memberships with a status that no policy asks for': (scene) =>
    changed(scene, `alter table user_spaces add column status text not null default 'active'`),
  'rows that name nobody and lie in what is somebody’s': (scene) =>
    changed(
      scene,
      `create table files (id int primary key, space_id uuid references spaces, account_id uuid not null references accounts);
       insert into files select row_number() over (), null, id from accounts;
       alter table files enable row level security, force row level security;
       create policy members on files for select using (space_id is null
         or space_id in (select space_id from user_spaces where user_id = (select tenant())));
       grant select on files to api, inspector`,
    ),
};

/** One tenant is enough for an audit log; everything else that blinds a look at rows blinds this one, too. */
const blindToAudit: Readonly<Record<string, BlindWay>> = {
  ...Object.fromEntries(
    Object.entries({ ...blindWithoutTenants, ...blindToRows }).filter(
      ([way]) => !way.startsWith('one tenant'),
    ),
  ),
  'no audit log': (scene) => changed(scene, 'drop table audit_log'),
  'an audit log without entries': (scene) => changed(scene, 'truncate audit_log'),
  'entries of jobs only': (scene) => changed(scene, 'update audit_log set actor_id = null'),
  'rows that are all gone': (scene) =>
    changed(scene, 'update audit_log set row_id = gen_random_uuid(), space_id = null'),
  'tables that there are not': (scene) => changed(scene, `update audit_log set table_name = 'elsewhere'`),
  'two audit logs': (scene) => changed(scene, 'create table audit_trail (like audit_log)'),
  'an audit log that does not say which row': (scene) =>
    changed(scene, 'alter table audit_log drop column row_id'),
  'an audit log declared that there is not': (scene) =>
    withFacts(scene, {
      tenancy: {
        setting: tenantSetting,
        audit: { table: 'public.elsewhere', actor: 'actor_id', row: 'row_id', about: 'table_name' },
      },
    }),
};

type Facts = Scene['targets'][string];

function factsOf(scene: Scene): Facts {
  const facts = scene.targets.db;
  if (facts === undefined) throw new Error('the scene has no database');
  return facts;
}

async function changed(scene: Scene, sql: string): Promise<Scene> {
  await inDatabaseOf(scene, (client) => client.query(sql));
  return scene;
}

async function withFacts(scene: Scene, facts: Readonly<Record<string, unknown>>): Promise<Scene> {
  const known = Object.entries({ ...factsOf(scene), ...facts }).filter(([, value]) => value !== undefined);
  return { ...scene, targets: { db: { kind: 'postgres', ...Object.fromEntries(known) } } };
}

async function withUrl(scene: Scene, change: (url: URL) => void): Promise<Scene> {
  const url = new URL(String(factsOf(scene).url));
  change(url);
  return withFacts(scene, { url: url.href });
}

function migratorOf(scene: Scene): string {
  return String(factsOf(scene).migrator);
}

function databaseOf(scene: Scene): string {
  return new URL(migratorOf(scene)).pathname.slice(1);
}

async function inDatabaseOf(scene: Scene, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  await withClient(migratorOf(scene), work);
}
