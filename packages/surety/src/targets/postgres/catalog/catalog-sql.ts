/** The system's and extensions' own relations are not the user's to guard. */
const ownRelations = `
  c.relkind in ('r', 'p', 'v', 'm', 'f')
  and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
  and not exists (
    select from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')`;

const kind = `case
  when c.relispartition and c.relkind <> 'f' then 'partition'
  else case c.relkind when 'r' then 'table' when 'p' then 'partitioned table' when 'v' then 'view'
    when 'm' then 'materialized view' else 'foreign table' end end`;

const may = (role: string, command: string): string =>
  command === 'delete'
    ? `has_table_privilege(${role}, c.oid, 'delete')`
    : `has_any_column_privilege(${role}, c.oid, '${command}')`;

const commands = ['select', 'insert', 'update', 'delete'] as const;

/** `reachable`: through any role that it may become as well. */
export const relationsSql = `
  with me as (
    select r.oid from pg_catalog.pg_roles r where pg_has_role(session_user, r.oid, 'member'))
  select c.oid as oid, n.nspname as schema, c.relname as name, ${kind} as kind,
    pg_get_userbyid(c.relowner) as owner, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
    coalesce('security_invoker=true' = any(c.reloptions) or 'security_invoker=on' = any(c.reloptions)
      or 'security_invoker=1' = any(c.reloptions) or 'security_invoker=yes' = any(c.reloptions), false)
      as "securityInvoker",
    coalesce((select w.ev_action::text !~ ':(hasAggs|hasWindowFuncs) true' and w.ev_action::text !~ ':rtekind [34]\\M'
        and (select count(*) from regexp_matches(w.ev_action::text, ':rtekind 0 :relid (\\d+)', 'g') as one(relid)
          where one.relid[1] <> c.oid::text) = 1
      from pg_catalog.pg_rewrite w where w.ev_class = c.oid and w.rulename = '_RETURN'), false) as plain,
    array_remove(array[${commands
      .map(
        (command) =>
          `case when has_schema_privilege(session_user, c.relnamespace, 'usage') and ${may('session_user', command)} then '${command}' end`,
      )
      .join(', ')}], null) as grants,
    exists (select from me where has_table_privilege(me.oid, c.oid, 'truncate')) as "mayTruncate",
    exists (select from me where has_table_privilege(me.oid, c.oid, 'trigger')) as "mayTrigger",
    exists (select from me where has_schema_privilege(me.oid, c.relnamespace, 'usage')
      and (${commands.map((command) => may('me.oid', command)).join(' or ')})) as reachable,
    case when c.relkind = 'p' or c.relispartition then array(
      select distinct a.attname::text from pg_catalog.pg_partition_ancestors(c.oid) above
        join pg_catalog.pg_partitioned_table p on p.partrelid = above.relid
        join pg_catalog.pg_attribute a on a.attrelid = p.partrelid and a.attnum = any(p.partattrs::int2[]) order by 1)
      else '{}' end as "placedBy"
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where ${ownRelations}
  order by n.nspname, c.relname`;

/** The same relations by name, from the views that PostgreSQL keeps for people. */
export const relationsAgainSql = `
  with listed as (
    select schemaname as schema, tablename as name from pg_catalog.pg_tables
    union all select schemaname, viewname from pg_catalog.pg_views
    union all select schemaname, matviewname from pg_catalog.pg_matviews
    union all select n.nspname, c.relname from pg_catalog.pg_foreign_table f
      join pg_catalog.pg_class c on c.oid = f.ftrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace)
  select count(*)::int as count from listed
  where schema not like 'pg\\_%' and schema <> 'information_schema'
    and (schema, name) not in (
      select n.nspname, c.relname from pg_catalog.pg_depend d
      join pg_catalog.pg_class c on c.oid = d.objid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where d.classid = 'pg_catalog.pg_class'::regclass and d.deptype = 'e')`;

/** How many of the named tables the role may touch, asked by name. */
export const reachableAgainSql = `
  select count(*)::int as count
  from pg_catalog.pg_tables t join unnest($1::text[], $2::text[]) as wanted(schema, name)
    on t.schemaname = wanted.schema and t.tablename = wanted.name
  where case when not has_schema_privilege(t.schemaname, 'usage') then false
    else has_table_privilege(format('%I.%I', t.schemaname, t.tablename), 'select, insert, update, delete')
      or has_any_column_privilege(format('%I.%I', t.schemaname, t.tablename), 'select, insert, update') end`;

