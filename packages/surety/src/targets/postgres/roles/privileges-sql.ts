/**
 * What roles may really do. Statements start from `reach`: a role, and each role whose rights it has or may take by
 * any chain of memberships. PUBLIC is role 0. A membership counts when it gives anything at all: to inherit, to
 * SET ROLE, or to grant itself the rest.
 */
const reach = (version: number) => `
  with recursive edge as (
    select member, roleid from pg_auth_members
    ${version >= 160_000 ? 'where inherit_option or set_option or admin_option' : ''}
  ), asked(role, oid) as (
    select rolname::text, oid from pg_roles where rolname not like 'pg\\_%'
    union all select 'PUBLIC', 0::oid
  ), reach(role, via) as (
    select role, oid from asked
    union
    select reach.role, edge.roleid from reach join edge on edge.member = reach.via
  ), ours as (
    select oid, nspname::text as schema, nspowner from pg_namespace
    where nspname not like 'pg\\_%' and nspname <> 'information_schema'
  ), relation as (
    select c.oid, schema, c.relname::text as name, c.relkind, c.relowner
    from pg_class c join ours n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
      and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
  ), definer as (
    select p.oid, schema, p.proname::text as name, p.proowner
    from pg_proc p join ours n on n.oid = p.pronamespace
    where p.prosecdef
      and not exists (select from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  )`;

const quoted = (names: readonly string[]) => names.map((name) => `'${name}'`).join(', ');

/**
 * Rows `{ role, kind, schema, name, rights }`. A right to columns is `update (kind, name)`; one that may be passed on
 * ends in ` with grant option`.
 */
export const rightsSql = (version: number, tablePrivileges: readonly string[]) => `${reach(version)},
  whole as (
    select role, r.oid, schema, name, privilege,
      bool_or(via <> r.relowner and has_table_privilege(via, r.oid, privilege || ' with grant option')) as grantable
    from reach cross join relation r cross join unnest(array[${quoted(tablePrivileges)}]) privilege
    where relkind <> 'S' and has_table_privilege(via, r.oid, privilege)
    group by 1, 2, 3, 4, 5
  ), partial as (
    select role, schema, name, privilege || ' (' || string_agg(distinct a.attname, ', ' order by a.attname) || ')' as privilege
    from reach cross join relation r
    join pg_attribute a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped and a.attacl is not null
    cross join unnest(array['select', 'insert', 'update', 'references']) privilege
    where relkind <> 'S' and has_column_privilege(via, r.oid, a.attnum, privilege)
      and not exists (
        select from whole where whole.role = reach.role and whole.oid = r.oid and whole.privilege = privilege.privilege)
    group by role, schema, name, privilege.privilege
  ), held(role, kind, schema, name, privilege) as (
    select role, 'table', schema, name, privilege || case when grantable then ' with grant option' else '' end from whole
    union all select role, 'table', schema, name, privilege from partial
    union all
    select role, 'sequence', schema, name, privilege
    from reach cross join relation r cross join unnest(array['usage', 'select', 'update']) privilege
    where relkind = 'S' and has_sequence_privilege(via, r.oid, privilege)
    union all
    select role, 'function', schema, name, 'execute'
    from reach cross join definer f where has_function_privilege(via, f.oid, 'execute')
    union all
    select role, 'schema', schema, null, privilege
    from reach cross join ours cross join unnest(array['usage', 'create']) privilege
    where has_schema_privilege(via, ours.oid, privilege)
    union all
    select role, 'database', null, null, privilege
    from reach cross join unnest(array['connect', 'temporary', 'create']) privilege
    where has_database_privilege(via, (select oid from pg_database where datname = current_database()), privilege)
  )
  select role, kind, schema, name, array_agg(distinct privilege order by privilege) as rights
  from held group by 1, 2, 3, 4 order by 1, 2, 3, 4`;

