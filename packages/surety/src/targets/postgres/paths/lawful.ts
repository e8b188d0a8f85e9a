import type { AttackSession } from '../attack/attack-session.ts';
import { type Catalog, isTable } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import { takenBack } from '../savepoint.ts';
import { searchable } from './search-sql.ts';

/**
 * Whether the other tenant finds all of these values in tables whose rows are guarded by tenant: an invitation of its own
 * may hold somebody's address, and a view above it may show it. Whether those tables leak is attacked row by row.
 */
export type Lawful = (values: readonly string[]) => Promise<boolean>;

/** @param thief the other tenant; each value is looked up once. */
export function lawfulTo(session: AttackSession, { relations }: Catalog, thief: string): Lawful {
  const tied = relations.filter(
    (relation) =>
      isTable(relation) && relation.grants.includes('select') && session.tenancy.ties.has(relation.oid),
  );
  const known = new Map<string, boolean>();
  return async (values) => {
    const open = values.filter((value) => !known.has(value));
    if (open.length > 0) {
      const found = await session.undone(async () => {
        await session.become(thief);
        return findIn(session, tied, open);
      });
      for (const value of open) known.set(value, found.has(value));
    }
    return values.length > 0 && values.every((value) => known.get(value) === true);
  };
}

async function findIn(
  { app }: AttackSession,
  tied: Catalog['relations'],
  values: readonly string[],
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const relation of tied) {
    const texts = searchable(relation).map(({ name }) => `strpos(t.${quoted(name)}::text, v) > 0`);
    if (texts.length === 0) continue;
    const rows = await takenBack(app, () =>
      app.rows<{ value: string }>(
        `select v as value from unnest($1::text[]) v
         where exists (select from ${quotedRelation(relation)} t where ${texts.join(' or ')})`,
        [values],
      ),
    );
    for (const { value } of rows ?? []) found.add(value);
  }
  return found;
}
