import type { CatalogRelation } from '../../catalog/catalog.ts';
import { quoted, quotedRelation } from '../../name.ts';
import { SqlError } from '../../sql-error.ts';
import type { Tie } from '../../tenancy/tenancy.ts';
import type { TwoTenants } from '../../tenancy/tenants.ts';
import type { AttackSession } from '../attack-session.ts';
import { selectText } from '../rows.ts';
import { type Answers, apart } from './answers.ts';
import { beyondOf, type Seen, seenNow } from './beyond.ts';
import type { Namer } from './namers.ts';

/** What was seen beside temporary tables of the same names; the SQLSTATE where none could be made. */
export type Shadowed = Seen | string;

/** Rows of one shadow. */
const most = 200;

/**
 * Temporary tables take the places of those that helpers of policies look up by name alone: in them the thief is a
 * member of whatever the owner is as well, and has every flag.
 */
export async function besideShadows(
  session: AttackSession,
  namers: readonly Namer[],
  ties: readonly Tie[],
  tenants: TwoTenants,
  shown: Answers,
): Promise<Shadowed> {
  const shadows = await Promise.all(namers.map((namer) => shadowOf(session, namer, tenants)));
  try {
    return await session.tried(
      () => session.become(tenants.thief),
      async () => {
        for (const { name, create, rows } of shadows) {
          await session.app.rows(create);
          // A helper that runs as somebody else has to be able to read it as well.
          await session.app.rows(`grant select on pg_temp.${name} to public`);
          for (const { sql, values } of rows) await session.app.rows(sql, values);
        }
        return beyondOf(await seenNow(session, ties), shown);
      },
    );
  } catch (error) {
    if (error instanceof SqlError) return error.state;
    throw error;
  }
}

async function shadowOf(session: AttackSession, { relation, key, traits }: Namer, tenants: TwoTenants) {
  const name = quoted(relation.name);
  const columns = relation.columns.map((column) => `${quoted(column.name)} ${column.type}`);
  const flags = new Map(
    traits.filter(({ column }) => column.category === 'B').map(({ column }) => [column.name, 'true']),
  );
  const isRoot = relation.oid === session.tenancy.root.oid;
  const originals = await rowsOf(
    session,
    relation,
    key,
    isRoot ? [tenants.thief] : [tenants.owner, tenants.thief],
  );
  const into = relation.columns.map((column) => quoted(column.name)).join(', ');
  const parameters = relation.columns.map(({ type }, index) => `$${index + 1}::${type}`).join(', ');
  return {
    name,
    create: `create temporary table ${name} (${columns.join(', ')})`,
    rows: originals.map((row) => ({
      sql: `insert into pg_temp.${name} (${into}) values (${parameters})`,
      values: relation.columns.map((column, index) =>
        column.name === key ? tenants.thief : (flags.get(column.name) ?? row[`c${index}`] ?? null),
      ),
    })),
  };
}

async function rowsOf(
  { inspector, mayRead, tenancy }: AttackSession,
  relation: CatalogRelation,
  key: string,
  tenants: readonly string[],
): Promise<readonly Readonly<Record<string, string | null>>[]> {
  const names = relation.columns.map(({ name }) => name);
  if (inspector === null || !names.every((name) => mayRead(relation, name))) return [];
  return apart(
    inspector,
    `select ${selectText('t', names)} from ${quotedRelation(relation)} t
     where t.${quoted(key)} = any($1::${tenancy.key.type}[]) limit ${most}`,
    [tenants],
  );
}
