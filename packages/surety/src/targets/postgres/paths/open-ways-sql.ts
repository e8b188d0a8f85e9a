/**
 * What lets somebody past row security, or lets him put himself there. Statements start from `me`: the role that logs in,
 * whatever it is afterwards, and every role that it may become by any chain of memberships. Each gives rows `{ found }`, in
 * words and names; none where there is nothing of the kind.
 */
const me = `
  with me as (
    select r.oid, r.rolname::text as name,
      case when r.rolname = session_user then '' else 'as ' || r.rolname || ': ' end as says
    from pg_catalog.pg_roles r where pg_has_role(session_user, r.oid, 'member')),
  ours as (
    select n.oid, n.nspname::text as name, n.nspowner from pg_catalog.pg_namespace n
    where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'),
  routine as (
    select p.*, ours.name as schema,
      case when ours.name = 'public' then '' else ours.name || '.' end || p.proname || '('
        || pg_get_function_identity_arguments(p.oid) || ')' as label
    from pg_catalog.pg_proc p join ours on ours.oid = p.pronamespace
    where not exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'))`;

const relationLabel = `case when ours.name = 'public' then '' else ours.name || '.' end || c.relname`;

export const powersSql = `${me}
  select me.says || power as found
  from me join pg_catalog.pg_roles r using (oid),
    lateral (values (r.rolsuper, 'superuser'), (r.rolbypassrls, 'bypasses row security'), (r.rolcreaterole, 'may make roles'),
      (r.rolreplication, 'may read the stream of all changes')) powers(held, power)
  where held order by 1`;

/** Predefined roles that read or write past every table. */
export const predefinedSql = `${me}
  select 'a member of ' || me.name as found from me
  where me.name in ('pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program', 'pg_create_subscription')
  order by 1`;

export const ownedSql = `${me},
  owned(owner, what, label) as (
    select c.relowner, 'table', ${relationLabel} from pg_catalog.pg_class c join ours on ours.oid = c.relnamespace
      where c.relkind in ('r', 'p')
    union all select nspowner, 'schema', name from ours
    union all select d.datdba, 'database', 'this one' from pg_catalog.pg_database d where d.datname = current_database()
    union all select r.proowner, 'function that policies ask', r.label from routine r where exists (
      select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_policy'::regclass
        and d.refclassid = 'pg_catalog.pg_proc'::regclass and d.refobjid = r.oid)
    union all select r.proowner, 'function that triggers call', r.label from routine r
      where exists (select from pg_catalog.pg_trigger t where t.tgfoid = r.oid)
        or exists (select from pg_catalog.pg_event_trigger e where e.evtfoid = r.oid))
  select me.says || 'owns ' || what || ' ' || min(label) || case when count(*) > 1 then ' and ' || count(*) - 1 || ' more' else '' end
    as found
  from owned join me on me.oid = owned.owner group by me.says, what order by 1`;

/** Tables made later, open before anybody writes a policy; unless something looks at every new table. */
export const defaultsSql = `${me}
  select 'tables that ' || pg_get_userbyid(d.defaclrole) || ' makes' || coalesce(' in ' || n.nspname, '') || ': '
    || string_agg(distinct lower(a.privilege_type), ', ') || ' for ' || coalesce(g.rolname::text, 'everyone') as found
  from pg_catalog.pg_default_acl d cross join aclexplode(d.defaclacl) a
    left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace left join pg_catalog.pg_roles g on g.oid = a.grantee
  where d.defaclobjtype = 'r' and a.grantee <> d.defaclrole and (a.grantee = 0 or a.grantee in (select oid from me))
    and a.privilege_type in ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
    and not exists (select from pg_catalog.pg_event_trigger e where e.evtevent = 'ddl_command_end' and e.evtenabled <> 'D'
      and (e.evttags is null or 'CREATE TABLE' = any(e.evttags)))
  group by d.defaclrole, n.nspname, g.rolname order by 1`;

export const elsewhereSql = `${me}
  select distinct me.says || 'may use foreign server ' || s.srvname as found
  from me join pg_catalog.pg_foreign_server s on has_server_privilege(me.oid, s.oid, 'usage')
  union select 'is mapped to a user of foreign server ' || m.srvname from pg_catalog.pg_user_mappings m
    where m.umuser = 0 or m.umuser in (select oid from me)
  union select distinct me.says || 'may call ' || p.proname || ', which opens sessions of its own'
    from me join pg_catalog.pg_proc p on p.proname in ('dblink', 'dblink_connect', 'dblink_connect_u', 'dblink_exec', 'dblink_open')
      and has_function_privilege(me.oid, p.oid, 'execute')
      and has_schema_privilege(me.oid, p.pronamespace, 'usage')
  order by 1`;

