import type { CatalogRelation } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import { quoted, quotedRelation } from '../name.ts';
import type { Tenancy, Tie } from '../tenancy/tenancy.ts';
import { type Known, planOf, planTroubles, readsWhole } from './plan-troubles.ts';

/** What row security costs on one table. */
export type PolicyCost = {
  /** What makes it slow, in words, for the page that is asked for without a WHERE or, below a parent, by the parent. */
  readonly troubles: readonly string[];
  /** Which statement was looked at, for people. */
  readonly asked: string;
  /** The statement that makes the index which is missing, or `null` where none would help. */
  readonly index: string | null;
};

export type CostDesk = {
  /** The application's role; every statement in a transaction that is rolled back. */
  readonly app: Connection;
  readonly tenancy: Tenancy;
  readonly tenant: string;
  readonly known: Known;
};

export const page = 50;

/** `null`: the table has no tie, so nobody can say what its policy should cost. @throws {SqlError} */
export async function policyCost(
  { app, tenancy, tenant, known }: CostDesk,
  table: CatalogRelation,
): Promise<PolicyCost | null> {
  const tie = tenancy.ties.get(table.oid);
  if (tie === undefined) return null;
  const parent = parentColumns(tie, tenancy);
  // A sub-select, because a constant that is null would leave nothing to plan.
  const where = parent.map((column) => `t.${quoted(column)} = (select null::${typeOf(table, column)})`);
  return inTransaction(app, async () => {
    await become(app, tenancy, tenant);
    // Without them, what is left shows what an index can serve, on a table of any size.
    await app.rows("select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)");
    const [row] = await app.rows<{ 'QUERY PLAN': unknown }>(
      `explain (verbose, format json) select ${readableColumns(table)} from ${quotedRelation(table)} t
       ${where.length === 0 ? '' : `where ${where.join(' and ')}`} limit ${page}`,
    );
    const troubles = planTroubles(planOf(row?.['QUERY PLAN']), known);
    return {
      troubles,
      asked: where.length === 0 ? 'a page' : `a page by ${parent.join(', ')}`,
      index: troubles.includes(readsWhole)
        ? missingIndex(table, parent.length > 0 ? parent : tie.columns, known)
        : null,
    };
  });
}

/** Where there is one already, it is the policy that does not let it be used. */
function missingIndex(table: CatalogRelation, columns: readonly string[], { leading }: Known): string | null {
  const [first] = columns;
  if (first === undefined || columns.some((column) => leading.has(`${table.oid}.${column}`))) return null;
  const names = columns.map(quoted).join(', ');
  // The server builds none of a partitioned table so.
  const how = table.kind === 'partitioned table' ? 'create index' : 'create index concurrently';
  return `${how} on ${quotedRelation(table)} (${names})`;
}

/**
 * The columns that lead to a parent, where the table has neither a tenant nor a scope of its own. Such a table is
 * asked for by its parent: no index could serve a policy that has to look the tenant up elsewhere.
 */
function parentColumns({ links }: Tie, { ties }: Tenancy): readonly string[] {
  const [link, second] = links;
  if (link === undefined || second !== undefined) return [];
  const above = ties.get(link.to.oid);
  return above === undefined || above.links.length === 0 ? [] : link.columns;
}

/** What the role may read of it, where it may not read everything. */
export function readableColumns({ columns }: CatalogRelation): string {
  const names = columns
    .filter(({ grants }) => grants.includes('select'))
    .map(({ name }) => `t.${quoted(name)}`);
  return names.join(', ');
}

function typeOf({ columns }: CatalogRelation, name: string): string {
  return columns.find((column) => column.name === name)?.type ?? 'text';
}

/** What reading a plan needs to know of the database, once for all tables. @throws {SqlError} */
export async function knownNames(app: Connection): Promise<Known> {
  const functions = await app.rows<{ name: string }>(
    `select distinct proname::text as name from pg_catalog.pg_proc where pronamespace <> 'pg_catalog'::regnamespace`,
  );
  const indexes = await app.rows<{ name: string; table: number; first: string }>(
    `select c.relname::text as name, i.indrelid as table, a.attname::text as first
     from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
     join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0]`,
  );
  return {
    functions: new Set(functions.map(({ name }) => name)),
    firstColumns: new Map(indexes.map(({ name, first }) => [name, first])),
    leading: new Set(indexes.map(({ table, first }) => `${table}.${first}`)),
  };
}

export async function become(connection: Connection, { setting }: Tenancy, tenant: string): Promise<void> {
  await connection.rows('select set_config($1, $2, true)', [setting, tenant]);
}

export async function inTransaction<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  await connection.rows('begin transaction read only');
  try {
    await connection.rows(
      "select set_config('lock_timeout', '2000', true), set_config('statement_timeout', '8000', true)",
    );
    return await work();
  } finally {
    await connection.rows('rollback').catch(() => undefined);
  }
}
