import {
  anyRoleName,
  beyondDump,
  type CatalogQuery,
  digest,
  grants,
  grantsIn,
  identity,
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

/** What all else stands in: schemas, extensions, default privileges, publications, comments. */
export function surroundingQueries(source: Source): readonly CatalogQuery[] {
  return [
    { kind: 'schema', sql: schemas },
    { kind: 'extension', sql: extensions },
    { kind: 'extension version', sql: extensionVersions },
    { kind: 'extension member', sql: extensionMembers },
    { kind: 'beyond a dump', sql: beyondDumps },
    { kind: 'event trigger', sql: eventTriggers },
    { kind: 'publication', sql: publications(source.major) },
    { kind: 'subscription', sql: subscriptions },
    { kind: 'default privileges', sql: defaultPrivileges },
    { kind: 'changed grants', sql: changedGrants },
    { kind: 'comment', sql: comments(source) },
    { kind: 'security label', sql: securityLabels(source) },
  ];
}

/** `public` belongs to whoever ran initdb, up to 14. */
const schemas = `
  select pg_catalog.quote_ident(n.nspname) as name, case n.nspname when 'public' then ${parts(
    labelled('owner', anyRoleName('n.nspowner')),
    labelled('grants', grantsIn(`coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))`, anyRoleName)),
  )} else ${parts(
    labelled('owner', roleName('n.nspowner')),
    labelled('grants', grants('n.nspacl', 'n', 'n.nspowner')),
  )} end as is
  from pg_catalog.pg_namespace n where ${userSchema('n')} and ${notOfExtension('pg_namespace', 'n.oid')}`;

/** Who restores owns them: no dump says who did. */
const extensions = `
  select pg_catalog.quote_ident(e.extname) as name, 'in ' || pg_catalog.quote_ident(n.nspname) as is
  from pg_catalog.pg_extension e join pg_catalog.pg_namespace n on n.oid = e.extnamespace`;

const extensionVersions = `
  select pg_catalog.quote_ident(e.extname) as name, e.extversion as is from pg_catalog.pg_extension e`;

/** What somebody added to an extension by hand is in no dump, and does not come back with it. */
const extensionMembers = `
  select pg_catalog.quote_ident(e.extname) || ': ' || i.type || ' ' || i.identity as name, '' as is
  from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid,
    lateral pg_catalog.pg_identify_object(d.classid, d.objid, d.objsubid) i
  where d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass and d.deptype = 'e' and i.identity is not null`;

/** Relations that a superuser made among those of the server: pg_dump passes over them, and a copy will lack them. */
const beyondDumps = `
  select ${qualified('n.nspname', 'c.relname')} as name, 'in a schema of the server' as is
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace where ${beyondDump}`;

const eventTriggers = `
  select pg_catalog.quote_ident(e.evtname) as name, ${parts(
    labelled('owner', roleName('e.evtowner')),
    labelled('on', 'e.evtevent'),
    labelled(
      'when',
      `(select pg_catalog.string_agg(t, ', ' order by t collate "C") from pg_catalog.unnest(e.evttags) t)`,
    ),
    labelled('calls', 'e.evtfoid::pg_catalog.regprocedure'),
    `case e.evtenabled when 'D' then 'disabled' when 'R' then 'on replicas' when 'A' then 'always' end`,
  )} as is
  from pg_catalog.pg_event_trigger e where ${notOfExtension('pg_event_trigger', 'e.oid')}`;

