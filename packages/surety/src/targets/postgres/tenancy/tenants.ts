import { BlindError } from '../../../core/error.ts';
import type { AttackSession } from '../attack/attack-session.ts';
import { inventRow, keyOf, type Row, selectText, toRow } from '../attack/rows.ts';
import type { CatalogRelation } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import { quoted, quotedRelation } from '../name.ts';
import { candidatesOf, type Looked, lookFor } from './candidates.ts';
import { sharesNothing } from './sharing.ts';
import type { Tenancy, Tie } from './tenancy.ts';

export type Readable = ReadonlyMap<number, ReadonlySet<string>>;

/** Keys of two tenants that share nothing. */
export type TwoTenants = { readonly owner: string; readonly thief: string };

const sample = 20;
/** Pairs tried before it is said that there are none: within these one is found unless nearly all share something. */
const mostPairs = 400;
const pairMillis = 10_000;

/**
 * Two tenants with rows in as many tables as can be: the declared ones, else found by the inspector. However large
 * the database is, that takes a bounded time.
 *
 * @throws {BlindError} `postgres/no-tenants`
 */
export async function findTenants(
  { inspector, tenancy }: Pick<AttackSession, 'inspector' | 'tenancy'>,
  tables: readonly CatalogRelation[],
  declared: readonly [string, string] | undefined,
): Promise<TwoTenants> {
  if (inspector === null) {
    if (declared !== undefined) return twoOf(declared);
    throw new BlindError(
      'postgres/no-tenants',
      'nobody can say which tenants there are',
      'name an inspector in the target, or two tenants as tenancy.tenants',
    );
  }
  const readable = await readableBy(inspector, [tenancy.root, ...tables]);
  const look = lookFor(inspector);
  if (declared !== undefined) return declaredTenants(look, tenancy, readable, declared);
  if (!readable.has(tenancy.root.oid)) {
    throw new BlindError(
      'postgres/inspector-may-not-read',
      `the inspector may not read ${tenancy.root}, where the tenants are`,
      `grant usage on schema ${quoted(tenancy.root.schema)} and select on ${quotedRelation(tenancy.root)} to the inspector`,
    );
  }
  const ties = tables.flatMap(({ oid }) => (readable.has(oid) ? (tenancy.ties.get(oid) ?? []) : []));
  const found = await candidatesOf(look, tenancy, ties);
  const pair = await firstPair(look, tenancy, readable, found);
  if (pair !== null) return pair;
  throw new BlindError(
    'postgres/no-tenants',
    found.length < 2
      ? `${tenancy.root} holds ${found.length === 0 ? 'no tenant' : 'one tenant'}, and an attack needs two`
      : `all tenants share rows with one another, as far as ${found.length} of them show`,
    'create two tenants that share nothing, or name them as tenancy.tenants',
  );
}

/** The first of the pairs, best tenants first, that share nothing. */
async function firstPair(
  look: Looked,
  tenancy: Tenancy,
  readable: Readable,
  found: readonly string[],
): Promise<TwoTenants | null> {
  const until = performance.now() + pairMillis;
  const pairs = found
    .flatMap((owner, index) => found.slice(index + 1).map((thief) => ({ owner, thief })))
    .slice(0, mostPairs);
  for (const pair of pairs) {
    if (performance.now() > until) break;
    if ((await sharesNothing(look, tenancy, readable, pair)) === true) return pair;
  }
  // Groups may share their people: rows that both have a part in are left out of the attack anyway.
  return tenancy.people ? null : (pairs[0] ?? null);
}

function twoOf([owner, thief]: readonly [string, string]): TwoTenants {
  if (owner !== thief) return { owner, thief };
  throw new BlindError(
    'postgres/no-tenants',
    'tenancy.tenants names one tenant twice',
    'name two tenants that share nothing as tenancy.tenants',
  );
}

async function declaredTenants(
  look: Looked,
  tenancy: Tenancy,
  readable: Readable,
  declared: readonly [string, string],
): Promise<TwoTenants> {
  const pair = twoOf(declared);
  const apart = await sharesNothing(look, tenancy, readable, pair);
  if (apart === true) return pair;
  throw new BlindError(
    'postgres/no-tenants',
    apart === null
      ? 'it could not be seen in time whether the tenants of tenancy.tenants share rows'
      : 'the tenants of tenancy.tenants share rows',
    'name two tenants that share nothing as tenancy.tenants',
  );
}

