import { createHash, randomUUID } from 'node:crypto';
import type pg from 'pg';
import { type PostgresServer, startServer } from '../targets/postgres/server.ts';
import { databaseUrl, inDatabase } from './pg-client.ts';
import type { Scene, Scratch } from './specimens.ts';

/** SQL run by a superuser in the scene's database. Roles that it makes are gone with the scene. */
export type RolesBreak = string;

const password = () => `canary-${randomUUID()}`;
const roles = ['api', 'migrator', 'reader', 'auditor', 'backup'] as const;
type LoginRole = (typeof roles)[number];

const schema = `
  create role owner nologin;
  create role readers nologin;
  alter role auditor bypassrls;
  alter role backup bypassrls;
  alter role auditor set default_transaction_read_only = on;
  grant owner to migrator;
  grant readers to reader;
  grant pg_read_all_data to backup;
  revoke all on database scene from public;
  grant connect on database scene to api, migrator, reader, auditor, backup;
  revoke all on schema public from public;
  alter schema public owner to owner;
  set role owner;
  create table accounts (id int primary key, tenant text not null, name text not null, balance numeric not null);
  create table users (id int primary key, email text not null, password_hash text not null);
  create view balances as select tenant, sum(balance) as total from accounts group by tenant;
  create sequence numbers;
  create function find_user(wanted text) returns int language sql stable security definer
    set search_path = public, pg_temp as 'select id from users where email = wanted';
  revoke execute on function find_user(text) from public;
  grant usage on schema public to api, readers, auditor;
  grant select, insert, delete, update (name, balance) on accounts to api;
  grant usage on sequence numbers to api;
  grant execute on function find_user(text) to api;
  grant select on accounts, balances to readers;
  grant select on accounts to auditor;
  grant select (id, email) on users to auditor;
  alter default privileges in schema public grant select on sequences to auditor;
  reset role;
  insert into users values (1, 'canary-person@example.com', 'canary-hash');
  insert into accounts values (1, 'canary-tenant', 'canary-account', 1)`;

const declared = {
  postgres: { superuser: true },
  owner: { login: false, owns: ['public.*'] },
  readers: {
    login: false,
    schemas: { public: ['usage'] },
    tables: { 'public.accounts': ['select'], 'public.balances': ['select'] },
  },
  api: {
    schemas: { public: ['usage'] },
    tables: { 'public.accounts': ['select', 'insert', 'delete', 'update (balance, name)'] },
    sequences: { 'public.numbers': ['usage'] },
    functions: ['public.find_user'],
  },
  migrator: { memberOf: ['owner'] },
  reader: { memberOf: ['readers'] },
  auditor: {
    bypassRls: true,
    schemas: { public: ['usage'] },
    tables: { 'public.accounts': ['select'], 'public.users': ['select (id, email)'] },
    sequences: { 'public.*': ['select'], 'public.numbers': [] },
  },
  backup: { bypassRls: true, memberOf: ['pg_read_all_data'] },
} as const;

/** Databases with five log-in roles and the matrix that they are declared to have, each on a server of its own. */
export function scratchRoles(): Scratch<RolesBreak> {
  let server: Promise<PostgresServer> | null = null;
  const started = () => {
    server ??= startServer();
    return server;
  };
  return {
    unavailable: () =>
      started().then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
    scene: async (broken) => openScene((await started()).url, broken),
    blind: {
      'server gone': withUrl((url) => {
        url.port = '1';
        return url.href;
      }),
      'wrong password': withUrl((url) => {
        url.password = 'wrong';
        return url.href;
      }),
      'no roles declared': async (scene) => withDatabase(scene, { roles: undefined }),
      'the url of another role': async (scene) =>
        withDatabase(scene, {
          roles: { ...declared, backup: { ...declared.backup, url: scene.targets.db?.url } },
        }),
      'a role that cannot log in to be tried': async (scene) =>
        withDatabase(scene, {
          roles: {
            ...declared,
            reader: { ...declared.reader, url: 'postgresql://reader:wrong@127.0.0.1:1/scene' },
          },
        }),
    },
    async close() {
      await (await server?.catch(() => null))?.stop();
    },
  };
}