const publications = (major: number): string => `
  select pg_catalog.quote_ident(p.pubname) as name, ${parts(
    labelled('owner', roleName('p.pubowner')),
    when('p.puballtables', 'all tables'),
    when('p.pubinsert', 'insert'),
    when('p.pubupdate', 'update'),
    when('p.pubdelete', 'delete'),
    when('p.pubtruncate', 'truncate'),
    when('p.pubviaroot', 'by root'),
    ...(major >= 18 ? [labelled('generated', 'p.pubgencols')] : []),
    labelled(
      'of',
      `(select pg_catalog.string_agg(r.prrelid::pg_catalog.regclass::text${
        major >= 15
          ? ` || coalesce(' (' || (select pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' order by a.attname collate "C")
              from pg_catalog.pg_attribute a where a.attrelid = r.prrelid and a.attnum = any(r.prattrs)) || ')', '')
              || coalesce(' where ' || pg_catalog.pg_get_expr(r.prqual, r.prrelid), '')`
          : ''
      }, ', ' order by r.prrelid::pg_catalog.regclass::text collate "C") from pg_catalog.pg_publication_rel r where r.prpubid = p.oid)`,
    ),
    ...(major >= 15
      ? [
          labelled(
            'schemas',
            `(select pg_catalog.string_agg(s.pnnspid::pg_catalog.regnamespace::text, ', ' order by s.pnnspid::pg_catalog.regnamespace::text collate "C")
              from pg_catalog.pg_publication_namespace s where s.pnpubid = p.oid)`,
          ),
        ]
      : []),
  )} as is from pg_catalog.pg_publication p`;

/** A dump brings them back switched off, and does not say where they read from. */
const subscriptions = `
  select pg_catalog.quote_ident(s.subname) as name, ${parts(
    labelled('owner', roleName('s.subowner')),
    labelled(
      'of',
      `(select pg_catalog.string_agg(p, ', ' order by p collate "C") from pg_catalog.unnest(s.subpublications) p)`,
    ),
  )} as is
  from pg_catalog.pg_subscription s
  where s.subdbid = (select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())`;

/** Those without a schema stand in place of the built-in ones; those of a schema add to them. */
const defaultPrivileges = `
  select ${roleName('d.defaclrole')} || ': ' || case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences'
      when 'f' then 'functions' when 'T' then 'types' when 'n' then 'schemas' else 'large objects' end
      || coalesce(' in ' || pg_catalog.quote_ident(n.nspname), '') as name,
    ${grantsIn('d.defaclacl', roleName)} as is
  from pg_catalog.pg_default_acl d left join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace
  where d.defaclnamespace = 0 or n.oid is not null`;

/** Settings that others than superusers may change; whoever ran initdb may anyway. */
const parameterGrants = `
  select case a.grantee when 0 then 'public' else ${roleName('a.grantee')} end as name,
    pg_catalog.string_agg(p.parname || ' ' || pg_catalog.lower(a.privilege_type) || case when a.is_grantable then '*' else '' end, ', '
      order by p.parname collate "C", a.privilege_type collate "C") as is
  from pg_catalog.pg_parameter_acl p, pg_catalog.aclexplode(p.paracl) a where a.grantee <> 10 group by a.grantee`;

const changed = (catalog: string, oid: string, acl: string, type: string, owner: string): string => {
  const first = `coalesce(i.initprivs, pg_catalog.acldefault(${type}, ${owner}))`;
  const now = `coalesce(${acl}, pg_catalog.acldefault(${type}, ${owner}))`;
  const then = `(select array_agg(x order by x.grantee, x.grantor, x.privilege_type) from pg_catalog.aclexplode(${first}) x)`;
  const since = `(select array_agg(x order by x.grantee, x.grantor, x.privilege_type) from pg_catalog.aclexplode(${now}) x)`;
  return `select ${identity(catalog, oid)} as name, ${grantsIn(now, anyRoleName)} as is
    from pg_catalog.${catalog} o left join pg_catalog.pg_init_privs i
      on i.classoid = 'pg_catalog.${catalog}'::pg_catalog.regclass and i.objoid = ${oid} and i.objsubid = 0
    where (${acl} is not null or i.initprivs is not null) and (${oid} < 16384 or not ${notOfExtension(catalog, oid)})
      and ${then} is distinct from ${since}`;
};

/** Of what initdb or an extension made: somebody gave or took afterwards. */
const changedGrants = `
  ${changed('pg_proc', 'o.oid', 'o.proacl', `'f'`, 'o.proowner')}
  union all
  ${changed('pg_class', 'o.oid', 'o.relacl', `case o.relkind when 'S' then 's' else 'r' end::"char"`, 'o.relowner')}
  union all
  ${changed('pg_type', 'o.oid', 'o.typacl', `'T'`, 'o.typowner')}
  union all
  ${changed('pg_language', 'o.oid', 'o.lanacl', `'l'`, 'o.lanowner')}
  union all
  select * from (${changed('pg_namespace', 'o.oid', 'o.nspacl', `'n'`, 'o.nspowner')}) n where n.name <> 'public'`;

