import type { Catalog, CatalogRelation } from '../catalog/catalog.ts';
import { functionsSql } from '../catalog/catalog-sql.ts';
import { callsOf, type FunctionRow } from '../catalog/function-calls.ts';
import type { Policy, PostgresTarget } from '../types.ts';
import type { Doubt } from './doubts.ts';
import { type Standing, standingColumns } from './standing.ts';
import type { Tenancy } from './tenancy.ts';

/** What one policy reads, itself and through views; `columns` are those of memberships, as `oid.name`. */
type Reading = {
  readonly relation: number;
  readonly name: string;
  readonly tables: readonly number[];
  readonly columns: readonly string[];
  readonly functions: readonly number[];
};

type Reader = Reading & {
  readonly of: CatalogRelation;
  readonly policy: Policy;
  readonly behind: readonly FunctionRow[];
};

/** Memberships that say whether they count, where policies take them all. */
export async function membershipDoubts(
  catalog: Catalog,
  { ties }: Tenancy,
  query: PostgresTarget['query'],
): Promise<readonly Doubt[]> {
  const tables = [...ties.values()].flatMap(({ relation, isMembership }) => {
    const columns = isMembership ? standingColumns(relation) : [];
    return columns.length === 0 ? [] : [{ table: relation, columns }];
  });
  if (tables.length === 0) return [];
  const readers = await readersOf(
    catalog,
    tables.map(({ table }) => table),
    query,
  );
  return tables.flatMap(({ table, columns }) => doubtsOf(table, columns, readers));
}

function doubtsOf(
  table: CatalogRelation,
  columns: readonly Standing[],
  readers: readonly Reader[],
): readonly Doubt[] {
  const taking = readers.filter((reader) => reader.policy.permissive && takes(reader, table));
  return columns.flatMap(({ name, kind }) => {
    const asking = columns
      .filter((other) => other.name === name || (other.kind === 'status' && kind !== 'time'))
      .map((other) => other.name);
    const blindly = taking.filter(
      (reader) => !asking.some((column) => isAsked(column, reader, table, readers)),
    );
    if (blindly.length === 0) return [];
    const policies = [...new Set(blindly.map(({ of, policy }) => `${policy.name} on ${of}`))];
    return [
      {
        subject: `${table}: whether a membership counts`,
        missing: `memberships have a column ${name}, and policies do not ask for it: ${few(policies)}`,
        hint: 'let policies ask for it, or accept the risk if it does not decide who belongs',
      },
    ];
  });
}

function few(policies: readonly string[]): string {
  const more = policies.length - 4;
  return `${policies.slice(0, 4).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** Whether the policy goes by the memberships; a membership's own rows are not a way through it. */
function takes({ of, tables, behind }: Reader, table: CatalogRelation): boolean {
  return (
    (of.oid !== table.oid && tables.includes(table.oid)) || behind.some((row) => mentions(row, table.name))
  );
}

/** By the policy, by a restrictive one below it, or by what the memberships themselves show to policies. */
function isAsked(
  column: string,
  reader: Reader,
  table: CatalogRelation,
  readers: readonly Reader[],
): boolean {
  const floors = readers.filter(({ of, policy }) => of.oid === reader.of.oid && !policy.permissive);
  if ([reader, ...floors].some((one) => asks(one, column, table))) return true;
  const pastPolicies = reader.behind.some(
    (row) => mentions(row, table.name) && /\bsecurity definer\b/i.test(row.source),
  );
  return !pastPolicies && hides(column, table, readers);
}

/** Whether row security of the memberships shows only those of which the column says that they count. */
function hides(column: string, table: CatalogRelation, readers: readonly Reader[]): boolean {
  if (!table.rowSecurity.enabled) return false;
  const own = readers.filter(
    ({ of, policy }) => of.oid === table.oid && (policy.command === 'select' || policy.command === 'all'),
  );
  const loose = own.filter(({ policy }) => policy.permissive);
  return (
    own.some((one) => !one.policy.permissive && asks(one, column, table)) ||
    (loose.length > 0 && loose.every((one) => asks(one, column, table)))
  );
}

function asks({ columns, behind }: Reader, column: string, table: CatalogRelation): boolean {
  return (
    columns.includes(`${table.oid}.${column}`) ||
    behind.some((row) => mentions(row, table.name) && mentions(row, column))
  );
}

/** Whether its text, comments aside, has the name as a word. */
function mentions({ source }: FunctionRow, name: string): boolean {
  const text = source.replaceAll(/--.*$|\/\*[\s\S]*?\*\//gm, ' ').toLowerCase();
  const word = name.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\p{L}\\p{N}_$])${word}(?![\\p{L}\\p{N}_$])`, 'u').test(text);
}

async function readersOf(
  catalog: Catalog,
  tables: readonly CatalogRelation[],
  query: PostgresTarget['query'],
): Promise<readonly Reader[]> {
  const functions = await query<FunctionRow>(functionsSql);
  const calls = callsOf(functions);
  const byOid = new Map(functions.map((row) => [row.oid, row]));
  const readings = await query<Reading>(readingsSql, [tables.map(({ oid }) => oid)]);
  return readings.flatMap((reading): readonly Reader[] => {
    const of = catalog.relation(reading.relation);
    const policy = of?.policies.find(({ name, reachable }) => name === reading.name && reachable);
    if (of === undefined || policy === undefined || of.grants.length === 0) return [];
    const behind = reading.functions.flatMap((oid) => {
      const row = byOid.get(oid);
      return row === undefined ? [] : calls.behind(row);
    });
    return [{ ...reading, of, policy, behind }];
  });
}

/** $1: oids of the tables whose columns are told. */
const readingsSql = `
  with recursive below as (
    select p.oid as policy, d.refclassid, d.refobjid, d.refobjsubid
    from pg_catalog.pg_policy p
      join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = p.oid
    union
    select b.policy, d.refclassid, d.refobjid, d.refobjsubid
    from below b
      join pg_catalog.pg_rewrite w on b.refclassid = 'pg_catalog.pg_class'::regclass and w.ev_class = b.refobjid
      join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid)
  select p.polrelid as relation, p.polname::text as name,
    coalesce(array_agg(distinct b.refobjid) filter (where b.refclassid = 'pg_catalog.pg_class'::regclass), '{}') as tables,
    coalesce(array_agg(distinct b.refobjid) filter (where b.refclassid = 'pg_catalog.pg_proc'::regclass), '{}') as functions,
    coalesce(array_agg(distinct b.refobjid || '.' || a.attname) filter (where a.attname is not null), '{}') as columns
  from pg_catalog.pg_policy p join below b on b.policy = p.oid
    left join pg_catalog.pg_attribute a on b.refclassid = 'pg_catalog.pg_class'::regclass and a.attrelid = b.refobjid
      and a.attnum = b.refobjsubid and b.refobjsubid > 0 and b.refobjid = any($1::oid[])
  group by p.oid, p.polrelid, p.polname
  order by p.polrelid, p.polname`;