async function openScene(admin: string, broken: string | undefined): Promise<Scene> {
  await inDatabase(admin, 'postgres', clean);
  const passwords = new Map<LoginRole, string>(roles.map((role) => [role, password()]));
  await inDatabase(admin, 'postgres', async (client) => {
    for (const [role, secret] of passwords) {
      await client.query(`create role ${role} login password ${client.escapeLiteral(secret)}`);
    }
    await client.query('create database scene');
  });
  await inDatabase(admin, 'scene', async (client) => {
    await client.query(schema);
    if (broken !== undefined) await client.query(broken);
  });
  const urlOf = (role: LoginRole) => {
    const url = new URL(databaseUrl(admin, 'scene'));
    url.username = role;
    url.password = passwords.get(role) ?? '';
    return url.href;
  };
  return {
    targets: {
      db: {
        kind: 'postgres',
        url: urlOf('api'),
        migrator: databaseUrl(admin, 'scene'),
        roles: {
          ...declared,
          migrator: { ...declared.migrator, url: urlOf('migrator') },
          reader: { ...declared.reader, url: urlOf('reader') },
          auditor: { ...declared.auditor, url: urlOf('auditor') },
        },
      },
    },
    fingerprint: () => inDatabase(admin, 'scene', fingerprint),
    canaries: [
      ...passwords.values(),
      'canary-person@example.com',
      'canary-hash',
      'canary-tenant',
      'canary-account',
    ],
    stop: () => inDatabase(admin, 'postgres', clean),
  };
}

async function clean(client: pg.Client): Promise<void> {
  await client.query('drop database if exists scene with (force)');
  const { rows } = await client.query<{ name: string }>(
    "select quote_ident(rolname) as name from pg_roles where rolname not like 'pg\\_%' and rolname <> 'postgres'",
  );
  for (const { name } of rows) await client.query(`drop role ${name}`);
}

/** Of everything that a trial could leave: rights in one order, whoever gave them, roles, rows and sequences. */
async function fingerprint(client: pg.Client): Promise<string> {
  const parts = [
    `select rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls, rolcanlogin, rolinherit from pg_roles order by 1`,
    `select m.roleid::regrole::text, m.member::regrole::text, m.admin_option from pg_auth_members m order by 1, 2`,
    `select c.relname, c.relowner::regrole::text, a.grantee, a.privilege_type, a.is_grantable
     from pg_class c cross join aclexplode(coalesce(c.relacl, acldefault(case c.relkind when 'S' then 's'::"char" else 'r' end, c.relowner))) a
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'v', 'S') order by 1, 2, 3, 4`,
    `select attrelid::regclass::text, attname, a.grantee, a.privilege_type from pg_attribute cross join aclexplode(attacl) a order by 1, 2, 3, 4`,
    `select nspname, nspowner::regrole::text, a.grantee, a.privilege_type
     from pg_namespace cross join aclexplode(coalesce(nspacl, acldefault('n', nspowner))) a where nspname = 'public' order by 1, 2, 3, 4`,
    `select proname, a.grantee, a.privilege_type
     from pg_proc cross join aclexplode(coalesce(proacl, acldefault('f', proowner))) a where pronamespace = 'public'::regnamespace order by 1, 2, 3`,
    `select d.defaclrole::regrole::text, d.defaclnamespace, d.defaclobjtype, a.grantee, a.privilege_type
     from pg_default_acl d cross join aclexplode(d.defaclacl) a order by 1, 2, 3, 4, 5`,
    `select a.grantee, a.privilege_type
     from pg_database cross join aclexplode(coalesce(datacl, acldefault('d', datdba))) a where datname = current_database() order by 1, 2`,
    `select * from accounts order by id`,
    `select * from users order by id`,
    `select last_value, is_called from numbers`,
  ];
  const digest = createHash('sha256');
  for (const part of parts) digest.update(JSON.stringify((await client.query(part)).rows));
  return digest.digest('hex');
}

function withUrl(change: (url: URL) => string): (scene: Scene) => Promise<Scene> {
  return async (scene) => {
    const given = scene.targets.db?.url;
    return withDatabase(scene, { url: change(new URL(typeof given === 'string' ? given : '')) });
  };
}

function withDatabase(scene: Scene, changed: Readonly<Record<string, unknown>>): Scene {
  const { db } = scene.targets;
  if (db === undefined) throw new Error('the scene has no database');
  const facts = Object.fromEntries(
    Object.entries({ ...db, ...changed }).filter(([, value]) => value !== undefined),
  );
  return { ...scene, targets: { db: { ...facts, kind: 'postgres' } } };
}