/** Rows `{ role, kind, schema, name }` for what a role owns, itself or through another role. */
export const ownedSql = (version: number) => `${reach(version)}
  select distinct role, case relkind when 'S' then 'sequence' else 'table' end as kind, schema, name
  from reach join relation on relowner = via
  union select distinct role, 'function', schema, name from reach join definer on proowner = via
  union select distinct role, 'schema', schema, null from reach join ours on nspowner = via
  order by 1, 2, 3, 4`;

/** Rows `{ role, via }`: the names of all roles that a role is a member of, by any chain. */
export const membershipsSql = (version: number) => `${reach(version)}
  select role, g.rolname::text as via from reach join pg_roles g on g.oid = via
  where g.rolname <> role order by 1, 2`;

/** Every role of the server but the predefined ones. */
export const rolesSql = `
  select rolname::text as name, rolcanlogin as login, rolsuper as superuser, rolcreaterole as "createRole",
    rolcreatedb as "createDb", rolreplication as replication, rolbypassrls as "bypassRls"
  from pg_roles where rolname not like 'pg\\_%' order by 1`;

/** Rows `{ owner, schema, kind, grantee, rights }`: what tables and sequences that an owner makes later give to others. */
export const defaultsSql = `
  select o.rolname::text as owner, n.nspname::text as schema,
    case d.defaclobjtype when 'r' then 'table' else 'sequence' end as kind,
    coalesce(g.rolname::text, 'PUBLIC') as grantee,
    array_agg(lower(a.privilege_type) order by a.privilege_type) as rights
  from pg_default_acl d
  join pg_roles o on o.oid = d.defaclrole
  left join pg_namespace n on n.oid = d.defaclnamespace
  cross join aclexplode(d.defaclacl) a
  left join pg_roles g on g.oid = a.grantee
  where a.grantee <> d.defaclrole and d.defaclobjtype in ('r', 'S')
  group by 1, 2, 3, 4 order by 1, 2, 3, 4`;

/** Rows `{ kind, schema, name }` of everything that rights are compared on. */
export const objectsSql = (version: number) => `${reach(version)}
  select case relkind when 'S' then 'sequence' else 'table' end as kind, schema, name from relation
  union select 'function', schema, name from definer
  union select 'schema', schema, null from ours
  order by 1, 2, 3`;

/**
 * Rows `{ kind, schema, name, target, column, grantee, right, grantable }`: each right as it was given, what PostgreSQL
 * gives by itself included; `target` is the object as GRANT takes it. What owners have by themselves is left out.
 */
export const grantsSql = (version: number) => `${reach(version)},
  given(kind, schema, name, target, "column", owner, acl) as (
    select case r.relkind when 'S' then 'sequence' else 'table' end, schema, name,
      case r.relkind when 'S' then 'sequence ' else 'table ' end || format('%I.%I', schema, name), null, r.relowner,
      coalesce(c.relacl, acldefault(case r.relkind when 'S' then 's' else 'r' end::"char", r.relowner))
    from relation r join pg_class c using (oid)
    union all
    select 'table', schema, name, format('table %I.%I', schema, name), a.attname::text, relowner, a.attacl
    from relation r join pg_attribute a on a.attrelid = r.oid and not a.attisdropped and a.attacl is not null
    union all
    select 'function', schema, name,
      format('function %I.%I(%s)', schema, name, pg_get_function_identity_arguments(f.oid)), null, f.proowner,
      coalesce(p.proacl, acldefault('f', f.proowner))
    from definer f join pg_proc p using (oid)
    union all
    select 'schema', schema, null, format('schema %I', schema), null, o.nspowner,
      coalesce(n.nspacl, acldefault('n', o.nspowner))
    from ours o join pg_namespace n using (oid)
    union all
    select 'database', null, null, format('database %I', datname), null, datdba, coalesce(datacl, acldefault('d', datdba))
    from pg_database where datname = current_database()
  )
  select kind, schema, name, target, "column", coalesce(g.rolname::text, 'PUBLIC') as grantee,
    lower(a.privilege_type) as right, a.is_grantable as grantable
  from given cross join aclexplode(acl) a left join pg_roles g on g.oid = a.grantee
  where a.grantee <> owner order by 1, 2, 3, 5 nulls first, 6, 7`;

