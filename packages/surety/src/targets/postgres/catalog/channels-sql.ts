import { columnNames } from './catalog-sql.ts';

/** Unique keys and exclusion constraints of the relations $1, with the columns that they look at, in expressions too. */
export const keysSql = `
  select i.indrelid as relation, c.relname as name, case when i.indisexclusion then 'exclusion' else 'key' end as kind,
    array(select a.attname::text from pg_catalog.pg_attribute a where a.attrelid = i.indrelid and a.attnum > 0
      and (a.attnum = any(i.indkey::int2[]) or a.attnum in (select d.refobjsubid from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = i.indexrelid and d.refobjid = i.indrelid))
      order by a.attnum) as columns,
    null::oid as "to", array[]::text[] as "toColumns"
  from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
  where i.indrelid = any($1::oid[]) and (i.indisunique or i.indisexclusion)
  order by i.indrelid, c.relname`;

/** Foreign keys of the relations $1 into the relations $2. */
export const referencesSql = `
  select k.conrelid as relation, k.conname as name, 'reference' as kind,
    ${columnNames('k.conrelid', 'k.conkey')} as columns, k.confrelid as "to",
    ${columnNames('k.confrelid', 'k.confkey')} as "toColumns"
  from pg_catalog.pg_constraint k
  where k.contype = 'f' and k.conrelid = any($1::oid[]) and k.confrelid = any($2::oid[]) and not exists (
    select from pg_catalog.pg_constraint whole where whole.oid = k.conparentid and whole.conrelid = k.conrelid)
  order by k.conrelid, k.conname`;

/** Both once more: keys by the text of their indexes, references by what they depend on. */
export const channelsAgainSql = `
  select (select count(*) from pg_catalog.pg_indexes x join pg_catalog.pg_class c on c.relname = x.tablename
      join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = x.schemaname
      where c.oid = any($1::oid[]) and (x.indexdef like 'CREATE UNIQUE INDEX %' or exists (
        select from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'x' and k.conname = x.indexname)))::int
    + (select count(distinct k.oid) from pg_catalog.pg_depend d join pg_catalog.pg_constraint k on k.oid = d.objid
      where d.classid = 'pg_catalog.pg_constraint'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
        and k.contype = 'f' and d.refobjsubid > 0 and d.deptype = 'n' and d.refobjid = any($2::oid[]) and k.conrelid = any($1::oid[])
        and not exists (select from pg_catalog.pg_constraint whole
          where whole.oid = k.conparentid and whole.conrelid = k.conrelid))::int as count`;

/** Columns of the relations $1 that a sequence numbers. */
export const numberedSql = `
  select a.attrelid as relation, a.attname as name
  from pg_catalog.pg_attribute a
  where a.attrelid = any($1::oid[]) and a.attnum > 0 and not a.attisdropped and (a.attidentity <> '' or exists (
    select from pg_catalog.pg_attrdef f join pg_catalog.pg_depend d
      on d.classid = 'pg_catalog.pg_attrdef'::regclass and d.objid = f.oid
      join pg_catalog.pg_class s on s.oid = d.refobjid and s.relkind = 'S'
    where f.adrelid = a.attrelid and f.adnum = a.attnum))`;

/** Tables of $1 of whose columns pg_stats would show the role common values and bounds. */
export const statisticsSql = `
  select c.oid from pg_catalog.pg_class c
  where c.oid = any($1::oid[]) and has_schema_privilege(c.relnamespace, 'usage')
    and has_any_column_privilege(c.oid, 'select') and not row_security_active(c.oid)
  order by c.oid`;

/** `needed`: a column's default asks it for a number, and the role may add rows there. */
export const sequencesSql = `
  select n.nspname as schema, c.relname as name,
    array_remove(array[case when has_sequence_privilege(c.oid, 'select') then 'select' end,
      case when has_sequence_privilege(c.oid, 'usage') then 'usage' end,
      case when has_sequence_privilege(c.oid, 'update') then 'update' end], null) as grants,
    exists (select from pg_catalog.pg_depend d join pg_catalog.pg_attrdef f on f.oid = d.objid
      where d.classid = 'pg_catalog.pg_attrdef'::regclass and d.refobjid = c.oid
        and has_any_column_privilege(f.adrelid, 'insert')) as needed
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'S' and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
    and has_schema_privilege(n.oid, 'usage') and not exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  order by 1, 2`;

/** What the server lets sessions of one role see and do to one another. */
export const neighboursSql = `
  select pg_has_role(session_user, 'pg_read_all_stats', 'member') as "readsAllStats",
    pg_has_role(session_user, 'pg_signal_backend', 'member') as "endsSessions",
    current_setting('max_prepared_transactions')::int as "preparedTransactions",
    array(select n.nspname || '.' || p.proname from pg_catalog.pg_proc p
      join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema' and p.prosrc ~* 'pg_notify\\s*\\(|\\mnotify\\s'
        and not exists (select from pg_catalog.pg_depend d
          where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
      order by 1) as notifiers`;
