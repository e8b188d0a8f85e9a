import { BlindError } from '../../../core/error.ts';
import type { AttackSession } from '../attack/attack-session.ts';
import { inventRow, keyOf, type Row, selectText, toRow } from '../attack/rows.ts';
import type { CatalogRelation } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import { quoted, quotedRelation } from '../name.ts';
import type { Tenancy, Tie } from './tenancy.ts';

export type Readable = ReadonlyMap<number, ReadonlySet<string>>;

/** Keys of two tenants that share nothing. */
export type TwoTenants = { readonly owner: string; readonly thief: string };

const candidates = 24;
const sample = 20;

/**
 * Two tenants with rows in as many tables as can be: the declared ones, else found by the inspector.
 *
 * @throws {BlindError} `postgres/no-tenants`
 */
export async function findTenants(
  { inspector, tenancy }: Pick<AttackSession, 'inspector' | 'tenancy'>,
  tables: readonly CatalogRelation[],
  declared: readonly [string, string] | undefined,
): Promise<TwoTenants> {
  if (declared !== undefined) return declaredTenants({ inspector, tenancy }, declared);
  if (inspector === null) {
    throw new BlindError(
      'postgres/no-tenants',
      'nobody can say which tenants there are',
      'name an inspector in the target, or two tenants as tenancy.tenants',
    );
  }
  const { root, key } = tenancy;
  const readable = await readableBy(inspector, tables);
  const ties = tables.flatMap(({ oid }) => (readable.has(oid) ? (tenancy.ties.get(oid) ?? []) : []));
  const scores = ties.map(
    (tie) =>
      `(exists (select from ${quotedRelation(tie.relation)} t where ${tie.belongsTo('t', 'k.key')}))::int`,
  );
  const found = await inspector.rows<{ key: string }>(
    `select k.key::text as key
     from (select ${quoted(key.name)} as key from ${quotedRelation(root)} order by 1 limit ${candidates}) k
     order by ${scores.join(' + ') || '0'} desc, k.key`,
  );
  const pairs = found.flatMap(({ key: owner }, index) =>
    found.slice(index + 1).map((other) => ({ owner, thief: other.key })),
  );
  for (const pair of pairs) if (await sharesNothing(inspector, tenancy, pair)) return pair;
  throw new BlindError(
    'postgres/no-tenants',
    found.length < 2
      ? `${root} holds ${found.length === 0 ? 'no tenant' : 'one tenant'}, and an attack needs two`
      : 'all tenants share rows with one another',
    'create two tenants that share nothing, or name them as tenancy.tenants',
  );
}

async function declaredTenants(
  { inspector, tenancy }: Pick<AttackSession, 'inspector' | 'tenancy'>,
  [owner, thief]: readonly [string, string],
): Promise<TwoTenants> {
  const pair = { owner, thief };
  if (owner !== thief && (inspector === null || (await sharesNothing(inspector, tenancy, pair)))) return pair;
  throw new BlindError(
    'postgres/no-tenants',
    owner === thief ? 'tenancy.tenants names one tenant twice' : 'the tenants of tenancy.tenants share rows',
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

async function sharesNothing(
  inspector: NonNullable<AttackSession['inspector']>,
  { ties, root, key }: Tenancy,
  { owner, thief }: TwoTenants,
): Promise<boolean> {
  const scopes = [...ties.values()].filter(
    ({ relation, links, isMembership }) => relation.oid !== root.oid && (links.length === 0 || isMembership),
  );
  for (const { relation, belongsTo } of scopes) {
    const [row] = await inspector.rows<{ shared: boolean }>(
      `select exists (select from ${quotedRelation(relation)} t
       where ${belongsTo('t', `$1::${key.type}`)} and ${belongsTo('t', `$2::${key.type}`)}) as shared`,
      [owner, thief],
    );
    if (row?.shared !== false) return false;
  }
  return true;
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
  return inventRow(tie.relation, all);
}