export const columnsSql = `
  with recursive bases as (
    select t.oid, t.oid as base from pg_catalog.pg_type t where t.typtype <> 'd'
    union all select t.oid, b.base from bases b join pg_catalog.pg_type t on t.typtype = 'd' and t.typbasetype = b.oid)
  select c.oid as relation, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
    base.typcategory::text as category, base.typname as base,
    case when t.typtype = 'd' then format_type(base.oid, -1) else format_type(a.atttypid, a.atttypmod) end as bare,
    a.attnotnull as "notNull",
    (a.atthasdef or a.attidentity <> '') as "hasDefault",
    (a.attgenerated <> '' or a.attidentity = 'a') as generated,
    array_remove(array[${['select', 'insert', 'update']
      .map(
        (command) =>
          `case when has_column_privilege(session_user, c.oid, a.attnum, '${command}') then '${command}' end`,
      )
      .join(', ')}], null) as grants,
    array(select e.enumlabel::text from pg_catalog.pg_enum e where e.enumtypid = base.oid order by e.enumsortorder)
      as labels
  from pg_catalog.pg_attribute a
    join pg_catalog.pg_class c on c.oid = a.attrelid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    join pg_catalog.pg_type t on t.oid = a.atttypid join bases on bases.oid = t.oid join pg_catalog.pg_type base on base.oid = bases.base
  where a.attnum > 0 and not a.attisdropped and ${ownRelations}
  order by c.oid, a.attnum`;

/** Names of a relation's columns by their numbers, in their order. */
export const columnNames = (relation: string, numbers: string): string => `array(
    select a.attname::text from unnest(${numbers}) with ordinality as u(number, place)
    join pg_catalog.pg_attribute a on a.attrelid = ${relation} and a.attnum = u.number order by u.place)`;

/** One that points to a partitioned table is stored once more for each partition: those copies are left out. */
export const foreignKeysSql = `
  select k.conrelid as relation, k.confrelid as "to",
    ${columnNames('k.conrelid', 'k.conkey')} as columns, ${columnNames('k.confrelid', 'k.confkey')} as "toColumns",
    k.confdeltype = 'c' as cascades
  from pg_catalog.pg_constraint k
  where k.contype = 'f' and not exists (
    select from pg_catalog.pg_constraint whole where whole.oid = k.conparentid and whole.conrelid = k.conrelid)
  order by k.conrelid, k.conname`;

export const parentsSql = `
  select h.inhrelid as relation, h.inhparent as parent from pg_catalog.pg_inherits h order by 1, h.inhseqno`;

export const uniquesSql = `
  select i.indrelid as relation, ${columnNames('i.indrelid', 'i.indkey::int2[]')} as columns
  from pg_catalog.pg_index i
  where i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null and i.indnkeyatts = i.indnatts
  order by i.indrelid, not i.indisprimary, i.indexrelid`;

/** Foreign keys and the like are triggers too, but `tgisinternal`. */
export const triggersSql = `
  select t.tgrelid as relation, t.tgname as name, l.lanname as language, l.lanpltrusted as trusted,
    t.tgfoid as function, coalesce(p.prosrc, '') as body,
    array_remove(array[case when t.tgtype & 4 > 0 then 'insert' end, case when t.tgtype & 8 > 0 then 'delete' end,
      case when t.tgtype & 16 > 0 then 'update' end], null) as commands
  from pg_catalog.pg_trigger t
    join pg_catalog.pg_proc p on p.oid = t.tgfoid join pg_catalog.pg_language l on l.oid = p.prolang
  where not t.tgisinternal and t.tgenabled <> 'D'
  order by t.tgrelid, t.tgname`;

