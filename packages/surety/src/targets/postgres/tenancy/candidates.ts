import type pg from 'pg';
import { BlindError } from '../../../core/error.ts';
import type { Connection } from '../connection.ts';
import { quoted, quotedRelation } from '../name.ts';
import { takenBack } from '../savepoint.ts';
import type { Tenancy, Tie } from './tenancy.ts';

/** Rows of a statement, or `null` where the server did not give them in time or would not. */
export type Looked = <Row extends pg.QueryResultRow>(
  sql: string,
  values: readonly unknown[],
  millis?: number,
) => Promise<readonly Row[] | null>;

/** What a statement may take that others can stand in for: whoever has rows shows in other tables too. */
const shortly = 400;
/** What one may take that nothing can stand in for. */
const patiently = 8_000;

/** Statements of the inspector whose locks are let go again, each within a short time. */
export function lookFor(inspector: Connection): Looked {
  return <Row extends pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[],
    millis: number = patiently,
  ) =>
    takenBack(inspector, async () => {
      await inspector.rows("select set_config('statement_timeout', $1, true)", [String(millis)]);
      return inspector.rows<Row>(sql, values);
    });
}

const most = 48;
const mostFound = 200;
const mostTables = 64;
/** Statements that may take too long before no more are tried. */
const mostSlow = 8;

/**
 * Keys of tenants, those with rows in the most tables first: the first and last by key, some from the midst, and
 * those whose rows lie about in the tables.
 */
export async function candidatesOf(
  look: Looked,
  tenancy: Tenancy,
  ties: readonly Tie[],
): Promise<readonly string[]> {
  const picked = spread(ties, mostTables);
  const keys = [...new Set([...(await fromRows(look, tenancy, picked)), ...(await fromRoot(look, tenancy))])];
  const known = await look<{ key: string }>(
    `select t.${quoted(tenancy.key.name)}::text as key from ${quotedRelation(tenancy.root)} t
     where t.${quoted(tenancy.key.name)} = any($1::text[]::${tenancy.key.type}[]) order by t.${quoted(tenancy.key.name)}`,
    [keys],
  );
  const real = spread(
    (known ?? []).map(({ key }) => key),
    most,
  );
  const scores = await scoresOf(look, tenancy, picked, real);
  return real.toSorted((a, b) => (scores.get(b) ?? 0) - (scores.get(a) ?? 0));
}

async function fromRoot(look: Looked, { root, key }: Tenancy): Promise<readonly string[]> {
  const name = `t.${quoted(key.name)}`;
  const table = quotedRelation(root);
  const keysOf = (sql: string, millis: number) => look<{ key: string }>(sql, [], millis);
  const first = await keysOf(
    `select ${name}::text as key from ${table} t order by ${name} limit 8`,
    patiently,
  );
  if (first === null) {
    throw new BlindError(
      'postgres/no-tenants',
      `the server did not show the inspector the tenants in ${root}`,
      'try again when nothing locks it and the server is less busy, or name two tenants as tenancy.tenants',
    );
  }
  if (first.length < 8) return first.map((row) => row.key);
  const last = await keysOf(
    `select ${name}::text as key from ${table} t order by ${name} desc limit 8`,
    shortly,
  );
  const midst = await keysOf(await sampled(look, { name, table }), shortly);
  return [...first, ...(last ?? []), ...(midst ?? [])].map((row) => row.key);
}

/** Rows of some pages from all over the table; the same ones as long as it does not change. */
async function sampled(look: Looked, { name, table }: { name: string; table: string }): Promise<string> {
  const [size] =
    (await look<{ pages: number }>(
      `select (pg_relation_size($1::regclass) / current_setting('block_size')::int)::float8 as pages`,
      [table],
    )) ?? [];
  const percent = Math.min(100, 1_600 / Math.max(1, size?.pages ?? 1));
  return `select key from (select ${name}::text as key from ${table} t tablesample system (${percent}) repeatable (7)) s
    order by md5(key) limit 16`;
}

/** Tenants that the first rows of the tables belong to. */
async function fromRows(
  look: Looked,
  { root, key }: Tenancy,
  ties: readonly Tie[],
): Promise<readonly string[]> {
  const keys: string[] = [];
  let slow = 0;
  for (const { relation, links, authors, belongsTo } of ties) {
    if (slow > mostSlow || keys.length > mostFound) break;
    if (relation.oid === root.oid) continue;
    const direct = links.find(({ to }) => to.oid === root.oid)?.columns[0] ?? authors[0];
    const name = `t.${quoted(direct ?? '')}`;
    const table = quotedRelation(relation);
    const owner = `k.${quoted(key.name)}`;
    const rows = await look<{ key: string }>(
      direct === undefined
        ? `select ${owner}::text as key from ${quotedRelation(root)} k
           where exists (select from (select * from ${table} limit 50) t where ${belongsTo('t', owner)}) limit 4`
        : `select distinct key from (select ${name}::text as key from ${table} t where ${name} is not null limit 200) s
           limit 4`,
      [],
      shortly,
    );
    if (rows === null) slow += 1;
    keys.push(...(rows ?? []).map((row) => row.key));
  }
  return keys;
}

/** In how many of the tables each has rows, or, where that takes long, has some among the first. */
async function scoresOf(
  look: Looked,
  { key }: Tenancy,
  ties: readonly Tie[],
  keys: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const scores = new Map<string, number>();
  let slow = 0;
  for (const { relation, belongsTo } of ties) {
    const scored = (from: string) =>
      look<{ key: string }>(
        `select k.key from unnest($1::text[]) k(key)
         where exists (select from ${from} t where ${belongsTo('t', `k.key::${key.type}`)})`,
        [keys],
        shortly,
      );
    const whole = slow > mostSlow ? null : await scored(quotedRelation(relation));
    if (whole === null) slow += 1;
    const rows =
      whole ??
      (slow > 3 * mostSlow ? null : await scored(`(select * from ${quotedRelation(relation)} limit 500)`));
    for (const row of rows ?? []) scores.set(row.key, (scores.get(row.key) ?? 0) + 1);
  }
  return scores;
}

/** As many, from all along the list. */
function spread<T>(list: readonly T[], count: number): readonly T[] {
  if (list.length <= count) return list;
  return Array.from({ length: count }, (_, index) => list[Math.floor((index * list.length) / count)]).filter(
    (item) => item !== undefined,
  );
}
