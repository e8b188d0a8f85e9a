import type { Population } from '../../../core/see.ts';
import type { AttackSession } from '../attack/attack-session.ts';
import { broken, fromError, type Outcome } from '../attack/outcome.ts';
import { type Catalog, type CatalogRelation, isTable } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import { SqlError } from '../sql-error.ts';
import type { TwoTenants } from '../tenancy/tenants.ts';
import type { Marks } from './marks.ts';
import type { Planted } from './plant.ts';
import type { Round } from './rounds.ts';
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

export type Outcomes = ReadonlyMap<CatalogRelation, Outcome>;

/** What the owner found of its own marks, and the other tenant of them. */
export type RelationSearch = { readonly own: Outcomes; readonly stolen: Outcomes };

/**
 * Both tenants look for the owner's marks in everything that may show them. Where whose a row is was attacked row by row,
 * only what was planted counts: a row of one's own may name somebody else, and whether it may is not for the database to say.
 */
export async function searchRelations(
  session: AttackSession,
  { tied, others, sought }: Pick<Round, 'tied' | 'others' | 'sought'>,
  { owner, thief }: TwoTenants,
  marks: Marks,
  planted: Planted,
  isLawful: (relation: CatalogRelation) => Promise<boolean>,
): Promise<RelationSearch> {
  await session.become(thief);
  const stolen = new Map([
    ...(await searchAll(session, tied, marks, 'planted')),
    ...(await searchAll(session, others, marks, sought)),
  ]);
  for (const relation of others) {
    if (stolen.get(relation)?.result === 'done' && (await isLawful(relation))) stolen.set(relation, nothing);
  }
  const open = tied.filter(({ oid }) => planted.has(oid));
  await session.become(owner);
  const own = new Map([
    ...(await searchAll(session, open, marks, 'planted')),
    ...(await searchAll(session, others, marks, sought)),
  ]);
  return { own, stolen };
}

/** What all rounds came to, where at least one of the two found something or could not look. */
export function sightingsOf(
  relations: readonly CatalogRelation[],
  rounds: readonly RelationSearch[],
): readonly Sighting[] {
  return relations.flatMap((relation): readonly Sighting[] => {
    const own = gravest(rounds.flatMap((round) => round.own.get(relation) ?? []));
    const stolen = gravest(rounds.flatMap((round) => round.stolen.get(relation) ?? []));
    return own.result === 'refused' && stolen.result === 'refused' ? [] : [sighting(relation, own, stolen)];
  });
}

function gravest(outcomes: readonly Outcome[]): Outcome {
  const is = (wanted: Outcome['result']) => outcomes.find(({ result }) => result === wanted);
  return is('done') ?? is('broken') ?? outcomes[0] ?? nothing;
}

const nothing: Outcome = { result: 'refused', detail: '0 rows' };

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

/** So many relations are asked for in one statement. */
const atOnce = 20;

async function searchAll(
  session: AttackSession,
  relations: readonly CatalogRelation[],
  marks: Marks,
  sought: Sought,
): Promise<Outcomes> {
  const foreign = relations.filter(({ kind }) => kind === 'foreign table');
  const local = relations.filter(
    (relation) => relation.kind !== 'foreign table' && searchable(relation).length > 0,
  );
  const outcomes = new Map<CatalogRelation, Outcome>(
    foreign.map((relation) => [relation, broken('a foreign table, whose rows are on another server')]),
  );
  for (let first = 0; first < local.length; first += atOnce) {
    const some = local.slice(first, first + atOnce);
    for (const [relation, outcome] of await searchSome(session, some, marks, sought)) {
      outcomes.set(relation, outcome);
    }
  }
  return outcomes;
}

/** Where one of them cannot be searched, each is by itself. */
async function searchSome(
  session: AttackSession,
  relations: readonly CatalogRelation[],
  marks: Marks,
  sought: Sought,
): Promise<Outcomes> {
  const { app } = session;
  // With the locks of the relations.
  const giveBack = () =>
    Promise.all([app.rows('rollback to savepoint surety_mark'), app.rows('release savepoint surety_mark')]);
  try {
    const [, [row]] = await Promise.all([
      app.rows('savepoint surety_mark'),
      app.rows<{ counts: number[] }>(searchSql(relations), soughtValues(marks, sought)),
    ]);
    await giveBack();
    return new Map(relations.map((relation, place) => [relation, outcomeOf(row?.counts[place] ?? 0)]));
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    await giveBack();
    const [only, second] = relations;
    if (only === undefined || second === undefined)
      return new Map(relations.map((relation) => [relation, whyNot(error)]));
    const each: [CatalogRelation, Outcome][] = [];
    for (const relation of relations) each.push(...(await searchSome(session, [relation], marks, sought)));
    return new Map(each);
  }
}

function outcomeOf(count: number): Outcome {
  return count === 0 ? nothing : { result: 'done', detail: `in ${count === 1 ? '1 row' : `${count} rows`}` };
}

function whyNot(error: SqlError): Outcome {
  return error.state === '57014' ? broken('too large to be searched in 8 s') : fromError(error);
}
