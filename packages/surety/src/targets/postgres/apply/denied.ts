import type { Connection } from '../connection.ts';
import type { Lock } from './locks.ts';
import { lockedName } from './locks.ts';
import { nameText } from './sql-name.ts';
import { changedRelation } from './statement.ts';

/** What the migrator lacks for a statement that was refused with 42501, and what would give it. */
export async function whatIsMissing(
  migrator: Connection,
  sql: string,
): Promise<{ readonly fact: string; readonly hint: string }> {
  const [me] = await migrator.rows<{ user: string }>('select current_user::text as user');
  const user = me?.user ?? 'the migrator';
  const table = changedRelation(sql);
  if (table !== null) {
    const lock: Lock = { table, mode: 'access exclusive' };
    const [row] = await migrator.rows<{ owner: string; owned: boolean }>(
      `select pg_get_userbyid(relowner)::text as owner, pg_has_role(current_user, relowner, 'usage') as owned
       from pg_catalog.pg_class where oid = to_regclass($1)`,
      [lockedName(lock)],
    );
    if (row?.owned === false)
      return {
        fact: `${user} does not own ${nameText(table)}, ${row.owner} does`,
        hint: `grant ${row.owner} to ${user}, or name ${row.owner} as migrator of the target`,
      };
  }
  for (const [pattern, lacks, hint] of rights) {
    if (pattern.test(sql)) return { fact: `${user} lacks ${lacks}`, hint: hint(user) };
  }
  return {
    fact: `${user} may not do this`,
    hint: 'grant what the statement needs, or name another role as migrator of the target',
  };
}

const rights: readonly (readonly [RegExp, string, (user: string) => string])[] = [
  [/^\s*(create|alter)\s+role\b/i, 'CREATEROLE', (user) => `alter role ${user} createrole`],
  [/^\s*(create|drop|alter)\s+event\s+trigger\b/i, 'superuser', () => 'apply this one as a superuser'],
  [/^\s*create\s+schema\b/i, 'CREATE on the database', (user) => `grant create on database … to ${user}`],
  [/^\s*create\s/i, 'CREATE on the schema', (user) => `grant create on schema … to ${user}`],
  [
    /^\s*(grant|revoke)\s/i,
    'the right to pass this on',
    (user) => `name the owner as migrator of the target, or grant its role to ${user}`,
  ],
];
