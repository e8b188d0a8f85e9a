import type { PostgresTarget } from '../types.ts';

/**
 * Oids of the tables at which the role may point foreign keys of tables that it may make: such a key says of any value
 * whether a row has it, whoever owns the row. Judged by privilege.
 *
 * @throws {BlindError}
 */
export async function referable(
  db: Pick<PostgresTarget, 'query'>,
  oids: readonly number[],
): Promise<ReadonlySet<number>> {
  const rows = await db.query<{ oid: number }>(
    `select t.oid from unnest($1::oid[]) as t(oid)
     where has_any_column_privilege(session_user, t.oid, 'references') and (
       has_database_privilege(session_user, current_database(), 'create') or exists (
         select from pg_catalog.pg_namespace n
         where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
           and has_schema_privilege(session_user, n.oid, 'create')))`,
    [oids],
  );
  return new Set(rows.map(({ oid }) => oid));
}
