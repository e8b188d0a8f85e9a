import type { Population } from '../../../core/see.ts';
import type { AttackSession } from '../attack/attack-session.ts';
import { broken, fromError, type Outcome } from '../attack/outcome.ts';
import { type Catalog, type CatalogRelation, isTable } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import { SqlError } from '../sql-error.ts';
import type { TwoTenants } from '../tenancy/tenants.ts';
import type { Marks } from './marks.ts';
import type { Planted } from './plant.ts';
import { type Sought, searchable, searchSql, soughtValues } from './search-sql.ts';
import type { Sighting } from './sighting.ts';

/** What the role may read as it stands: a table that it reaches as another role is that role's. */
export function readableRelations({ relations }: Catalog): readonly CatalogRelation[] {
  return relations.filter(({ grants }) => grants.includes('select'));
}

/** The same by names and privileges. */
export async function readablePopulation(
  app: Connection,
  relations: readonly CatalogRelation[],
): Promise<Population<string>> {
  const [row] = await app.rows<{ count: number }>(
    `with listed as (
       select schemaname as schema, tablename as name from pg_catalog.pg_tables
       union all select schemaname, viewname from pg_catalog.pg_views
       union all select schemaname, matviewname from pg_catalog.pg_matviews
       union all select foreign_table_schema, foreign_table_name from information_schema.foreign_tables)
     select count(*)::int as count
     from listed join unnest($1::text[], $2::text[]) as wanted(schema, name) using (schema, name)
     where case when has_schema_privilege(session_user, schema, 'usage')
       then has_any_column_privilege(session_user, format('%I.%I', schema, name), 'select') end`,
    [relations.map(({ schema }) => schema), relations.map(({ name }) => name)],
  );
  return {
    items: relations.map(String),
    how: 'pg_class and privileges',
    recount: { how: 'pg_tables, pg_views and their like, by name', count: row?.count ?? 0 },
  };
}

export type RelationSearch = {
  readonly seen: readonly Sighting[];
  /** Where neither tenant finds a mark. */
  readonly without: number;
};

/**
 * Both tenants look for the owner's marks in everything that they may read. Where whose a row is was attacked row by row,
 * only what was planted counts: a row of one's own may name somebody else, and whether it may is not for the database to say.
 */
export async function searchRelations(
  session: AttackSession,
  relations: readonly CatalogRelation[],
  { owner, thief }: TwoTenants,
  marks: Marks,
  planted: Planted,
  isLawful: (relation: CatalogRelation) => Promise<boolean>,
): Promise<RelationSearch> {
  const looks = relations.map((relation) => ({
    relation,
    sought: isTied(session, relation) ? ('planted' as const) : ('all' as const),
  }));
  const found = new Map<number, Outcome>();
  await session.become(thief);
  for (const { relation, sought } of looks) {
    const outcome = await search(session, relation, marks, sought);
    const taken = outcome.result === 'done' && sought === 'all' && (await isLawful(relation));
    found.set(relation.oid, taken ? nothing : outcome);
  }
  const seen: Sighting[] = [];
  await session.become(owner);
  for (const { relation, sought } of looks) {
    const other = found.get(relation.oid) ?? nothing;
    if (sought === 'planted' && other.result === 'refused' && !planted.has(relation.oid)) continue;
    const own = await search(session, relation, marks, sought);
    if (own.result === 'refused' && other.result === 'refused') continue;
    seen.push(sighting(relation, own, other));
  }
  return { seen, without: looks.length - seen.length };
}

const nothing: Outcome = { result: 'refused', detail: '0 rows' };

function isTied({ tenancy }: AttackSession, relation: CatalogRelation): boolean {
  return isTable(relation) && tenancy.ties.has(relation.oid);
}

function sighting(relation: CatalogRelation, own: Outcome, other: Outcome): Sighting {
  const act = `${relation}: find marks of the owner`;
  return {
    subject: `${relation}: other tenant finds marks of the owner`,
    witness: `${relation}: owner finds own marks`,
    owner: { act, actor: 'owner', method: 'attack', ...own },
    thief: { act, actor: 'other tenant', method: 'attack', ...other },
    hint: isTable(relation)
      ? `give ${relation} a column that leads to the tenant and a policy, or revoke select on it from the application’s role`
      : `let ${relation} show what its reader may see, or revoke select on it from the application’s role`,
  };
}

async function search(
  { app }: AttackSession,
  relation: CatalogRelation,
  marks: Marks,
  sought: Sought,
): Promise<Outcome> {
  if (relation.kind === 'foreign table') return broken('a foreign table, whose rows are on another server');
  const columns = searchable(relation);
  if (columns.length === 0) return nothing;
  await app.rows('savepoint surety_mark');
  try {
    const [row] = await app.rows<{ count: number }>(
      searchSql(relation, columns),
      soughtValues(marks, sought),
    );
    const count = row?.count ?? 0;
    return count === 0
      ? nothing
      : { result: 'done', detail: `in ${count === 1 ? '1 row' : `${count} rows`}` };
  } catch (error) {
    if (error instanceof SqlError && error.state === '57014')
      return broken('too large to be searched in 8 s');
    return fromError(error);
  } finally {
    await app.rows('rollback to savepoint surety_mark');
  }
}