/** The text itself may be long and says nothing about safety. */
const comments = (source: Source): string => `
  select i.type || ' ' || i.identity as name, ${digest('d.description', source)} as is
  from pg_catalog.pg_description d,
    lateral pg_catalog.pg_identify_object(d.classoid, d.objoid, d.objsubid) i
  where (d.objoid >= 16384 or i.type = 'extension' or (i.type = 'schema' and i.identity = 'public'))
    and coalesce(i.schema, '') !~ '^pg_(toast|temp)'
    and not exists (select from pg_catalog.pg_depend made where made.classid = d.classoid and made.objid = d.objoid and made.deptype = 'e')`;

const securityLabels = (source: Source): string => `
  select l.provider || ' ' || i.type || ' ' || i.identity as name, ${digest('l.label', source)} as is
  from pg_catalog.pg_seclabel l, lateral pg_catalog.pg_identify_object(l.classoid, l.objoid, l.objsubid) i
  where not exists (select from pg_catalog.pg_depend made where made.classid = l.classoid and made.objid = l.objoid and made.deptype = 'e')`;

/** Roles belong to the whole server, and so does what is said of them. */
export function roleQueries(source: Source): readonly CatalogQuery[] {
  const hers = `r.rolname !~ '^pg_'`;
  const grantor = `case m.grantor when 10 then null else ${roleName('m.grantor')} end`;
  return [
    {
      kind: 'role',
      sql: `select pg_catalog.quote_ident(r.rolname) as name, ${parts(
        when('r.rolsuper', 'superuser'),
        `case when r.rolcanlogin then 'login' else 'nologin' end`,
        when('not r.rolinherit', 'noinherit'),
        when('r.rolcreaterole', 'createrole'),
        when('r.rolcreatedb', 'createdb'),
        when('r.rolreplication', 'replication'),
        when('r.rolbypassrls', 'bypassrls'),
        `case when r.rolconnlimit >= 0 then 'at most ' || r.rolconnlimit end`,
        labelled('until', 'r.rolvaliduntil'),
      )} as is from pg_catalog.pg_roles r where ${hers}`,
    },
    {
      kind: 'role setting',
      sql: `select pg_catalog.quote_ident(r.rolname) as name, ${options('s.setconfig')} as is
        from pg_catalog.pg_db_role_setting s join pg_catalog.pg_roles r on r.oid = s.setrole where s.setdatabase = 0 and ${hers}`,
    },
    {
      kind: 'membership',
      sql: `select ${roleName('m.member')} || ' in ' || ${roleName('m.roleid')} as name,
        pg_catalog.string_agg(${parts(
          `'member'`,
          when('m.admin_option', 'admin'),
          ...(source.major >= 16
            ? [when('not m.inherit_option', 'noinherit'), when('not m.set_option', 'noset')]
            : []),
          labelled('by', grantor),
        )}, ' + ' order by m.grantor::pg_catalog.regrole::text collate "C") as is
        from pg_catalog.pg_auth_members m
        where not (m.member::pg_catalog.regrole::text ~ '^pg_' and m.roleid::pg_catalog.regrole::text ~ '^pg_')
        group by m.member, m.roleid`,
    },
    {
      kind: 'role comment',
      sql: `select pg_catalog.quote_ident(r.rolname) as name, ${digest('d.description', source)} as is
        from pg_catalog.pg_shdescription d join pg_catalog.pg_roles r on r.oid = d.objoid
        where d.classoid = 'pg_catalog.pg_authid'::pg_catalog.regclass and ${hers}`,
    },
    ...(source.major >= 15 ? [{ kind: 'parameter grants', sql: parameterGrants }] : []),
  ];
}

/** Only for who may read them. The digest is that of what the server keeps, which is a hash already. */
export const passwordQuery = (source: Source): CatalogQuery => ({
  kind: 'role password',
  sql: `select pg_catalog.quote_ident(a.rolname) as name, ${digest('a.rolpassword', source)} as is
    from pg_catalog.pg_authid a where a.rolpassword is not null and a.rolname !~ '^pg_'`,
});
