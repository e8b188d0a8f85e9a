import type { Connection } from '../connection.ts';
import { isHeldUp, SqlError } from '../sql-error.ts';
import { type Lock, lockedName } from './locks.ts';
import { nameText } from './sql-name.ts';

/** Who keeps us from a lock. */
export type Holder = {
  /** `accounts` */
  readonly what: string;
  /** `a transaction of api, open for 40 s`; `null` where nobody says. */
  readonly who: string | null;
  /** Whether it has only just begun, so that waiting for it holds up nobody for long. */
  readonly brief: boolean;
};

/** Seconds after which a transaction is not one that is soon done. */
const briefSeconds = 1;

/**
 * Locks the tables in their order. Without `queue` no lock is waited for, so that nobody waits behind us. Where one
 * is not free the transaction is rolled back and its holder given; `null`: all are locked.
 */
export async function takeLocks(
  migrator: Connection,
  locks: readonly Lock[],
  queue: boolean,
): Promise<Holder | null> {
  for (const lock of locks) {
    if (!(await mayLock(migrator, lock))) continue;
    try {
      await migrator.rows(
        `lock table only ${lockedName(lock)} in ${lock.mode} mode${queue ? '' : ' nowait'}`,
      );
    } catch (error) {
      if (!(error instanceof SqlError && isHeldUp(error))) throw error;
      await migrator.rows('rollback');
      return holderOf(migrator, lock);
    }
  }
  return null;
}

/** The statement itself says what is missing, better than the lock could. */
async function mayLock(migrator: Connection, lock: Lock): Promise<boolean> {
  const [row] = await migrator.rows<{ able: boolean }>(
    `select c.relkind in ('r', 'p') and has_table_privilege(c.oid, 'update, delete, truncate') as able
     from pg_catalog.pg_class c where c.oid = to_regclass($1)`,
    [lockedName(lock)],
  );
  return row?.able === true;
}

export async function holderOf(migrator: Connection, lock: Lock): Promise<Holder> {
  const [row] = await migrator.rows<{ role: string | null; seconds: number | null }>(
    `select a.usename::text as role,
       floor(extract(epoch from clock_timestamp() - a.xact_start))::int as seconds
     from pg_catalog.pg_locks l join pg_catalog.pg_stat_activity a using (pid)
     where l.locktype = 'relation' and l.granted and l.relation = to_regclass($1) and l.pid <> pg_backend_pid()
       and l.database = (select oid from pg_catalog.pg_database where datname = current_database())
     order by a.xact_start nulls last limit 1`,
    [lockedName(lock)],
  );
  const what = nameText(lock.table);
  if (row === undefined) return { what, who: null, brief: true };
  const { role, seconds } = row;
  return {
    what,
    who: `a transaction of ${role ?? 'a role'}${seconds === null ? '' : `, open for ${seconds} s`}`,
    brief: seconds !== null && seconds < briefSeconds,
  };
}
