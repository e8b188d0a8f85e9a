import { createHash } from 'node:crypto';
import type { JsonObject, Sha256 } from '@surety/evidence';
import type { Connection } from '../connection.ts';
import type { Session } from '../types.ts';
import { shapeSql } from './catalog-sql.ts';

/** `systemIdentifier` tells clusters apart and is `null` where the role may not ask. */
export async function identityOf(connection: Connection): Promise<JsonObject> {
  const [row] = await connection.rows<{
    systemIdentifier: string | null;
    database: string;
    serverVersion: string;
  }>(`
    select case when has_function_privilege('pg_catalog.pg_control_system()', 'execute')
        then (select system_identifier::text from pg_catalog.pg_control_system()) end as "systemIdentifier",
      current_database()::text as database, current_setting('server_version') as "serverVersion"`);
  return row === undefined ? {} : { ...row };
}

/** Tables, columns, constraints, policies, grants, functions, triggers, roles and memberships, as one digest. */
export async function shapeDigest(connection: Connection): Promise<Sha256> {
  const [row] = await connection.rows<{ shape: string }>(shapeSql);
  return createHash('sha256')
    .update(row?.shape ?? '')
    .digest('hex');
}

export async function sessionOf(connection: Connection): Promise<Session> {
  const [row] = await connection.rows<Session>(`
    select r.rolname::text as user, r.rolsuper as superuser, r.rolbypassrls as "bypassRls",
      r.rolcreaterole as "createRole", r.rolreplication as replication,
      coalesce((select jsonb_agg(jsonb_build_object('role', o.rolname, 'superuser', o.rolsuper, 'bypassRls', o.rolbypassrls)
          order by o.rolname)
        from pg_catalog.pg_roles o where o.oid <> r.oid and not r.rolsuper and pg_has_role(r.oid, o.oid, 'member')), '[]')
        as "memberOf"
    from pg_catalog.pg_roles r where r.rolname = session_user`);
  if (row === undefined) throw new Error('the session has no role');
  return row;
}
