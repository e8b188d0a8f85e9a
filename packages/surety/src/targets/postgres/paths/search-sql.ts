import type { AttackSession } from '../attack/attack-session.ts';
import type { CatalogRelation, Column } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import { allMarks, type Marks } from './marks.ts';

/** Numbers, dates, booleans, enums and the like hold no mark: none is text, and none holds text. */
const markless = new Set(['N', 'B', 'D', 'T', 'I', 'G', 'R', 'E', 'V']);

/** Columns of a relation that the role may read and that could hold a mark. */
export function searchable({ columns }: CatalogRelation): readonly Column[] {
  return columns.filter(({ category, grants }) => grants.includes('select') && !markless.has(category));
}

export type Sought = 'planted' | 'all';

/**
 * Whether a row of `t` holds a mark: uuids by equality, so that a large table costs one look per row; texts by equality
 * with all of them, and with few of them inside. Parameters are those of `soughtValues`.
 */
function holdsMark(columns: readonly Column[]): string {
  return columns
    .map(({ name, base, category }) => {
      const column = `t.${quoted(name)}`;
      if (base === 'uuid') return `(${column} = any($1::uuid[]) or ${column}::text like $4)`;
      if (category === 'S')
        return `(${column}::text = any($2::text[]) or ${column}::text like any($3::text[]))`;
      return `${column}::text like any($3::text[])`;
    })
    .join(' or ');
}

/** The values of a search, in the order of their parameters. */
export function soughtValues({ uuids, texts, within, planted }: Marks, sought: Sought): readonly unknown[] {
  const existing = sought === 'all';
  return [
    existing ? uuids : [],
    existing ? texts : [],
    [...(existing ? within : []), ...Object.values(planted)].map(anywhere),
    `${planted.uuid}%`,
  ];
}

/** A LIKE pattern for a text inside of another. */
export function anywhere(text: string): string {
  return `%${text.replaceAll(/[\\%_]/g, '\\$&')}%`;
}

const enough = 100;

/** How many rows of each relation hold a mark, at most a hundred: `{ counts }`, in their order. */
export function searchSql(relations: readonly CatalogRelation[]): string {
  const counts = relations.map(
    (relation) => `(select count(*)::int from (
      select from ${quotedRelation(relation)} t where ${holdsMark(searchable(relation))} limit ${enough}) found)`,
  );
  return `select array[${counts.join(', ')}] as counts where ${allGiven}`;
}

/** Names every parameter, because the server wants to know the type even of one that no column needs. */
const allGiven = 'num_nulls($1::uuid[], $2::text[], $3::text[], $4::text) = 0';

/** Which marks a tenant sees in a relation. Asked only where it sees any. */
export async function marksSeen(
  session: AttackSession,
  relation: CatalogRelation,
  tenant: string,
  marks: Marks,
): Promise<readonly string[]> {
  const holds = searchable(relation).map(({ name }) => `strpos(t.${quoted(name)}::text, v) > 0`);
  return session.undone(async () => {
    await session.become(tenant);
    const rows = await session.app.rows<{ value: string }>(
      `select v as value from unnest($1::text[]) v
       where exists (select from ${quotedRelation(relation)} t where ${holds.join(' or ')})`,
      [allMarks(marks)],
    );
    return rows.map(({ value }) => value);
  });
}