/** Functions that read or write below tables, and definer functions that call one. */
export const storageSql = `${me}
  select distinct me.says || 'may call ' || p.proname as found
  from me join pg_catalog.pg_proc p on has_function_privilege(me.oid, p.oid, 'execute')
    and case when p.pronamespace = 'pg_catalog'::regnamespace
      then p.proname in ('pg_read_file', 'pg_read_binary_file', 'pg_ls_dir', 'lo_import', 'lo_export')
      else (p.proname like 'pg\\_file\\_%' or p.proname like 'pg\\_get\\_wal\\_%') and exists (
        select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e') end
  union select distinct me.says || 'may call ' || r.label || ', which reads below tables as ' || pg_get_userbyid(r.proowner)
    from me join routine r on r.prosecdef and has_function_privilege(me.oid, r.oid, 'execute')
      and r.prosrc ~* '\\m(get_raw_page|heap_page_items|bt_page_items|pg_read_(binary_)?file|pg_ls_dir|pg_get_wal_\\w+|lo_get|loread)\\M'
  union select distinct me.says || 'may call ' || r.label || ', which is ' || l.lanname || ' code and may do anything'
    from me join routine r on has_function_privilege(me.oid, r.oid, 'execute')
      join pg_catalog.pg_language l on l.oid = r.prolang and not l.lanpltrusted
  order by 1`;

/** The server's own tables that hold values of every tenant's rows, or what opens other sessions. */
export const systemTablesSql = `${me}
  select distinct me.says || 'may read ' || t.name || ', ' || t.holds as found
  from me, (values ('pg_statistic', 'samples of every column'), ('pg_statistic_ext_data', 'samples of every column'),
    ('pg_largeobject', 'every large object'), ('pg_authid', 'password hashes'), ('pg_user_mapping', 'passwords of other servers'))
    t(name, holds)
  where has_table_privilege(me.oid, 'pg_catalog.' || t.name, 'select')
  order by 1`;

/** Where what it makes would be found before, or beside, what is meant. */
export const schemasSql = `${me}
  select distinct me.says || 'may create in schema ' || ours.name as found
  from me join ours on has_schema_privilege(me.oid, ours.oid, 'create')
  where ours.name = any(current_schemas(false)) or exists (
    select from pg_catalog.pg_class c where c.relnamespace = ours.oid and c.relkind in ('r', 'p', 'v', 'm', 'f'))
  order by 1`;

export const leakproofSql = `${me}
  select label || ' is marked leakproof: it may see rows before policies do' as found from routine where proleakproof order by 1`;

export const settingsSql = (version: number): string =>
  version < 150_000
    ? 'select null::text as found where false'
    : `${me}
  select distinct me.says || 'may set ' || p.parname as found from me join pg_catalog.pg_parameter_acl p
    on has_parameter_privilege(me.oid, p.parname, 'set') order by 1`;

/** DROP OWNED BY takes a role off the policies that name it; off a restrictive one, that takes the floor away. */
export const namedInFloorsSql = `${me}
  select distinct 'policy ' || w.polname || ' on ' || ${relationLabel} || ' names ' || me.name as found
  from pg_catalog.pg_policy w join me on me.oid = any(w.polroles) join pg_catalog.pg_class c on c.oid = w.polrelid
    join ours on ours.oid = c.relnamespace
  where not w.polpermissive order by 1`;

/** Large objects have no rows, no tenant and no policies. */
export const largeObjectsSql = `${me}
  select count(*) || ' that any tenant may read' as found from pg_catalog.pg_largeobject_metadata m
  where (current_setting('lo_compat_privileges') = 'on' or m.lomowner in (select oid from me) or exists (
      select from aclexplode(m.lomacl) a where a.privilege_type = 'SELECT' and (a.grantee = 0 or a.grantee in (select oid from me))))
    and exists (select from me where has_function_privilege(me.oid, 'pg_catalog.lo_get(oid)', 'execute')
      or has_function_privilege(me.oid, 'pg_catalog.lo_open(oid, integer)', 'execute'))
  having count(*) > 0`;

/** Whether it may make a table (`temporary`) or anything (`create`) that a name without a schema could find. */
export const makingSql = `${me}
  select coalesce(bool_or(has_database_privilege(me.oid, current_database(), 'temporary')), false) as temporary,
    coalesce(bool_or(has_database_privilege(me.oid, current_database(), 'create')
      or exists (select from ours where has_schema_privilege(me.oid, ours.oid, 'create'))), false) as creates
  from me`;

/**
 * Functions that run as somebody else, or that policies ask, whose names are looked up on the path of whoever calls:
 * `temporary` objects come first there, unless the path ends in pg_temp.
 */
export const unpinnedSql = `${me}
  select r.label, r.prosecdef as definer, r.prosrc as source
  from routine r join pg_catalog.pg_language l on l.oid = r.prolang and l.lanname in ('sql', 'plpgsql')
  where pg_get_functiondef(r.oid) !~* '\\n(begin atomic|return )' and r.prokind in ('f', 'p')
    and not exists (select from unnest(r.proconfig) entry where entry ~ '^search_path=' and entry ~ '(=""|pg_temp"?)\\s*$')
    and (r.prosecdef and exists (select from me where has_function_privilege(me.oid, r.oid, 'execute'))
      or exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_policy'::regclass
        and d.refclassid = 'pg_catalog.pg_proc'::regclass and d.refobjid = r.oid))
  order by 1`;