/** Rows `{ member, role, options }`: direct memberships, and with which options GRANT gives each back. */
export const edgesSql = (version: number) => `
  select m.rolname::text as member, r.rolname::text as role,
    ${
      version >= 160_000
        ? `format('with admin %s, inherit %s, set %s', e.admin_option::text, e.inherit_option::text, e.set_option::text)`
        : `case when e.admin_option then 'with admin option' else '' end`
    } as options
  from pg_auth_members e join pg_roles m on m.oid = e.member join pg_roles r on r.oid = e.roleid
  order by 1, 2`;

/**
 * Rows `{ grantee, what, rights }`: rights on the server's own things that PostgreSQL did not come with: passwords in
 * `pg_authid`, functions that read files, settings that switch triggers off, foreign servers.
 */
export const serverGrantsSql = (version: number) => `
  with given(grantee, what, privilege) as (
    select a.grantee, 'system table ' || c.oid::regclass::text, a.privilege_type
    from pg_class c cross join aclexplode(c.relacl) a
    where c.relnamespace = 'pg_catalog'::regnamespace and a.grantee <> c.relowner
      and not exists (
        select from pg_init_privs i cross join aclexplode(i.initprivs) b
        where i.classoid = 'pg_class'::regclass and i.objoid = c.oid and i.objsubid = 0
          and b.grantee = a.grantee and b.privilege_type = a.privilege_type)
    union all
    select a.grantee, 'column ' || t.attname || ' of system table ' || t.attrelid::regclass::text, a.privilege_type
    from pg_attribute t join pg_class c on c.oid = t.attrelid cross join aclexplode(t.attacl) a
    where c.relnamespace = 'pg_catalog'::regnamespace
      and not exists (
        select from pg_init_privs i cross join aclexplode(i.initprivs) b
        where i.classoid = 'pg_class'::regclass and i.objoid = c.oid and i.objsubid = t.attnum
          and b.grantee = a.grantee and b.privilege_type = a.privilege_type)
    union all
    select a.grantee, 'system function ' || p.proname, a.privilege_type
    from pg_proc p cross join aclexplode(p.proacl) a
    where a.grantee <> p.proowner
      -- The server's and extensions'. Without a list of its own a function is everyone's from the start.
      and exists (select from pg_init_privs i where i.classoid = 'pg_proc'::regclass and i.objoid = p.oid)
      and not exists (
        select from pg_init_privs i cross join aclexplode(i.initprivs) b
        where i.classoid = 'pg_proc'::regclass and i.objoid = p.oid
          and b.grantee = a.grantee and b.privilege_type = a.privilege_type)
    union all
    select a.grantee, 'system schema ' || n.nspname, a.privilege_type
    from pg_namespace n cross join aclexplode(n.nspacl) a
    where (n.nspname like 'pg\\_%' or n.nspname = 'information_schema') and a.grantee <> n.nspowner
      -- Usage alone gives no data, and everyone has it.
      and a.privilege_type = 'CREATE'
    union all
    select a.grantee, 'foreign data wrapper ' || fdwname, a.privilege_type
    from pg_foreign_data_wrapper cross join aclexplode(fdwacl) a where a.grantee <> fdwowner
    union all
    select a.grantee, 'foreign server ' || srvname, a.privilege_type
    from pg_foreign_server cross join aclexplode(srvacl) a where a.grantee <> srvowner
    ${
      version >= 150_000
        ? "union all select a.grantee, 'setting ' || parname, a.privilege_type from pg_parameter_acl cross join aclexplode(paracl) a where a.grantee <> 10"
        : ''
    }
  )
  select coalesce(g.rolname::text, 'PUBLIC') as grantee, what, array_agg(distinct lower(privilege) order by lower(privilege)) as rights
  from given left join pg_roles g on g.oid = given.grantee group by 1, 2 order by 1, 2`;
