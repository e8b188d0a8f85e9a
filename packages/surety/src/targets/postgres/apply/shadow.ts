import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { SuretyError } from '../../../core/error.ts';
import type { Trial } from '../../../core/plan.ts';
import { type Connection, connect } from '../connection.ts';
import { literal, quoted } from '../name.ts';
import { startServer } from '../server.ts';
import { SqlError, withoutValues } from '../sql-error.ts';
import { makeRoles, readDatabaseRights, readRoles } from './copy-roles.ts';
import { dumpSchema, findDump } from './dump.ts';
import { tryOn } from './rehearsal.ts';
import { differences, readShape } from './shape.ts';

export type Live = {
  /** As the migrator. */
  readonly connection: Connection;
  readonly url: string;
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
};

/** A database that holds the live one's schema and none of its rows. */
type Shadow = {
  readonly name: string;
  readonly url: string;
  /** Whether it was there before, so that everything has to be taken back. */
  readonly kept: boolean;
  leave(): Promise<void>;
};

/** Milliseconds that copying and trying may take together. */
const limit = 300_000;
/** Milliseconds that emptying a borrowed database may take, whatever became of the run. */
const emptyingLimit = 60_000;

/**
 * Tries changes on a copy of the schema: them, their undo, and them again. The copy is on a server of its own that is
 * gone afterwards, or in the database `given`: an empty one, which is emptied again, or a copy that somebody made.
 *
 * @returns what it was tried on: `a copy on PostgreSQL 15.18`
 * @throws {SuretyError} `postgres/no-shadow`, `postgres/shadow-…`: the live database was not touched
 */
export async function rehearse(
  trials: readonly Trial[],
  live: Live,
  given: string | undefined,
): Promise<string> {
  const signal = AbortSignal.any([live.signal, AbortSignal.timeout(limit)]);
  const shadow = await openShadow({ ...live, signal }, given, trials);
  try {
    const [me] = await live.connection.rows<{ user: string }>('select session_user::text as user');
    const open = () => connect({ url: shadow.url, who: 'the copy', signal });
    const stage = { open, migrator: me?.user ?? '', signal, takeBack: shadow.kept };
    // A statement that is under way would keep who stops waiting; leaving ends it.
    await Promise.race([tryOn(trials, stage), abortOf(signal)]);
    return shadow.name;
  } catch (error) {
    live.signal.throwIfAborted();
    if (!signal.aborted) throw error;
    throw new SuretyError(
      'postgres/shadow-slow',
      `trying it on a copy took longer than ${limit / 60_000} minutes; the database was not touched`,
      'apply fewer changes at once, or say --without-shadow',
    );
  } finally {
    await shadow.leave();
  }
}

function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

