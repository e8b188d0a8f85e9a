import type pg from 'pg';
import { quoted, quotedRelation } from '../../targets/postgres/name.ts';
import type { SourceFacts } from '../source-facts.ts';
import { type Source, userSchema } from './sql.ts';

type Column = {
  readonly name: string;
  /** Values that are equal by the hash of their type are the same, written and all. */
  readonly exact: boolean;
  readonly collatable: boolean;
};

type Table = {
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
  readonly pages: number;
  /** `where …` of an extension that has only those rows of its table dumped. */
  readonly condition: string;
};

/**
 * Count and hash of every table that has rows of its own: leaves of partitions, parents without their heirs, unlogged ones. Those
 * of extensions as well: what no dump holds has to come back with the extension, and a copy shows whether it does. Not
 * foreign tables, whose rows are elsewhere, nor materialized views, which are filled anew.
 */
export async function readRows(client: pg.ClientBase, source: Source): Promise<SourceFacts['tables']> {
  const { rows: tables } = await client.query<Table>(tablesWithRows);
  const read: SourceFacts['tables'] = [];
  for (const batch of batches(tables)) {
    const sql = batch.map((table, n) => rowsOf(table, n, source)).join(' union all ');
    const { rows } = await client.query<{ n: number; rows: string; hash: string }>(sql);
    for (const { n, rows: count, hash } of rows.sort((a, b) => a.n - b.n)) {
      const table = batch[n];
      if (table !== undefined)
        read.push({ schema: table.schema, name: table.name, rows: Number(count), hash });
    }
  }
  return read;
}

/**
 * Of the server's own types those of which no two values are equal and look different: `numeric` only where the column fixes the scale, `char` only
 * where it fixes the length. The others are hashed as they are written.
 */
const exact = `(ty.typnamespace = 'pg_catalog'::pg_catalog.regnamespace and ty.typtype = 'b' and (ty.typname in ('bool', 'int2', 'int4', 'int8',
  'oid', 'uuid', 'date', 'time', 'timestamp', 'timestamptz', 'text', 'varchar', 'bytea')
  or (ty.typname in ('numeric', 'bpchar') and a.atttypmod > 0)))`;

/** Columns by name: those that were inherited stand elsewhere in a restored table. */
const tablesWithRows = `
  select n.nspname as schema, c.relname as name, pg_catalog.pg_relation_size(c.oid)::float8 / 8192 as pages,
    coalesce(x.condition, '') as condition,
    array(select json_build_object('name', a.attname, 'exact', ${exact}, 'collatable', a.attcollation <> 0)
      from pg_catalog.pg_attribute a join pg_catalog.pg_type ty on ty.oid = a.atttypid
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped order by a.attname collate "C") as columns
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  left join lateral (select e.extcondition[pg_catalog.array_position(e.extconfig, c.oid)] as condition
    from pg_catalog.pg_extension e where c.oid = any(e.extconfig)) x on true
  where c.relkind = 'r' and c.relpersistence <> 't' and ${userSchema('n')}
  order by n.nspname collate "C", c.relname collate "C"`;

/** The sum does not depend on the order of the rows, and a row that is there twice counts twice. */
function rowsOf(table: Table, n: number, source: Source): string {
  const { schema, name, columns, condition } = table;
  const hash = source.hashedBy === 'record' ? recordHash(columns, source) : textHash(columns, source);
  return `select ${n} as n, pg_catalog.count(*)::text as rows, coalesce(pg_catalog.sum(${hash}), 0)::text as hash
    from only ${quotedRelation({ schema, name })} t ${condition}`;
}

/** A record without a name has no cast of a user's; its text is that of each column's output function. */
function written(columns: readonly Column[]): string {
  return `row(${columns.map(({ name }) => `t.${quoted(name)}`).join(', ')})::text collate "C"`;
}

function textHash(columns: readonly Column[], { seed }: Source): string {
  return `pg_catalog.hashtextextended(${written(columns)}, '${seed}'::bigint)`;
}

/**
 * A third of the work of writing each value out. The server adds up the hashes of a row's columns, so that values which change places between two
 * rows would not show in a sum over rows: hence the second hash.
 */
function recordHash(columns: readonly Column[], { seed }: Source): string {
  const others = columns.filter((column) => !column.exact);
  const values = columns
    .filter((column) => column.exact)
    .map(({ name, collatable }) => `t.${quoted(name)}${collatable ? ' collate "C"' : ''}`);
  if (others.length > 0 || values.length === 0) values.push(written(others));
  const row = `pg_catalog.hash_record_extended(row(${values.join(', ')}), '${seed}'::bigint)`;
  return `pg_catalog.hashfloat8extended(${row}::float8, '${seed}'::bigint)`;
}

const smallPages = 64;
const mostAtOnce = 50;

/** Small tables are read many at a time, since each question costs a round trip. */
function* batches(tables: readonly Table[]): Generator<readonly Table[]> {
  let batch: Table[] = [];
  for (const table of tables) {
    if (table.pages > smallPages) {
      yield [table];
      continue;
    }
    batch.push(table);
    if (batch.length < mostAtOnce) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
