import type { PostgresTarget } from '../types.ts';

/**
 * Sessions that are open as a role whose rights change now: what they do next may be refused. PUBLIC is everyone but
 * superusers.
 *
 * @throws {BlindError}
 */
export async function roleImpact(
  role: string,
  query: PostgresTarget['query'],
): Promise<readonly { readonly subject: string; readonly count: number; readonly unit: string }[]> {
  const [row] = await query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity s join pg_roles r on r.oid = s.usesysid
     where s.datname = current_database() and s.pid <> pg_backend_pid()
       and case $1 when 'PUBLIC' then not r.rolsuper else r.rolname = $1 end`,
    [role],
  );
  return [{ subject: `${role}: open now, may be refused next`, count: row?.count ?? 0, unit: 'sessions' }];
}
