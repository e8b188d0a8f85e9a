import type pg from 'pg';
import { BlindError } from '../core/error.ts';
import { type Connection, readOnly } from '../targets/postgres/connection.ts';
import { quoted, quotedRelation } from '../targets/postgres/name.ts';
import { blind, SqlError, withoutValues } from '../targets/postgres/sql-error.ts';
import { notOfExtension, qualified, userSchema } from './source/sql.ts';

/** Where amcheck is, and what it can do there. */
export type Amcheck = {
  /** Quoted. */
  readonly schema: string;
  /** Tables as well as indexes: from 14 on. */
  readonly tables: boolean;
};

/**
 * Finds amcheck in a database. On the source it has to be asked before a restore: that builds indexes anew, and hides what was
 * wrong with them.
 *
 * @throws {BlindError} `integrity/no-amcheck`, `integrity/may-not-check`
 */
export async function findAmcheck(client: pg.ClientBase): Promise<Amcheck> {
  const { rows } = await client.query<Amcheck & { allowed: boolean; role: string }>(
    `select pg_catalog.quote_ident(n.nspname) as schema, pg_catalog.quote_ident(current_user) as role,
      pg_catalog.count(*) filter (where p.proname = 'verify_heapam') > 0 as tables,
      pg_catalog.bool_and(pg_catalog.has_function_privilege(p.oid, 'execute')) and pg_catalog.has_schema_privilege(n.oid, 'usage') as allowed
      from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace
      join pg_catalog.pg_proc p on p.pronamespace = n.oid and p.proname in ('bt_index_check', 'verify_heapam')
      where e.extname = 'amcheck' group by n.oid, n.nspname`,
  );
  const [found] = rows;
  if (found === undefined)
    throw new BlindError(
      'integrity/no-amcheck',
      'the extension amcheck is not in the database',
      'create extension amcheck',
    );
  if (!found.allowed)
    throw new BlindError(
      'integrity/may-not-check',
      `${found.role} may not run amcheck`,
      `grant execute on all functions in schema ${found.schema} to ${found.role}`,
    );
  return { schema: found.schema, tables: found.tables };
}

/** Puts amcheck into a scratch copy, in a schema of its own. @throws {BlindError} `integrity/no-amcheck` */
export async function addAmcheck(client: pg.ClientBase): Promise<Amcheck> {
  const { rows } = await client.query<{ there: boolean; known: boolean }>(
    `select exists (select from pg_catalog.pg_extension where extname = 'amcheck') as there,
      exists (select from pg_catalog.pg_available_extensions where name = 'amcheck') as known`,
  );
  if (rows[0]?.known !== true)
    throw new BlindError(
      'integrity/no-amcheck',
      'the server has no extension amcheck to install',
      'install it (Debian: it comes with postgresql; elsewhere postgresql-contrib)',
    );
  if (!rows[0].there) {
    await client.query('create schema if not exists surety_amcheck');
    await client.query('create extension amcheck schema surety_amcheck');
  }
  return findAmcheck(client);
}

/** What amcheck found. */
export type StorageCheck = {
  readonly indexes: number;
  readonly tables: number;
  /** By relation; empty: all is well. */
  readonly faults: readonly { readonly relation: string; readonly fact: string }[];
};

/**
 * Every valid B-tree against its table, and every page of every table. Reads all of them.
 *
 * @throws {BlindError} where one could not be checked
 */
export async function checkStorage(
  client: pg.ClientBase,
  { schema, tables: canTables }: Amcheck,
  signal: AbortSignal,
): Promise<StorageCheck> {
  const { rows } = await client.query<{ oid: number; relation: string; index: boolean }>(checkable);
  const faults: StorageCheck['faults'][number][] = [];
  const relations = rows.filter(({ index }) => index || canTables);
  for (const { oid, relation, index } of relations) {
    signal.throwIfAborted();
    const sql = index
      ? `select ${schema}.bt_index_check($1::pg_catalog.regclass, true), 0 as faults`
      : `select pg_catalog.count(*)::int as faults from ${schema}.verify_heapam($1::pg_catalog.regclass)`;
    try {
      const found = await client.query<{ faults: number }>(sql, [oid]);
      const many = found.rows[0]?.faults ?? 0;
      if (many > 0) faults.push({ relation, fact: `${many} faults` });
    } catch (error) {
      const safe = withoutValues(error);
      if (!(safe instanceof SqlError) || !corrupt.has(safe.state))
        throw blind(error, `amcheck of ${relation}`);
      faults.push({ relation, fact: safe.state });
    }
  }
  const indexes = relations.filter(({ index }) => index).length;
  return { indexes, tables: relations.length - indexes, faults };
}