async function openShadow(live: Live, given: string | undefined, trials: readonly Trial[]): Promise<Shadow> {
  if (given !== undefined) return borrow(given, live, trials);
  const [{ major = 0, database = '' } = {}] = await live.connection.rows<{ major: number; database: string }>(
    `select current_setting('server_version_num')::int / 10000 as major, current_database()::text as database`,
  );
  const dump = await findDump(live.env, major);
  if (dump === null) throw noShadow(`there is no pg_dump for PostgreSQL ${major} on this machine`);
  const server = await startServer({ env: live.env, signal: live.signal }).catch((error: unknown) => {
    live.signal.throwIfAborted();
    throw noShadow(error instanceof Error ? error.message : String(error));
  });
  try {
    if (Number.parseInt(server.version, 10) < major)
      throw noShadow(
        `the server on this machine is PostgreSQL ${server.version}, the database's is ${major}`,
      );
    const url = new URL(server.url);
    url.pathname = `/${encodeURIComponent(database)}`;
    await withServer(server.url, live.signal, async (admin) => {
      const { statements } = await rolesToMake(admin, live.connection);
      for (const sql of statements) await admin.rows(sql);
      if (database !== 'postgres') await admin.rows(`create database ${quoted(database)} template template0`);
      for (const sql of await readDatabaseRights(live.connection)) await admin.rows(sql);
    });
    await restore(url.href, dump, live);
    return {
      name: `a copy of the schema on PostgreSQL ${server.version}`,
      url: url.href,
      kept: false,
      leave: server.stop,
    };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function borrow(given: string, live: Live, trials: readonly Trial[]): Promise<Shadow> {
  const mark = `surety-shadow-${randomUUID()}`;
  const url = markedAs(mark, given);
  const admin = await connect({ url, who: 'the shadow database', signal: live.signal });
  try {
    const here = await whichDatabase(admin);
    if (here === (await whichDatabase(live.connection)))
      throw new SuretyError(
        'usage/shadow-is-live',
        '--shadow names the database that the changes are for',
        'name an empty one',
      );
    const name = 'the database that --shadow names';
    if (!(await isEmpty(admin))) {
      await requireCopy(admin, live, trials);
      return { name, url: given, kept: true, leave: async () => undefined };
    }
    const [{ major = 0 } = {}] = await live.connection.rows<{ major: number }>(
      `select current_setting('server_version_num')::int / 10000 as major`,
    );
    const dump = await findDump(live.env, major);
    if (dump === null) throw noShadow(`there is no pg_dump for PostgreSQL ${major} to fill the empty one`);
    const roles = await rolesToMake(admin, live.connection);
    const leave = () => giveBack(given, mark, roles.names);
    try {
      for (const sql of roles.statements) await admin.rows(sql);
      await restore(url, dump, live);
    } catch (error) {
      await leave();
      throw error;
    }
    return { name, url, kept: false, leave };
  } finally {
    await admin.end();
  }
}

/** So that our sessions can be told from others in the database, on whatever connection they are. */
function markedAs(mark: string, given: string): string {
  const url = new URL(given);
  url.searchParams.set('application_name', mark);
  return url.href;
}

/**
 * Empties a borrowed database. On a connection of its own: a run that is stopped ends all others, and what it had
 * under way on the server goes on without it.
 *
 * @throws {SuretyError} `postgres/shadow-left`
 */
async function giveBack(given: string, mark: string, roles: readonly string[]): Promise<void> {
  try {
    const signal = AbortSignal.timeout(emptyingLimit);
    const admin = await connect({ url: given, who: 'the shadow database', signal });
    try {
      while (await endsSessions(admin, mark)) await wait(50);
      await empty(admin, roles);
    } finally {
      await admin.end();
    }
  } catch (error) {
    const more = roles.length === 0 ? '' : `, and the roles that are new on its server: ${roles.join(', ')}`;
    throw new SuretyError(
      'postgres/shadow-left',
      `the database that --shadow names could not be emptied again: ${error instanceof Error ? error.message : String(error)}`,
      `the database that the changes are for was not touched; drop the empty one${more}`,
      { cause: error },
    );
  }
}

/** Whether there was still one. */
async function endsSessions(admin: Connection, mark: string): Promise<boolean> {
  const ended = await admin.rows(
    `select pg_terminate_backend(pid) from pg_catalog.pg_stat_activity
     where datname = current_database() and application_name = $1`,
    [mark],
  );
  return ended.length > 0;
}

async function requireCopy(shadow: Connection, live: Live, trials: readonly Trial[]): Promise<void> {
  const [there, here] = [await readShape(shadow), await readShape(live.connection)];
  const kinds = ['roles', 'memberships'];
  const odd = differences(here, there).filter((line) => !kinds.includes(line.split(' ')[0] ?? ''));
  if (odd.length > 0)
    throw new SuretyError(
      'usage/shadow-differs',
      `the database that --shadow names is neither empty nor a copy: ${odd.slice(0, 3).join(', ')}`,
      'name an empty one',
    );
  if (trials.some(({ undo }) => 'manual' in undo))
    throw new SuretyError(
      'usage/shadow-kept',
      'a change without undo would stay in the copy that --shadow names',
      'name an empty one',
    );
}

/** Roles are of the whole server: those that it lacks, and what makes them. */
async function rolesToMake(admin: Connection, live: Connection) {
  const present = await admin.rows<{ name: string; number: number }>(
    `select rolname::text as name, current_setting('server_version_num')::int as number from pg_catalog.pg_roles`,
  );
  const names = new Set(present.map(({ name }) => name));
  const roles = await readRoles(live);
  return {
    names: roles.map(({ name }) => name).filter((name) => !names.has(name)),
    statements: makeRoles(roles, names, (present[0]?.number ?? 0) >= 160_000),
  };
}

async function restore(url: string, dump: string, live: Live): Promise<void> {
  await withServer(url, live.signal, (admin) => requireExtensions(admin, live.connection));
  const schema = await dumpSchema(dump, live);
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  const abort = () => void client.end().catch(() => undefined);
  live.signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    await client.query(schema);
  } catch (error) {
    live.signal.throwIfAborted();
    throw new SuretyError(
      'postgres/shadow-copy',
      `the schema could not be copied: ${withoutValues(error).message}; the database was not touched`,
      'name a prepared copy with --shadow URL, or say --without-shadow',
      { cause: error },
    );
  } finally {
    live.signal.removeEventListener('abort', abort);
    await client.end().catch(() => undefined);
  }
}

async function requireExtensions(shadow: Connection, live: Connection): Promise<void> {
  const wanted = await live.rows<{ name: string }>(
    'select extname::text as name from pg_catalog.pg_extension',
  );
  const there = await shadow.rows<{ name: string }>(
    'select name::text as name from pg_catalog.pg_available_extensions',
  );
  const missing = wanted.filter(({ name }) => there.every((other) => other.name !== name));
  if (missing.length === 0) return;
  throw new SuretyError(
    'postgres/shadow-extensions',
    `the server for the copy lacks extensions that the database uses: ${missing.map(({ name }) => name).join(', ')}`,
    'install them there, name a database on a server that has them with --shadow URL, or say --without-shadow',
  );
}

async function isEmpty(connection: Connection): Promise<boolean> {
  const [row] = await connection.rows<{ empty: boolean }>(`
    select not exists (select from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
        where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema')
      and not exists (select from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
        where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema')
      and not exists (select from pg_catalog.pg_event_trigger)
      and not exists (select from pg_catalog.pg_namespace n
        where n.nspname not like 'pg\\_%' and n.nspname not in ('information_schema', 'public')) as empty`);
  return row?.empty === true;
}

/** Everything that was not there when it was empty. */
async function empty(admin: Connection, roles: readonly string[]): Promise<void> {
  const list = async (sql: string) =>
    (await admin.rows<{ name: string }>(sql)).map(({ name }) => quoted(name));
  for (const name of await list('select evtname::text as name from pg_catalog.pg_event_trigger'))
    await admin.rows(`drop event trigger ${name}`);
  for (const name of await list(
    "select extname::text as name from pg_catalog.pg_extension where extname <> 'plpgsql'",
  ))
    await admin.rows(`drop extension if exists ${name} cascade`);
  for (const name of await list(
    "select nspname::text as name from pg_catalog.pg_namespace where nspname not like 'pg\\_%' and nspname <> 'information_schema'",
  ))
    await admin.rows(`drop schema ${name} cascade`);
  await admin.rows('create schema public');
  const made = await admin.rows<{ name: string }>(
    'select rolname::text as name from pg_catalog.pg_roles where rolname = any($1)',
    [roles],
  );
  for (const { name } of made) {
    await admin.rows(`drop owned by ${quoted(name)}`);
    await admin.rows(`drop role ${quoted(name)}`);
  }
}

/** Two servers never start in one microsecond. */
async function whichDatabase(connection: Connection): Promise<string> {
  const [row] = await connection.rows<{ id: string }>(
    `select pg_postmaster_start_time()::text || ${literal(' ')} || current_database() as id`,
  );
  return row?.id ?? '';
}

async function withServer<T>(
  url: string,
  signal: AbortSignal,
  work: (admin: Connection) => Promise<T>,
): Promise<T> {
  const admin = await connect({ url, who: 'the server for the copy', signal });
  try {
    return await work(admin);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw new SuretyError(
      'postgres/shadow-copy',
      `the server for the copy said no: ${error.message}; the database was not touched`,
      'name a prepared copy with --shadow URL, or say --without-shadow',
      { cause: error },
    );
  } finally {
    await admin.end();
  }
}

function noShadow(fact: string): SuretyError {
  return new SuretyError(
    'postgres/no-shadow',
    `the changes cannot be tried on a copy first: ${fact}`,
    'install PostgreSQL’s server and pg_dump here, name an empty database with --shadow URL, or say --without-shadow',
  );
}
