import type { AttackSession } from '../attack/attack-session.ts';
import type { CatalogRelation } from '../catalog/catalog.ts';
import { isTable } from '../catalog/catalog.ts';
import { SqlError } from '../sql-error.ts';

/** What came of becoming another role inside one SELECT. */
export type Became = {
  readonly role: string;
  /** Guarded tables that it may touch and that row security does not guard against it. */
  readonly unguarded: number;
};

/** Every role of the server that the session could become, tried; `tried` counts those that it could not, too. */
export type Becoming = { readonly tried: number; readonly became: readonly Became[] };

/**
 * Becomes every role in turn, by `set_config('role', …)`, which is a SELECT like any other, and by `SET ROLE NONE`: what
 * logged in is what counts. Each is taken back.
 */
export async function becomeRoles(
  session: AttackSession,
  relations: readonly CatalogRelation[],
): Promise<Becoming> {
  const { app } = session;
  const oids = relations
    .filter((relation) => isTable(relation) && relation.rowSecurity.enabled)
    .map(({ oid }) => oid);
  const roles = await app.rows<{ name: string }>(
    'select rolname::text as name from pg_catalog.pg_roles order by rolname <> session_user, rolname',
  );
  const became: Became[] = [];
  for (const role of ['none', ...roles.map(({ name }) => name)]) {
    const unguarded = await unguardedAs(session, role, oids);
    if (unguarded !== null) became.push({ role, unguarded });
  }
  return { tried: roles.length, became };
}

async function unguardedAs(
  { app, undone }: AttackSession,
  role: string,
  oids: readonly number[],
): Promise<number | null> {
  try {
    return await undone(async () => {
      await app.rows("select set_config('role', $1, true)", [role]);
      const [row] = await app.rows<{ count: number }>(
        `select count(*)::int as count from unnest($1::oid[]) t
         where not row_security_active(t) and (has_table_privilege(t, 'select, insert, update, delete, truncate')
           or has_any_column_privilege(t, 'select, insert, update'))`,
        [oids],
      );
      return row?.count ?? 0;
    });
  } catch (error) {
    if (error instanceof SqlError) return null;
    throw error;
  }
}
