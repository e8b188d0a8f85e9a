import type pg from 'pg';
import { BlindError } from '../../core/error.ts';
import { notOfExtension, qualified, userSchema } from './sql.ts';

/**
 * Whether the role sees every row. What it may not read would be missing from the count as well as from the dump,
 * and both would agree.
 *
 * @throws {BlindError} `source/may-not-read`, `source/row-security`, naming the grant
 */
export async function refuseHalfSight(client: pg.ClientBase): Promise<void> {
  const role = await roleOf(client);
  await refuseUnreadable(client, role);
  await refuseRowSecurity(client, role);
}

async function roleOf(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ role: string }>(
    'select pg_catalog.quote_ident(current_user) as role',
  );
  return rows[0]?.role ?? 'the role';
}

/** Other catalogs are open to everybody. */
const catalogs = ['pg_catalog.pg_largeobject', 'pg_catalog.pg_user_mapping'];

async function refuseUnreadable(client: pg.ClientBase, role: string): Promise<void> {
  const { rows } = await client.query<{ name: string; many: number }>(
    `select name, pg_catalog.count(*) over ()::int as many from (
      select ${qualified('n.nspname', 'c.relname')} as name
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'S') and c.relpersistence <> 't' and ${userSchema('n')}
        and not (pg_catalog.has_table_privilege(c.oid, 'select') and pg_catalog.has_schema_privilege(n.oid, 'usage'))
      union all
      select u.name from pg_catalog.unnest($1::text[]) u (name) where not pg_catalog.has_table_privilege(u.name, 'select')
    ) unreadable order by name collate "C" limit 1`,
    [catalogs],
  );
  const [first] = rows;
  if (first === undefined) return;
  throw new BlindError(
    'source/may-not-read',
    `${role} may not read ${first.name}${others(first.many)}`,
    `grant pg_read_all_data to ${role}`,
  );
}

/** Where it would be asked, reading with `row_security` off is an error; this says it before hours have gone by. */
async function refuseRowSecurity(client: pg.ClientBase, role: string): Promise<void> {
  const { rows } = await client.query<{ name: string; many: number }>(
    `select ${qualified('n.nspname', 'c.relname')} as name, pg_catalog.count(*) over ()::int as many
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p') and c.relpersistence <> 't' and ${userSchema('n')}
        and ${notOfExtension('pg_class', 'c.oid')} and pg_catalog.row_security_active(c.oid)
      order by n.nspname collate "C", c.relname collate "C" limit 1`,
  );
  const [first] = rows;
  if (first === undefined) return;
  throw new BlindError(
    'source/row-security',
    `row security hides rows of ${first.name}${others(first.many)} from ${role}`,
    `alter role ${role} bypassrls`,
  );
}

function others(many: number): string {
  return many === 1 ? '' : ` and ${many - 1} more`;
}
