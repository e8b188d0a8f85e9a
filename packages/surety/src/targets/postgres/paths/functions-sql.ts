/**
 * Functions and procedures outside of the system's and extensions' own that run as somebody else than their caller, or
 * with settings of their own, and that the role may call as it stands (`direct`) or as a role that it may become.
 */
export const functionsSql = `
  with me as (
    select r.oid from pg_catalog.pg_roles r where pg_has_role(session_user, r.oid, 'member'))
  select p.oid as oid, n.nspname as schema, p.proname as name,
    pg_get_function_identity_arguments(p.oid) as arguments, pg_get_userbyid(p.proowner) as owner,
    p.prokind::text as kind, p.prosecdef as definer, p.provolatile::text as volatility, l.lanname as language,
    l.lanpltrusted as trusted, p.prorettype::regtype::text as returns,
    p.pronargdefaults as defaults, p.provariadic <> 0 as variadic, coalesce(p.proconfig, '{}') as settings,
    has_schema_privilege(session_user, n.oid, 'usage') and has_function_privilege(session_user, p.oid, 'execute') as direct,
    coalesce((select jsonb_agg(jsonb_build_object('name', coalesce(p.proargnames[place], ''), 'type', format_type(t.oid, null),
        'base', t.typname, 'category', t.typcategory::text) order by place)
      from unnest(p.proargtypes::oid[]) with ordinality as u(type, place) join pg_catalog.pg_type t on t.oid = u.type), '[]')
      as inputs
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_language l on l.oid = p.prolang
  where p.prokind in ('f', 'p') and (p.prosecdef or p.proconfig is not null)
    and p.prorettype not in ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
    and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
    and exists (select from me where has_schema_privilege(me.oid, n.oid, 'usage')
      and has_function_privilege(me.oid, p.oid, 'execute'))
    and not exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
  order by n.nspname, p.proname, arguments`;

/** Every function of the user's with its text, for what the others call by name. */
export const sourcesSql = `
  select p.proname as name, l.lanname as language, l.lanpltrusted as trusted,
    case when p.prokind in ('f', 'p') then pg_get_functiondef(p.oid) else '' end as source, p.oid as oid
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
    join pg_catalog.pg_language l on l.oid = p.prolang
  where n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
    and not exists (select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')`;

/** Of each owner: whether row security binds it at all, and which permissive policies let it in. */
export const ownersBoundSql = `
  select r.rolname as owner,
    (r.rolsuper or r.rolbypassrls or exists (select from pg_catalog.pg_class c
      where c.relrowsecurity and not c.relforcerowsecurity and pg_has_role(r.oid, c.relowner, 'usage'))) as exempt,
    array(select o.rolname::text from pg_catalog.pg_roles o where pg_has_role(r.oid, o.oid, 'usage')) as acts
  from pg_catalog.pg_roles r where r.rolname = any($1::text[])`;