/** `data_corrupted`, `index_corrupted`; and what a page gives that cannot be read. */
const corrupt: ReadonlySet<string> = new Set(['XX001', 'XX002', 'XX000', '58030', '58P01']);

const checkable = `
  select c.oid::int8::float8 as oid, ${qualified('n.nspname', 'c.relname')} as relation, c.relkind = 'i' as index
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  join pg_catalog.pg_am m on m.oid = c.relam
  left join pg_catalog.pg_index i on i.indexrelid = c.oid
  where c.relpersistence <> 't' and ((c.relkind = 'i' and m.amname = 'btree' and i.indisvalid and i.indisready)
    or (c.relkind in ('r', 'm', 't') and m.amname = 'heap'))
  order by n.nspname collate "C", c.relname collate "C"`;

/**
 * Sequences that are behind the column that they number: the next row would collide. A sequence that begins anew at its end is left out.
 *
 * @returns names of the sequences
 */
export async function sequencesBehind(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<Numbered>(numbered);
  const behind: string[] = [];
  for (const one of rows) {
    const rising = one.increment > 0;
    const column = quoted(one.column);
    const [sequence, table] = [one.sequence, one.table].map(([schema = '', name = '']) =>
      quotedRelation({ schema, name }),
    );
    const found = await client.query<{ behind: boolean | null }>(
      `select (select ${rising ? 'max' : 'min'}(${column})::numeric from ${table})
        ${rising ? '>' : '<'} (select last_value - case when is_called then 0 else ${one.increment} end from ${sequence}) as behind`,
    );
    if (found.rows[0]?.behind === true) behind.push(one.sequence.join('.'));
  }
  return behind;
}

type Numbered = {
  readonly sequence: readonly string[];
  readonly table: readonly string[];
  readonly column: string;
  readonly increment: number;
};

const numbered = `
  select array[n.nspname, s.relname]::text[] as sequence, array[tn.nspname, t.relname]::text[] as table,
    a.attname::text as column, q.seqincrement::float8 as increment
  from pg_catalog.pg_sequence q join pg_catalog.pg_class s on s.oid = q.seqrelid
  join pg_catalog.pg_namespace n on n.oid = s.relnamespace
  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = s.oid
    and d.deptype in ('a', 'i') and d.refclassid = d.classid and d.refobjsubid > 0
  join pg_catalog.pg_class t on t.oid = d.refobjid and t.relkind in ('r', 'p')
  join pg_catalog.pg_namespace tn on tn.oid = t.relnamespace
  join pg_catalog.pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
  where not q.seqcycle and ${userSchema('n')} and ${notOfExtension('pg_class', 's.oid')}
    and a.atttypid in ('int2'::pg_catalog.regtype, 'int4'::pg_catalog.regtype, 'int8'::pg_catalog.regtype, 'numeric'::pg_catalog.regtype)
  order by n.nspname collate "C", s.relname collate "C"`;

/** A question of the application that did not get the answer that it has to. */
export type Unanswered = { readonly query: string; readonly fact: string };

/**
 * Asks what the estate calls smoke: each has to give at least one row, no false in any, and none of nothing but nulls, which is what
 * `max(…) > 0` gives of an empty table. In read-only transactions.
 */
export async function smoke(
  connection: Connection,
  queries: readonly string[],
): Promise<readonly Unanswered[]> {
  const unanswered: Unanswered[] = [];
  for (const query of queries) {
    try {
      const rows = await readOnly(connection, () => connection.rows(query));
      const no = rows.filter((row) => Object.values(row).includes(false)).length;
      const empty = rows.filter((row) => Object.values(row).every((value) => value === null)).length;
      if (rows.length === 0) unanswered.push({ query, fact: 'no row' });
      else if (empty > 0)
        unanswered.push({ query, fact: `nothing but null in ${empty} of ${rows.length} rows` });
      else if (no > 0) unanswered.push({ query, fact: `false in ${no} of ${rows.length} rows` });
    } catch (error) {
      unanswered.push({ query, fact: withoutValues(error).message });
    }
  }
  return unanswered;
}
