import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { BlindError, SuretyError } from '../../../core/error.ts';
import type { Connection } from '../connection.ts';
import { SqlError } from '../sql-error.ts';

/** Both halves of the advisory lock's key: `sure`, as a number, and which lock of ours it is. */
const key = [0x73_75_72_65, 1] as const;

/**
 * Makes a connection the only one that changes this database for us, until it ends. The lock and the work share one
 * connection, so that a killed run holds it for as long as the server still works for it.
 *
 * @throws {SuretyError} `postgres/read-only`, `postgres/held`
 */
export async function claim(connection: Connection): Promise<void> {
  await refuseReplica(connection);
  await connection.rows("select set_config('application_name', $1, false)", [
    `surety on ${hostname()}, process ${process.pid}`.slice(0, 63),
  ]);
  await noticeOurEnd(connection);
  for (let attempt = 1; !(await take(connection)); attempt += 1) {
    if (attempt === attempts) throw await heldBySomebody(connection);
    await sleep(pause);
  }
}

/** A connection that was just closed holds its lock until the server has noticed. */
const attempts = 10;
const pause = 100;

async function take(connection: Connection): Promise<boolean> {
  const [row] = await connection.rows<{ ours: boolean }>('select pg_try_advisory_lock($1, $2) as ours', key);
  return row?.ours === true;
}

/** @throws {SuretyError} `postgres/read-only` */
export async function refuseReplica(connection: Connection): Promise<void> {
  const [row] = await connection.rows<{ replica: boolean; readOnly: boolean }>(
    `select pg_is_in_recovery() as replica, current_setting('transaction_read_only')::boolean as "readOnly"`,
  );
  if (row?.replica === true)
    throw new SuretyError(
      'postgres/read-only',
      'the migrator is connected to a read-only replica',
      'name the primary as migrator of the target',
    );
  if (row?.readOnly === true)
    throw new SuretyError(
      'postgres/read-only',
      'the migrator’s transactions are read only',
      'unset default_transaction_read_only for it, or name another role as migrator',
    );
}

/** A server that knows how (14 and newer, not on every system) lets go soon after we are killed. */
async function noticeOurEnd(connection: Connection): Promise<void> {
  try {
    await connection.rows("select set_config('client_connection_check_interval', '2s', false)");
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
  }
}

async function heldBySomebody(connection: Connection): Promise<SuretyError> {
  const [row] = await connection.rows<{ role: string | null; program: string | null; since: string | null }>(
    `select a.usename::text as role, a.application_name as program, to_char(a.backend_start at time zone 'utc',
        'YYYY-MM-DD HH24:MI:SS "UTC"') as since
     from pg_catalog.pg_locks l left join pg_catalog.pg_stat_activity a using (pid)
     where l.locktype = 'advisory' and l.granted and l.classid = $1 and l.objid = $2 and l.objsubid = 2
       and l.database = (select oid from pg_catalog.pg_database where datname = current_database())`,
    key,
  );
  const who =
    row === undefined
      ? 'somebody'
      : `${row.program ?? 'surety'} as ${row.role ?? 'a role'} since ${row.since ?? '?'}`;
  return new SuretyError(
    'postgres/held',
    `another surety changes this database: ${who}`,
    'wait until it is done, then run this again',
  );
}

/** What a broken connection means: it is gone, and with it the claim. Errors of ours and of being stopped stay. */
export function lost(error: unknown): Error {
  if (error instanceof SuretyError || (error instanceof Error && error.name === 'AbortError')) return error;
  return new BlindError(
    'postgres/lost',
    'the migrator’s connection broke, and what it was doing was taken back',
    'run it again: it goes on with the rest',
    { cause: error },
  );
}