/** Columns that the connection's role may read, by oid; a relation of which it may read none is left out. */
export async function readableBy(
  connection: Connection,
  relations: readonly CatalogRelation[],
): Promise<Readable> {
  const rows = await connection.rows<{ oid: number; columns: string[] }>(
    `select c.oid, array_agg(a.attname::text) as columns
     from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid
     where c.oid = any($1::oid[]) and (a.attnum > 0 or a.attname in ('ctid', 'tableoid')) and not a.attisdropped
       and has_schema_privilege(c.relnamespace, 'usage') and has_column_privilege(c.oid, a.attnum, 'select')
     group by c.oid`,
    [relations.map(({ oid }) => oid)],
  );
  return new Map(rows.map(({ oid, columns }) => [oid, new Set(columns)]));
}

/** Rows of one tenant that the other has no part in. */
export async function rowsOf(
  session: AttackSession,
  tie: Tie,
  tenant: string,
  other: string,
): Promise<readonly Row[]> {
  const { relation, belongsTo, ownedOutright } = tie;
  const { type } = session.tenancy.key;
  const names = namesOf(relation).filter((name) => session.mayRead(relation, name));
  const rows = await session.truth<Record<string, string | null>>(
    tenant,
    `select ${selectText('t', names)} from ${quotedRelation(relation)} t
     where ${belongsTo('t', `$1::${type}`)} and (${belongsTo('t', `$2::${type}`)}) is not true
     order by (${ownedOutright('t', `$1::${type}`)}) is true desc, ${keyOf(relation)
       .map(({ name }) => `t.${quoted(name)}`)
       .join(', ')}
     limit ${sample}`,
    [tenant, other],
  );
  return rows.map((row) => toRow(names, row));
}

/** All that a row is known by: its columns, and its place where it has no key. */
export function namesOf(relation: CatalogRelation): readonly string[] {
  const columns = relation.columns.map(({ name }) => name);
  return [...new Set([...columns, ...keyOf(relation).map(({ name }) => name)])];
}

/** Values with which a row of the table belongs to the tenant, or `null` where there are none. */
export async function tieValues(session: AttackSession, tie: Tie, tenant: string): Promise<Row | null> {
  const values = new Map<string, string | null>(tie.authors.map((column) => [column, tenant]));
  if (tie.relation.oid === session.tenancy.root.oid) return new Map([[session.tenancy.key.name, tenant]]);
  for (const link of tie.links) {
    const target = session.tenancy.ties.get(link.to.oid);
    if (target === undefined) return null;
    const [found] = await session.truth<Record<string, string | null>>(
      tenant,
      `select ${selectText('t', link.toColumns)} from ${quotedRelation(link.to)} t
       where ${target.belongsTo('t', `$1::${session.tenancy.key.type}`)} limit 1`,
      [tenant],
    );
    if (found === undefined) return null;
    for (const [index, column] of link.columns.entries()) values.set(column, found[`c${index}`] ?? null);
  }
  return tie.links.length === 0 ? null : values;
}

/** A new row for a tenant that has none in the table: its tie, what foreign keys demand, and plain values. */
export async function inventFor(session: AttackSession, tie: Tie, tenant: string): Promise<Row | null> {
  const known = await tieValues(session, tie, tenant);
  if (known === null) return null;
  const all = new Map(known);
  for (const { columns, to, toColumns } of tie.relation.foreignKeys) {
    const target = session.tenancy.ties.get(to)?.relation ?? null;
    const needed = columns.some((name) => tie.relation.columns.some((c) => c.name === name && c.notNull));
    if (target === null || !needed || columns.some((column) => all.has(column))) continue;
    const [found] = await session.truth<Record<string, string | null>>(
      tenant,
      `select ${selectText('t', toColumns)} from ${quotedRelation(target)} t limit 1`,
    );
    for (const [index, column] of columns.entries()) all.set(column, found?.[`c${index}`] ?? null);
  }
  const placing = tie.relation.placedBy.filter(
    (column) => !all.has(column) && session.mayRead(tie.relation, column),
  );
  if (placing.length > 0) {
    // Where a partition takes a row already, it takes another.
    const [found] = await session.truth<Record<string, string | null>>(
      tenant,
      `select ${selectText('t', placing)} from ${quotedRelation(tie.relation)} t limit 1`,
    );
    if (found !== undefined) for (const [column, value] of toRow(placing, found)) all.set(column, value);
  }
  return inventRow(tie.relation, all);
}
