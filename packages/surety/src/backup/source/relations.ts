import {
  type CatalogQuery,
  grants,
  grantsIn,
  labelled,
  notOfExtension,
  options,
  parts,
  qualified,
  roleName,
  type Source,
  userSchema,
  when,
} from './sql.ts';

const relation = qualified('n.nspname', 'c.relname');

/** Of the user, in a namespace `n`; catalog queries name the relation `c`. */
const ofUser = `${userSchema('n')} and c.relpersistence <> 't' and ${notOfExtension('pg_class', 'c.oid')}`;
const joined = 'pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace';

/** Tables, views, sequences and what stands on them. Tablespaces are left out: they are of the machine. */
export function relationQueries({ major }: Source): readonly CatalogQuery[] {
  return [
    { kind: 'relation', sql: relations },
    { kind: 'column', sql: columns(major) },
    { kind: 'sequence', sql: sequences },
    { kind: 'constraint', sql: constraints },
    { kind: 'index', sql: indexes },
    { kind: 'policy', sql: policies },
    { kind: 'trigger', sql: triggers },
    { kind: 'rule', sql: rules },
    { kind: 'statistics', sql: statistics(major) },
  ];
}

/** Bounds of a partition, its parents, and what a view shows belong to the line of the relation. */
const relations = `
  select ${relation} as name, ${parts(
    `case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view' when 'm' then 'materialized view'
       when 'f' then 'foreign table' when 'S' then 'sequence' when 'c' then 'composite type' end`,
    when(`c.relpersistence = 'u'`, 'unlogged'),
    labelled('owner', roleName('c.relowner')),
    `case when c.relkind <> 'c' then 'grants ' || case c.relkind when 'S' then ${grants('c.relacl', 's', 'c.relowner')}
       else ${grants('c.relacl', 'r', 'c.relowner')} end end`,
    when('c.relrowsecurity', 'row security'),
    when('c.relforcerowsecurity', 'forced'),
    when(`c.relreplident = 'n' and c.relkind in ('r', 'p', 'm')`, 'replica identity nothing'),
    when(`c.relreplident = 'f'`, 'replica identity full'),
    labelled('by', 'm.amname'),
    labelled('with', options('c.reloptions')),
    labelled('toast with', options('t.reloptions')),
    labelled('of', `pg_catalog.format_type(nullif(c.reloftype, 0), null)`),
    labelled('partition by', `case c.relkind when 'p' then pg_catalog.pg_get_partkeydef(c.oid) end`),
    labelled('partition', 'pg_catalog.pg_get_expr(c.relpartbound, c.oid)'),
    labelled(
      'under',
      `(select pg_catalog.string_agg(i.inhparent::pg_catalog.regclass::text, ', ' order by i.inhseqno)
        from pg_catalog.pg_inherits i where i.inhrelid = c.oid and c.relkind in ('r', 'p', 'f'))`,
    ),
    when(`c.relkind = 'm' and not c.relispopulated`, 'not populated'),
    labelled('as', `case when c.relkind in ('v', 'm') then pg_catalog.pg_get_viewdef(c.oid) end`),
    labelled(
      'server',
      `(select pg_catalog.quote_ident(s.srvname) || coalesce(' ' || ${options('f.ftoptions')}, '')
        from pg_catalog.pg_foreign_table f join pg_catalog.pg_foreign_server s on s.oid = f.ftserver where f.ftrelid = c.oid)`,
    ),
  )} as is
  from ${joined} left join pg_catalog.pg_am m on m.oid = c.relam
  left join pg_catalog.pg_class t on t.oid = c.reltoastrelid
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S', 'c') and ${ofUser}`;

/**
 * Columns that a parent in an inheritance handed down come first in a restored table, wherever they were; hence
 * there the place of a column counts only where there is no such parent.
 */
const columns = (major: number): string => `
  select ${relation} || '.' || pg_catalog.quote_ident(a.attname) as name, ${parts(
    'pg_catalog.format_type(a.atttypid, a.atttypmod)',
    `case when c.relkind in ('r', 'p', 'f') and (c.relispartition or not exists (
       select from pg_catalog.pg_inherits i where i.inhrelid = c.oid)) then 'place ' || a.place end`,
    when('a.attnotnull', 'not null'),
    labelled(
      'collate',
      `(select ${qualified('l.nspname', 'o.collname')} from pg_catalog.pg_collation o
        join pg_catalog.pg_namespace l on l.oid = o.collnamespace where o.oid = a.attcollation and a.attcollation <> t.typcollation)`,
    ),
    `case a.attgenerated when '' then 'default ' when 's' then 'generated stored ' else 'generated ' end
       || pg_catalog.pg_get_expr(d.adbin, d.adrelid)`,
    `case a.attidentity when 'a' then 'identity always' when 'd' then 'identity by default' end`,
    `case when a.attacl is not null then 'grants ' || ${grantsIn('a.attacl', roleName)} end`,
    `case when a.attstorage <> t.typstorage then 'storage ' || a.attstorage::text end`,
    `case when a.attstattarget >= 0 then 'statistics ' || a.attstattarget end`,
    ...(major >= 14
      ? [`case when a.attcompression <> '' then 'compression ' || a.attcompression::text end`]
      : []),
    labelled('with', options('a.attoptions')),
    labelled('foreign', options('a.attfdwoptions')),
  )} as is
  from (select *, pg_catalog.row_number() over (partition by attrelid order by attnum) as place
    from pg_catalog.pg_attribute where attnum > 0 and not attisdropped) a
  join ${joined} on c.oid = a.attrelid
  join pg_catalog.pg_type t on t.oid = a.atttypid
  left join pg_catalog.pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'c') and ${ofUser}`;

