import type pg from 'pg';

/** A table whose rows a dump holds. */
export type DumpedTable = {
  readonly schema: string;
  readonly name: string;
  /** Bytes of its rows, with what is stored out of line and without indexes. */
  readonly size: number;
};

/** Which tables go into streams of their own; `data-0` has all others. */
export type Streams = {
  /** Of `data-1`, `data-2`, … */
  readonly apart: readonly (readonly DumpedTable[])[];
};

/** A stream of its own costs a connection and a program: not worth it for less. */
const leastApart = 8_000_000;
/** Each table that is moved costs a query of the catalog in two programs. */
const leastMoved = 400_000;
/** Of all patterns of one command, in bytes; the system's limit is some twenty times that. */
const patternBytes = 100_000;

/**
 * Spreads tables over streams, the largest first, each to the one with the least so far.
 *
 * @param others bytes that go into `data-0` anyway: large objects
 * @param most streams with `data-0`; at least one
 */
export function planStreams(tables: readonly DumpedTable[], others: number, most: number): Streams {
  const byName = (a: DumpedTable, b: DumpedTable): number => (tablePattern(a) < tablePattern(b) ? -1 : 1);
  const sorted = [...tables].sort((a, b) => b.size - a.size || byName(a, b));
  let length = 0;
  const movable = sorted.filter((table) => {
    if (table.size < leastMoved) return false;
    length += optionBytes + Buffer.byteLength(tablePattern(table));
    return length <= patternBytes;
  });
  const moved = new Set(movable);
  const fixed = sorted.reduce((sum, table) => sum + (moved.has(table) ? 0 : table.size), others);
  const loads = [fixed, ...Array.from({ length: Math.max(0, most - 1) }, () => 0)];
  const apart: DumpedTable[][] = loads.slice(1).map(() => []);
  for (const table of movable) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least] = (loads[least] ?? 0) + table.size;
    if (least > 0) apart[least - 1]?.push(table);
  }
  return { apart: apart.filter((stream) => stream.reduce((sum, { size }) => sum + size, 0) >= leastApart) };
}

const optionBytes = '--exclude-table-data='.length + 1;

/** A pattern of pg_dump that means this table and no other: what stands in double quotes is taken as it is. */
export function tablePattern({ schema, name }: Pick<DumpedTable, 'schema' | 'name'>): string {
  return [schema, name].map((part) => `"${part.replaceAll('"', '""')}"`).join('.');
}

/** The options that select the rows of stream `n`. */
export function streamOptions({ apart }: Streams, n: number): readonly string[] {
  if (n === 0) return apart.flat().map((table) => `--exclude-table-data=${tablePattern(table)}`);
  return ['--strict-names', ...(apart[n - 1] ?? []).map((table) => `--table=${tablePattern(table)}`)];
}

const withRows = `pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
    and (c.relpersistence = 'p' or not pg_is_in_recovery())`;

export type TableName = Pick<DumpedTable, 'schema' | 'name'>;

/** Those of extensions as well: some of them have rows of the user's dumped. */
export async function readLockable(client: pg.ClientBase): Promise<readonly TableName[]> {
  const { rows } = await client.query<TableName>(
    `select n.nspname::text as schema, c.relname::text as name from ${withRows} order by 1, 2`,
  );
  return rows;
}

/**
 * Tables with rows of their own, partitions and children included. Those of extensions come back with the extension; what is unlogged cannot
 * be read on a standby.
 */
const tablesSql = `
  select n.nspname::text as schema, c.relname::text as name, pg_table_size(c.oid)::text as size
  from ${withRows}
    and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 1, 2`;

/** @throws {Error} of pg, where a table is locked for too long */
export async function readTables(client: pg.ClientBase): Promise<readonly DumpedTable[]> {
  const { rows } = await client.query<{ schema: string; name: string; size: string }>(tablesSql);
  return rows.map(({ schema, name, size }) => ({ schema, name, size: Number(size) }));
}

/** Bytes of the large objects. */
export async function readLargeObjectSize(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ size: string }>(
    `select pg_table_size('pg_largeobject')::text as size`,
  );
  return Number(rows[0]?.size ?? 0);
}
