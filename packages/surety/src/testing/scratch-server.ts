import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { shapeSql } from '../targets/postgres/catalog/catalog-sql.ts';
import { type PostgresServer, startServer } from '../targets/postgres/server.ts';
import { cleanRelease, plainVersion, type ServerVersion } from '../targets/postgres/server-version.ts';
import { type PackagedRelease, packagedServer } from './packaged-servers.ts';
import { databaseUrl, inDatabase } from './pg-client.ts';
import { NotHere, type Scene, type Scratch } from './specimens.ts';

/** What is wrong with a server. */
export type ServerBreak = {
  /** A release to run, instead of the machine's own server. */
  readonly release?: PackagedRelease;
  /** SQL run by a superuser in the scene's database. */
  readonly sql?: string;
  /** The release that the database passes itself off as: `15.4`, `19beta1`. */
  readonly says?: string;
};

type Stage = { readonly server: PostgresServer; readonly password: string };

/**
 * Databases with one guarded table, on servers of chosen releases. Where the machine's own server is not a clean one, a
 * healthy scene is a stand-in: its database says that it is.
 */
export function scratchServer(): Scratch<ServerBreak> {
  const stages = new Map<string, Promise<Stage>>();
  const staged = (release: PackagedRelease | undefined): Promise<Stage> => {
    const known = stages.get(release ?? '') ?? setStage(release);
    stages.set(release ?? '', known);
    return known;
  };
  return {
    unavailable: () =>
      staged(undefined).then(
        () => null,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      ),
    scene: async (broken = {}) => openScene(await staged(broken.release), broken),
    blind: blindWays,
    async close() {
      for (const stage of stages.values()) await (await stage.catch(() => null))?.server.stop();
    },
  };
}

async function setStage(release: PackagedRelease | undefined): Promise<Stage> {
  const server = await startServer(
    release === undefined ? {} : { env: { SURETY_PG_BIN: await packagedServer(release) } },
  );
  const password = `canary${randomBytes(12).toString('hex')}`;
  try {
    await inDatabase(server.url, 'postgres', (client) =>
      client.query(`create role api login password ${client.escapeLiteral(password)}`),
    );
  } catch (error) {
    await server.stop();
    throw error;
  }
  return { server, password };
}

const guarded = `
  create table notes (id int primary key, tenant text not null, body text not null);
  alter table notes enable row level security, force row level security;
  create policy mine on notes using (tenant = current_setting('app.tenant', true));
  grant select, insert, update, delete on notes to api;
  create view overview with (security_invoker = true) as select id, body from notes;
  grant select, insert, update on overview to api`;

async function openScene({ server, password }: Stage, broken: ServerBreak): Promise<Scene> {
  const database = `scene_${randomBytes(6).toString('hex')}`;
  const { release, sql, says = release === undefined ? standsInFor(server) : undefined } = broken;
  await inDatabase(server.url, 'postgres', (client) => client.query(`create database ${database}`));
  await inDatabase(server.url, database, async (client) => {
    await client.query(server.version.startsWith('13') ? withoutInvoker : guarded);
    if (sql !== undefined) await client.query(sql);
    if (says !== undefined) await passOff(client, says);
  });
  return {
    targets: {
      db: {
        kind: 'postgres',
        url: `postgresql://api:${password}@127.0.0.1:${server.port}/${database}`,
        migrator: databaseUrl(server.url, database),
        ...(says !== undefined && { standIn: true }),
      },
    },
    fingerprint: () => inDatabase(server.url, database, fingerprint),
    canaries: [password],
    stop: () =>
      inDatabase(server.url, 'postgres', async (client) => {
        await client.query(`drop database if exists ${database} with (force)`);
      }),
  };
}

const withoutInvoker = guarded.replace(' with (security_invoker = true)', '');

/** The clean release that the machine's server has to pass itself off as; none where it is clean itself. */
function standsInFor({ version }: PostgresServer): string | undefined {
  const clean = cleanRelease(new Date());
  if (clean === null) throw new NotHere('no release is known to be clean: the list of holes has grown old');
  const own = plainVersion(version);
  return own.major === clean.major && own.minor >= clean.minor ? undefined : clean.text;
}

/**
 * What a server says of itself comes from two functions. They are built in, so that only a plan into which the new body
 * is inlined asks the new one: plain SQL that is not strict.
 */
async function passOff(client: pg.Client, text: string): Promise<void> {
  const { major, minor }: ServerVersion = plainVersion(text);
  const literal = (value: string): string => client.escapeLiteral(value);
  await client.query(`
    create or replace function pg_catalog.version() returns text language sql stable
      as $$ select ${literal(`PostgreSQL ${text} on a stand-in`)} $$;
    create or replace function pg_catalog.current_setting(text) returns text language sql stable as $$
      select case $1 when 'server_version' then ${literal(text)}
        when 'server_version_num' then ${literal(String(major * 10_000 + minor))}
        else pg_catalog.current_setting($1, false) end $$`);
}

async function fingerprint(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ shape: string }>(shapeSql);
  return createHash('sha256')
    .update(rows[0]?.shape ?? '')
    .digest('hex');
}

type BlindWay = (scene: Scene) => Promise<Scene>;

const blindWays: Readonly<Record<string, BlindWay>> = {
  'nobody listens': (scene) =>
    withUrl(scene, (url) => {
      url.port = '1';
    }),
  'wrong password': (scene) =>
    withUrl(scene, (url) => {
      url.password = 'wrong';
    }),
  'a major release newer than the list': (scene) => saying(scene, '99.1'),
  'a beta': (scene) => saying(scene, '99beta1'),
  'a fork that is behind by its number': async (scene) => {
    await saying(scene, '15.4');
    await asAdmin(scene, (client) =>
      client.query(
        `create function pg_catalog.aurora_version() returns text language sql as $$ select '15.4.1' $$`,
      ),
    );
    return scene;
  },
};

async function saying(scene: Scene, text: string): Promise<Scene> {
  await asAdmin(scene, (client) => passOff(client, text));
  return scene;
}

async function asAdmin(scene: Scene, work: (client: pg.Client) => Promise<unknown>): Promise<void> {
  const url = String(scene.targets.db?.migrator);
  await inDatabase(url, new URL(url).pathname.slice(1), work);
}

async function withUrl(scene: Scene, change: (url: URL) => void): Promise<Scene> {
  const facts = scene.targets.db;
  if (facts === undefined) throw new Error('the scene has no database');
  const url = new URL(String(facts.url));
  change(url);
  return { ...scene, targets: { db: { ...facts, url: url.href } } };
}