const sequences = `
  select ${relation} as name, ${parts(
    'pg_catalog.format_type(s.seqtypid, null)',
    labelled('start', 's.seqstart'),
    labelled('increment', 's.seqincrement'),
    labelled('from', 's.seqmin'),
    labelled('to', 's.seqmax'),
    labelled('cache', 's.seqcache'),
    when('s.seqcycle', 'cycle'),
    labelled(
      'owned by',
      `(select d.refobjid::pg_catalog.regclass || '.' || pg_catalog.quote_ident(a.attname) from pg_catalog.pg_depend d
        join pg_catalog.pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
        where d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.objid = c.oid and d.deptype in ('a', 'i')
          and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass and d.refobjsubid > 0)`,
    ),
  )} as is
  from pg_catalog.pg_sequence s join ${joined} on c.oid = s.seqrelid where ${ofUser}`;

const constraints = `
  select coalesce(${relation}, ${qualified('tn.nspname', 't.typname')}) || ': ' || pg_catalog.quote_ident(k.conname) as name, ${parts(
    'pg_catalog.pg_get_constraintdef(k.oid)',
    when('not k.convalidated', 'not validated'),
    when(`k.connoinherit and k.contype = 'c'`, 'not inherited'),
  )} as is
  from pg_catalog.pg_constraint k
  left join (${joined}) on c.oid = k.conrelid
  left join (pg_catalog.pg_type t join pg_catalog.pg_namespace tn on tn.oid = t.typnamespace) on t.oid = k.contypid
  where (c.oid is not null and ${ofUser}) or (t.oid is not null and ${userSchema('tn')} and ${notOfExtension('pg_type', 't.oid')})`;

/** One that is not valid is nowhere: it is not dumped, and a restored one that is not valid is missed. */
const indexes = `
  select ${qualified('n.nspname', 'i.relname')} as name, ${parts(
    'pg_catalog.pg_get_indexdef(x.indexrelid)',
    when('x.indisclustered', 'clustered'),
    when('x.indisreplident', 'replica identity'),
    labelled(
      'statistics',
      `(select pg_catalog.string_agg(a.attnum || ' ' || a.attstattarget, ', ' order by a.attnum)
        from pg_catalog.pg_attribute a where a.attrelid = i.oid and a.attstattarget >= 0)`,
    ),
  )} as is
  from pg_catalog.pg_index x join pg_catalog.pg_class i on i.oid = x.indexrelid join ${joined} on c.oid = x.indrelid
  where ${ofUser} and (x.indisvalid and x.indisready or i.relkind = 'I')`;

const policies = `
  select ${relation} || ': ' || pg_catalog.quote_ident(p.polname) as name, ${parts(
    `case when p.polpermissive then 'permissive' else 'restrictive' end`,
    `'for ' || case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' else 'all' end`,
    `'to ' || (select pg_catalog.string_agg(r.name, ', ' order by r.name collate "C") from (
       select case o when 0 then 'public' else ${roleName('o')} end as name from pg_catalog.unnest(p.polroles) o) r)`,
    labelled('using', 'pg_catalog.pg_get_expr(p.polqual, p.polrelid)'),
    labelled('check', 'pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid)'),
  )} as is
  from pg_catalog.pg_policy p join ${joined} on c.oid = p.polrelid where ${ofUser}`;

const firing = (state: string): string =>
  `case ${state} when 'D' then 'disabled' when 'R' then 'on replicas' when 'A' then 'always' end`;

const triggers = `
  select ${relation} || ': ' || pg_catalog.quote_ident(g.tgname) as name,
    ${parts('pg_catalog.pg_get_triggerdef(g.oid)', firing('g.tgenabled'))} as is
  from pg_catalog.pg_trigger g join ${joined} on c.oid = g.tgrelid where not g.tgisinternal and ${ofUser}`;

/** What a view shows is a rule as well, and stands with the view. */
const rules = `
  select ${relation} || ': ' || pg_catalog.quote_ident(r.rulename) as name,
    ${parts('pg_catalog.pg_get_ruledef(r.oid)', firing('r.ev_enabled'))} as is
  from pg_catalog.pg_rewrite r join ${joined} on c.oid = r.ev_class where r.rulename <> '_RETURN' and ${ofUser}`;

const statistics = (major: number): string => `
  select ${qualified('sn.nspname', 's.stxname')} as name, ${parts(
    'pg_catalog.pg_get_statisticsobjdef(s.oid)',
    labelled('owner', roleName('s.stxowner')),
    `case when s.stxstattarget >= 0 then 'statistics ' || s.stxstattarget end`,
  )} as is
  from pg_catalog.pg_statistic_ext s join pg_catalog.pg_namespace sn on sn.oid = s.stxnamespace
  where ${userSchema('sn')} and ${notOfExtension('pg_statistic_ext', 's.oid')}${major < 13 ? ' and false' : ''}`;