/** What policies depend on is gathered once for all: asked for each, it would be most of the time. */
export const policiesSql = `
  with needs as (
    select p.oid,
      array_agg(distinct d.refobjid) filter (where d.refclassid = 'pg_catalog.pg_class'::regclass) as reads,
      array_agg(distinct a.attname::text) filter (where a.attname is not null) as columns,
      array_agg(distinct d.refobjid) filter (where d.refclassid = 'pg_catalog.pg_proc'::regclass) as functions
    from pg_catalog.pg_policy p
      join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = p.oid
      left join pg_catalog.pg_attribute a on d.refclassid = 'pg_catalog.pg_class'::regclass
        and a.attrelid = p.polrelid and a.attrelid = d.refobjid and d.refobjsubid > 0 and a.attnum = d.refobjsubid
    group by p.oid)
  select p.polrelid as relation, p.polname as name, p.polpermissive as permissive,
    case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete'
      else 'all' end as command,
    case when 0 = any(p.polroles) then '{}' else
      array(select r.rolname::text from pg_catalog.pg_roles r where r.oid = any(p.polroles) order by 1) end as roles,
    (0 = any(p.polroles) or exists (select from pg_catalog.pg_roles r
      where r.oid = any(p.polroles) and pg_has_role(session_user, r.oid, 'usage'))) as applies,
    (0 = any(p.polroles) or exists (select from pg_catalog.pg_roles r
      where r.oid = any(p.polroles) and pg_has_role(session_user, r.oid, 'member'))) as reachable,
    pg_get_expr(p.polqual, p.polrelid) as using, pg_get_expr(p.polwithcheck, p.polrelid) as check,
    coalesce(n.reads, '{}') as reads, coalesce(n.columns, '{}') as columns, coalesce(n.functions, '{}') as functions
  from pg_catalog.pg_policy p left join needs n on n.oid = p.oid
  order by p.polrelid, p.polname`;

export const functionsSql = `
  select p.oid as oid, p.proname as name, pg_get_functiondef(p.oid) as source,
    l.lanname as language, l.lanpltrusted as trusted, coalesce(nullif(p.prosrc, ''), pg_get_functiondef(p.oid)) as body,
    p.provolatile = 'i' as immutable,
    format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as signature,
    p.pronargs = 0 and not p.proretset and p.prorettype <> 'bool'::regtype as "namesOne"
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_language l on l.oid = p.prolang
  where p.prokind in ('f', 'p') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
    and not exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`;

/**
 * What the application can set off and what then runs as somebody whom row security does not bind: definer
 * functions that it may call, rules other than DO INSTEAD NOTHING, and triggers with definer functions.
 */
export const sideDoorsSql = `
  with me as (
    select r.oid from pg_catalog.pg_roles r where pg_has_role(session_user, r.oid, 'member')),
  exempt as (
    select r.oid, r.rolname from pg_catalog.pg_roles r
    where r.rolsuper or r.rolbypassrls or exists (select from pg_catalog.pg_class c
      where c.relrowsecurity and not c.relforcerowsecurity and pg_has_role(r.oid, c.relowner, 'usage'))),
  own as (
    select c.oid, c.relowner, n.nspname, c.relname, c.relnamespace, c.relkind
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
    where ${ownRelations} and exists (select from me where has_schema_privilege(me.oid, n.oid, 'usage')
      and (${commands.map((command) => may('me.oid', command)).join(' or ')}))),
  definer as (
    select p.*, n.nspname, e.rolname
    from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace join exempt e on e.oid = p.proowner
    where p.prosecdef and p.prokind in ('f', 'p') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
      and not exists (select from pg_catalog.pg_depend d
        where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'))
  select 'function' as kind, false as "onView", f.oid as function, f.nspname as schema,
    f.proname || '(' || pg_get_function_identity_arguments(f.oid) || ')' as name, f.rolname as owner
  from definer f
  where f.prorettype not in ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
    and exists (select from me where has_schema_privilege(me.oid, f.pronamespace, 'usage')
      and has_function_privilege(me.oid, f.oid, 'execute'))
  union all
  select 'rule', false, null, own.nspname, own.relname || '.' || w.rulename, e.rolname
  from pg_catalog.pg_rewrite w join own on own.oid = w.ev_class join exempt e on e.oid = own.relowner
  where w.rulename <> '_RETURN' and w.ev_enabled <> 'D' and w.ev_action::text <> '<>'
  union all
  select 'trigger', own.relkind = 'v', null, own.nspname, own.relname || '.' || t.tgname, f.rolname
  from pg_catalog.pg_trigger t join own on own.oid = t.tgrelid join definer f on f.oid = t.tgfoid
  where not t.tgisinternal and t.tgenabled <> 'D'
  order by 1, 4, 5`;

export const readsFromSql = `
  select distinct w.ev_class as relation, d.refobjid as reads
  from pg_catalog.pg_rewrite w join pg_catalog.pg_depend d
    on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
      and d.refclassid = 'pg_catalog.pg_class'::regclass
  where d.refobjid <> w.ev_class
  order by 1, 2`;

