import { SuretyError } from '../../core/error.ts';
import { withoutValues } from '../../targets/postgres/sql-error.ts';
import { type Admin, type Server, withAdmin, withServer } from './admin.ts';

/** What a restore has made on a server so far. */
export type Made = { database: string | null; readonly roles: string[] };

/**
 * Removes it again. Roles that somebody uses meanwhile stay.
 *
 * @throws {SuretyError} `restore/left` naming what is still there
 */
export async function takeBack(made: Made, server: Server): Promise<void> {
  if (made.database === null && made.roles.length === 0) return;
  const left: string[] = [];
  let cause: unknown = null;
  try {
    await withServer(server, null, async (admin) => {
      if (made.database !== null) await dropDatabase(admin, server, made.database);
      for (const role of [...made.roles].reverse()) {
        await admin.rows(`drop role if exists ${admin.name(role)}`).catch(() => left.push(`role ${role}`));
      }
    });
  } catch (error) {
    cause = error;
    if (made.database !== null) left.unshift(`database ${made.database}`);
  }
  if (left.length === 0) return;
  throw new SuretyError(
    'restore/left',
    `it failed, and what was made so far could not all be removed: ${left.join(', ')}`,
    'drop it by hand; the original was not touched',
    { cause: cause === null ? undefined : withoutValues(cause) },
  );
}

async function dropDatabase(admin: Admin, server: Server, database: string): Promise<void> {
  await admin.rows("set statement_timeout = '60s'");
  const [held] = await admin.rows<{ subscriptions: string }>(
    'select count(*) as subscriptions from pg_subscription s join pg_database d on d.oid = s.subdbid where d.datname = $1',
    [database],
  );
  if (Number(held?.subscriptions ?? 0) > 0) await dropSubscriptions(server, database);
  await admin.rows(`drop database if exists ${admin.name(database)} with (force)`);
}

/** They were restored without a connection, and hold the database all the same. */
async function dropSubscriptions(server: Server, database: string): Promise<void> {
  await withAdmin(server, database, null, async (admin) => {
    const names = await admin.rows<{ name: string }>(
      'select subname as name from pg_subscription s join pg_database d on d.oid = s.subdbid where d.datname = current_database()',
    );
    for (const { name } of names) {
      const quoted = admin.name(name);
      await admin.rows(`alter subscription ${quoted} disable`);
      await admin.rows(`alter subscription ${quoted} set (slot_name = none)`);
      await admin.rows(`drop subscription ${quoted}`);
    }
  });
}
