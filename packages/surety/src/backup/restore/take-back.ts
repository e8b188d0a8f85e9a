import { SuretyError } from '../../core/error.ts';
import { withoutValues } from '../../targets/postgres/sql-error.ts';
import { type Admin, type Server, withAdmin, withServer } from './admin.ts';

/** What a restore has made on a server so far. */
export type Made = { database: string | null; readonly roles: string[] };

/**
 * Removes it again. Roles that somebody uses meanwhile stay.
 *
 * @param why it is taken back, which goes before what is left
 * @throws {SuretyError} `restore/left` naming what is still there
 */
export async function takeBack(made: Made, server: Server, why: unknown): Promise<void> {
  const { database } = made;
  // Removed one by one as each is seen to go: where the server is away, all of them are named.
  const left = new Set([
    ...(database === null ? [] : [`database ${database}`]),
    ...made.roles.map((role) => `role ${role}`),
  ]);
  if (left.size === 0) return;
  let cause: unknown;
  try {
    await withServer(server, null, async (admin) => {
      if (database !== null) await dropDatabase(admin, server, database);
      left.delete(`database ${database}`);
      await revokeSettings(admin, made.roles);
      for (const role of [...made.roles].reverse()) {
        const isGone = await admin.rows(`drop role if exists ${admin.name(role)}`).then(
          () => true,
          () => false,
        );
        if (isGone) left.delete(`role ${role}`);
      }
    });
  } catch (error) {
    cause = withoutValues(error);
  }
  if (left.size === 0) return;
  throw new SuretyError(
    'restore/left',
    `${withoutValues(why).message}; and what was made so far could not all be removed: ${[...left].join(', ')}`,
    'drop it by hand; the original was not touched',
    { cause: cause ?? why },
  );
}

/** Which settings a role may change is of the server, and holds the role. Up to 14 there are no such grants. */
async function revokeSettings(admin: Admin, roles: readonly string[]): Promise<void> {
  const [known] = await admin.rows(`select from pg_class where oid = to_regclass('pg_parameter_acl')`);
  if (known === undefined) return;
  const granted = await admin.rows<{ setting: string; role: string }>(
    `select distinct p.parname as setting, r.rolname as role from pg_parameter_acl p, aclexplode(p.paracl) a
      join pg_roles r on r.oid = a.grantee where r.rolname = any($1)`,
    [roles],
  );
  for (const { setting, role } of granted)
    await admin.rows(
      `revoke all on parameter ${setting.split('.').map(admin.name).join('.')} from ${admin.name(role)}`,
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