/** Owners of relations, whether row security ever binds them, whose tables they own by inheritance, and all they act as. */
export const ownersSql = `
  with owners as (select distinct c.relowner as oid from pg_catalog.pg_class c
    join pg_catalog.pg_namespace n on n.oid = c.relnamespace where ${ownRelations})
  select r.rolname as owner, (r.rolsuper or r.rolbypassrls) as exempt,
    array(select o.rolname::text from owners join pg_catalog.pg_roles o using (oid)
      where pg_has_role(r.oid, o.oid, 'usage')) as owns,
    array(select o.rolname::text from pg_catalog.pg_roles o where pg_has_role(r.oid, o.oid, 'usage')) as acts
  from owners join pg_catalog.pg_roles r using (oid)`;

/** The shape of the database as text, for a digest: what a proof of tenancy or of privileges rests on. */
export const shapeSql = `
  select jsonb_build_object(
    'relations', (select jsonb_agg(jsonb_build_array(n.nspname, c.relname, c.relkind, pg_get_userbyid(c.relowner),
        c.relrowsecurity, c.relforcerowsecurity, c.reloptions::text, c.relacl::text, c.relispartition,
        case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end) order by n.nspname, c.relname)
      from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where ${ownRelations}),
    'columns', (select jsonb_agg(jsonb_build_array(n.nspname, c.relname, a.attname, format_type(a.atttypid, a.atttypmod),
        a.attnotnull, a.attacl::text, a.attgenerated, a.attidentity) order by n.nspname, c.relname, a.attname)
      from pg_catalog.pg_attribute a join pg_catalog.pg_class c on c.oid = a.attrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace
      where a.attnum > 0 and not a.attisdropped and ${ownRelations}),
    'constraints', (select jsonb_agg(jsonb_build_array(k.conrelid::regclass::text, k.conname, pg_get_constraintdef(k.oid))
        order by k.conrelid::regclass::text, k.conname)
      from pg_catalog.pg_constraint k join pg_catalog.pg_class c on c.oid = k.conrelid
        join pg_catalog.pg_namespace n on n.oid = c.relnamespace where ${ownRelations}),
    'policies', (select jsonb_agg(jsonb_build_array(p.polrelid::regclass::text, p.polname, p.polcmd, p.polpermissive,
        array(select r.rolname from pg_catalog.pg_roles r where r.oid = any(p.polroles) order by 1)::text,
        pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
        order by p.polrelid::regclass::text, p.polname) from pg_catalog.pg_policy p),
    'triggers', (select jsonb_agg(jsonb_build_array(t.tgrelid::regclass::text, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled)
        order by t.tgrelid::regclass::text, t.tgname) from pg_catalog.pg_trigger t where not t.tgisinternal),
    'functions', (select jsonb_agg(jsonb_build_array(n.nspname, pg_get_functiondef(p.oid), pg_get_userbyid(p.proowner), p.proacl::text)
        order by n.nspname, p.proname, p.oid::regprocedure::text)
      from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where p.prokind in ('f', 'p') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
        and not exists (select from pg_catalog.pg_depend d
          where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')),
    'schemas', (select jsonb_agg(jsonb_build_array(n.nspname, pg_get_userbyid(n.nspowner), n.nspacl::text) order by n.nspname)
      from pg_catalog.pg_namespace n where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'),
    'defaults', (select jsonb_agg(jsonb_build_array(pg_get_userbyid(d.defaclrole), d.defaclnamespace::regnamespace::text,
        d.defaclobjtype, d.defaclacl::text) order by 1) from pg_catalog.pg_default_acl d),
    'roles', (select jsonb_agg(jsonb_build_array(r.rolname, r.rolsuper, r.rolinherit, r.rolcreaterole, r.rolcreatedb,
        r.rolcanlogin, r.rolreplication, r.rolbypassrls, r.rolconfig::text) order by r.rolname)
      from pg_catalog.pg_roles r where r.rolname not like 'pg\\_%'),
    'memberships', (select jsonb_agg(jsonb_build_array(pg_get_userbyid(m.roleid), pg_get_userbyid(m.member), m.admin_option)
        order by pg_get_userbyid(m.roleid), pg_get_userbyid(m.member)) from pg_catalog.pg_auth_members m)
  )::text as shape`;
