import { SuretyError, UncertainError } from '../core/error.ts';
import { SqlError } from '../targets/postgres/sql-error.ts';
import { type Admin, type Server, withServer } from './restore/admin.ts';

export type SwapOptions = {
  readonly server: Server;
  /** The name that applications connect to. */
  readonly live: string;
  /** What is to bear that name. */
  readonly next: string;
  /** What the one that bears it now is called from then on; `null`: nobody may bear it. */
  readonly aside: string | null;
  /** Whether sessions of either may be ended. */
  readonly endSessions: boolean;
  /** Counts until the renames are made final. */
  readonly signal: AbortSignal;
};

export type Swapped = {
  /** The name of the former one; `null` where there was none. */
  readonly kept: string | null;
  /** Sessions that were ended. */
  readonly ended: number;
  /** For how long new sessions had to wait. */
  readonly millis: number;
};

/**
 * Gives one database the name of another, in one transaction: whenever this is broken off, the server has either the former or the new one under the
 * name. Meanwhile new sessions wait; those that asked just before the end hear that the database was renamed (3D000), and succeed when they ask again.
 *
 * @throws {SuretyError} `swap/in-use`, `swap/missing`, `swap/taken`
 * @throws {UncertainError} where the connection went at the end, and nobody can be asked
 */
export async function swapDatabases(options: SwapOptions): Promise<Swapped> {
  const { server, live, signal } = options;
  signal.throwIfAborted();
  let atTheEnd = false;
  try {
    return await withServer(
      server,
      null,
      async (admin) => {
        const found = await look(admin, options);
        if (found.sessions.length > 0 && !options.endSessions) throw inUse(options, found.sessions);
        const from = performance.now();
        await admin.rows('begin');
        try {
          const ended = await renameBoth(admin, options, found);
          signal.throwIfAborted();
          atTheEnd = true;
          await admin.rows('commit');
          const kept = found.live === null ? null : options.aside;
          return { kept, ended, millis: Math.round(performance.now() - from) };
        } catch (error) {
          if (!atTheEnd) await admin.rows('rollback').catch(() => undefined);
          throw error;
        }
      },
      live,
    );
  } catch (error) {
    if (!atTheEnd || error instanceof SqlError) throw refusal(error, options);
    return settle(options, error);
  }
}

type Found = { readonly live: string | null; readonly next: string; readonly sessions: readonly Session[] };
type Session = { readonly database: string; readonly who: string; readonly count: number };

async function look(admin: Admin, { live, next, aside }: SwapOptions): Promise<Found> {
  const named = await admin.rows<{ name: string; oid: string }>(
    'select datname as name, oid::text as oid from pg_database where datname = any($1)',
    [[live, next, ...(aside === null ? [] : [aside])]],
  );
  const oidOf = (name: string): string | null => named.find((one) => one.name === name)?.oid ?? null;
  const nextOid = oidOf(next);
  if (nextOid === null)
    throw new SuretyError(
      'swap/missing',
      `there is no database ${next}`,
      'surety restore --list shows what there is',
    );
  const taken = aside === null ? live : aside;
  if (oidOf(taken) !== null)
    throw new SuretyError(
      'swap/taken',
      `there is a database ${taken} already`,
      'nothing was renamed: try again',
    );
  return { live: oidOf(live), next: nextOid, sessions: await sessionsOf(admin, [live, next]) };
}

async function sessionsOf(admin: Admin, databases: readonly string[]): Promise<readonly Session[]> {
  const rows = await admin.rows<{ database: string; who: string; count: number }>(
    `select datname as database, usename || case when application_name = '' then '' else ' (' || application_name || ')' end as who,
      count(*)::int as count
     from pg_stat_activity where datname = any($1) and backend_type = 'client backend' group by 1, 2 order by 3 desc, 2`,
    [databases],
  );
  return rows;
}

/** Sessions that use a database, by who they are; for showing them beforehand. */
export function sessionsIn(
  server: Server,
  database: string,
  signal: AbortSignal,
): Promise<readonly Session[]> {
  return withServer(server, signal, (admin) => sessionsOf(admin, [database]), database);
}

/**
 * A rename first locks new sessions out and then waits five seconds for those that are there: in that time a second
 * session ends them. So nobody can come back in between.
 */
async function renameBoth(admin: Admin, options: SwapOptions, found: Found): Promise<number> {
  const { server, live, next, aside, endSessions } = options;
  const oids = [found.next, ...(found.live === null ? [] : [found.live])];
  const rename = async (): Promise<void> => {
    if (found.live !== null && aside !== null)
      await admin.rows(`alter database ${admin.name(live)} rename to ${admin.name(aside)}`);
    await admin.rows(`alter database ${admin.name(next)} rename to ${admin.name(live)}`);
  };
  if (!endSessions) {
    await rename();
    return 0;
  }
  return withServer(
    server,
    null,
    async (other) => {
      let ended = 0;
      let renamed = false;
      const renaming = rename().finally(() => {
        renamed = true;
      });
      const ending = async (): Promise<void> => {
        while (!renamed) ended += await endAll(other, oids);
      };
      const [outcome] = await Promise.allSettled([renaming, ending()]);
      if (outcome.status === 'rejected') throw outcome.reason;
      return ended;
    },
    live,
  );
}

/** How many there were to end. Looks again only after a moment. */
async function endAll(other: Admin, oids: readonly string[]): Promise<number> {
  const ended = await other.rows(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where datid = any($1::oid[]) and backend_type = 'client backend' and pid <> pg_backend_pid()`,
    [oids],
  );
  await other.rows('select pg_sleep(0.02)');
  return ended.length;
}

function refusal(error: unknown, options: SwapOptions): unknown {
  if (error instanceof SqlError && error.state === '55006') return inUse(options, []);
  return error;
}

function inUse({ live }: SwapOptions, sessions: readonly Session[]): SuretyError {
  const who = sessions.map(({ who: name, count }) => `${count} of ${name}`).join(', ');
  return new SuretyError(
    'swap/in-use',
    `${live} is in use${who === '' ? '' : `: ${who}`}; nothing was renamed`,
    'stop the applications first, or allow their sessions to be ended: --end-sessions',
  );
}

/** The connection went while it was made final: the names tell. */
async function settle(options: SwapOptions, cause: unknown): Promise<Swapped> {
  const { server, live, next, aside } = options;
  const names = await withServer(
    server,
    null,
    (admin) =>
      admin.rows<{ name: string }>('select datname as name from pg_database where datname = any($1)', [
        [live, next, ...(aside === null ? [] : [aside])],
      ]),
    live,
  ).catch((error: unknown) => {
    throw new UncertainError(
      'swap/uncertain',
      `the server went away while ${next} was given the name ${live}; one of the two bears it`,
      `when it is back: surety restore --list shows which`,
      { cause: error },
    );
  });
  const there = (name: string): boolean => names.some((one) => one.name === name);
  if (there(next)) throw cause;
  return { kept: aside !== null && there(aside) ? aside : null, ended: 0, millis: 0 };
}
