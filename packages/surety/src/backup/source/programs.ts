import {
  type CatalogQuery,
  digest,
  grants,
  identity,
  labelled,
  notOfExtension,
  options,
  parts,
  qualified,
  roleName,
  type Source,
  userSchema,
} from './sql.ts';

/** What runs, and the types that it works on: routines, types, operators, casts, languages, text search. */
export function programQueries({ major }: Source): readonly CatalogQuery[] {
  return [
    { kind: 'routine', sql: routines },
    { kind: 'aggregate', sql: aggregates },
    { kind: 'type', sql: types(major) },
    { kind: 'enum', sql: enums },
    { kind: 'range', sql: ranges },
    { kind: 'operator', sql: operators },
    { kind: 'operator class', sql: operatorClasses },
    { kind: 'operator family', sql: operatorFamilies },
    { kind: 'cast', sql: casts },
    { kind: 'conversion', sql: conversions },
    { kind: 'collation', sql: collations(major) },
    { kind: 'transform', sql: transforms },
    { kind: 'language', sql: languages },
    { kind: 'access method', sql: accessMethods },
    { kind: 'text search', sql: textSearch },
  ];
}

const owner = (oid: string): string => labelled('owner', roleName(oid));
/** Made after initdb: casts and languages have no schema that would tell. */
const ofUser = (oid: string): string => `${oid} >= 16384`;

/** Not the constructors of ranges, which come with their type and belong to whoever ran initdb. */
const routines = `
  select ${identity('pg_proc', 'p.oid')} as name, ${parts(
    owner('p.proowner'),
    labelled('grants', grants('p.proacl', 'f', 'p.proowner')),
    'pg_catalog.pg_get_functiondef(p.oid)',
  )} as is
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where p.prokind <> 'a' and ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}
    and not exists (select from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
      and d.objid = p.oid and d.deptype = 'i')`;

const aggregates = `
  select ${identity('pg_proc', 'p.oid')} as name, ${parts(
    owner('p.proowner'),
    labelled('grants', grants('p.proacl', 'f', 'p.proowner')),
    labelled('returns', 'pg_catalog.format_type(p.prorettype, null)'),
    labelled('parallel', 'p.proparallel'),
    `pg_catalog.concat_ws(' ', 'by', a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn, a.aggdeserialfn, a.aggmtransfn,
       a.aggminvtransfn, a.aggmfinalfn, a.aggfinalextra, a.aggmfinalextra, a.aggfinalmodify, a.aggmfinalmodify,
       a.aggkind, a.aggnumdirectargs, pg_catalog.format_type(a.aggtranstype, null), a.aggtransspace,
       pg_catalog.format_type(nullif(a.aggmtranstype, 0), null), a.aggmtransspace)`,
    labelled('sorted by', 'nullif(a.aggsortop, 0)::pg_catalog.regoperator'),
    labelled('from', 'a.agginitval'),
    labelled('moving from', 'a.aggminitval'),
  )} as is
  from pg_catalog.pg_aggregate a join pg_catalog.pg_proc p on p.oid = a.aggfnoid
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where ${userSchema('n')} and ${notOfExtension('pg_proc', 'p.oid')}`;

/** Not the row types of tables, nor what belongs to a type: its array, its multirange. */
const types = (major: number): string => `
  select ${qualified('n.nspname', 't.typname')} as name, ${parts(
    `case t.typtype when 'b' then 'base type' when 'c' then 'composite type' when 'd' then 'domain' when 'e' then 'enum'
       when 'r' then 'range' else 'shell' end`,
    owner('t.typowner'),
    labelled('grants', grants('t.typacl', 'T', 't.typowner')),
    `case t.typtype when 'd' then 'over ' || pg_catalog.format_type(t.typbasetype, t.typtypmod) end`,
    `case when t.typtype = 'd' and t.typnotnull then 'not null' end`,
    labelled('default', 'coalesce(pg_catalog.pg_get_expr(t.typdefaultbin, 0), t.typdefault)'),
    labelled(
      'collate',
      `(select ${qualified('cn.nspname', 'o.collname')} from pg_catalog.pg_collation o
        join pg_catalog.pg_namespace cn on cn.oid = o.collnamespace
        left join pg_catalog.pg_type over on over.oid = t.typbasetype
        where t.typtype = 'd' and o.oid = t.typcollation and t.typcollation <> over.typcollation)`,
    ),
    `case t.typtype when 'b' then pg_catalog.concat_ws(' ', 'by', t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin,
       t.typmodout, t.typanalyze, ${major >= 14 ? 't.typsubscript, ' : ''}t.typlen, t.typbyval, t.typcategory, t.typispreferred,
       t.typdelim, t.typalign, t.typstorage) end`,
  )} as is
  from pg_catalog.pg_type t join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  left join pg_catalog.pg_class c on c.oid = t.typrelid
  where ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')} and t.typtype <> 'm'
    and (t.typrelid = 0 or c.relkind = 'c') and (c.oid is null or ${notOfExtension('pg_class', 'c.oid')})
    and not exists (select from pg_catalog.pg_type e where e.typarray = t.oid)`;

const enums = `
  select ${qualified('n.nspname', 't.typname')} as name,
    pg_catalog.string_agg(pg_catalog.quote_literal(e.enumlabel), ', ' order by e.enumsortorder) as is
  from pg_catalog.pg_enum e join pg_catalog.pg_type t on t.oid = e.enumtypid
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')} group by t.oid, n.nspname, t.typname`;

const ranges = `
  select ${qualified('n.nspname', 't.typname')} as name, ${parts(
    'pg_catalog.format_type(r.rngsubtype, null)',
    identity('pg_opclass', 'r.rngsubopc'),
    labelled('collate', 'nullif(r.rngcollation, 0)::pg_catalog.regcollation'),
    labelled('canonical', 'nullif(r.rngcanonical::oid, 0)::pg_catalog.regprocedure'),
    labelled('difference', 'nullif(r.rngsubdiff::oid, 0)::pg_catalog.regprocedure'),
  )} as is
  from pg_catalog.pg_range r join pg_catalog.pg_type t on t.oid = r.rngtypid
  join pg_catalog.pg_namespace n on n.oid = t.typnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_type', 't.oid')}`;

const operators = `
  select ${identity('pg_operator', 'o.oid')} as name, ${parts(
    owner('o.oprowner'),
    `'by ' || o.oprcode`,
    labelled('commutator', 'nullif(o.oprcom, 0)::pg_catalog.regoperator'),
    labelled('negator', 'nullif(o.oprnegate, 0)::pg_catalog.regoperator'),
    labelled('restrict', 'nullif(o.oprrest::oid, 0)::pg_catalog.regproc'),
    labelled('join', 'nullif(o.oprjoin::oid, 0)::pg_catalog.regproc'),
    `pg_catalog.concat_ws(' ', case when o.oprcanmerge then 'merges' end, case when o.oprcanhash then 'hashes' end)`,
  )} as is
  from pg_catalog.pg_operator o join pg_catalog.pg_namespace n on n.oid = o.oprnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_operator', 'o.oid')}`;

const operatorClasses = `
  select ${identity('pg_opclass', 'o.oid')} as name, ${parts(
    owner('o.opcowner'),
    labelled('family', identity('pg_opfamily', 'o.opcfamily')),
    labelled('of', 'pg_catalog.format_type(o.opcintype, null)'),
    `case when o.opcdefault then 'default' end`,
    labelled('keeps', 'pg_catalog.format_type(nullif(o.opckeytype, 0), null)'),
  )} as is
  from pg_catalog.pg_opclass o join pg_catalog.pg_namespace n on n.oid = o.opcnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_opclass', 'o.oid')}`;

const operatorFamilies = `
  select ${identity('pg_opfamily', 'f.oid')} as name, ${parts(
    owner('f.opfowner'),
    `(select pg_catalog.string_agg(o.amopstrategy || ' ' || o.amopopr::pg_catalog.regoperator || ' ' || o.amoppurpose::text, ', '
       order by o.amopstrategy, o.amopopr::pg_catalog.regoperator::text collate "C")
       from pg_catalog.pg_amop o where o.amopfamily = f.oid)`,
    `(select pg_catalog.string_agg(s.amprocnum || ' ' || s.amproc::pg_catalog.regprocedure, ', '
       order by s.amprocnum, s.amproc::pg_catalog.regprocedure::text collate "C")
       from pg_catalog.pg_amproc s where s.amprocfamily = f.oid)`,
  )} as is
  from pg_catalog.pg_opfamily f join pg_catalog.pg_namespace n on n.oid = f.opfnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_opfamily', 'f.oid')}`;

const casts = `
  select ${identity('pg_cast', 'c.oid')} as name,
    ${parts('c.castcontext', 'c.castmethod', 'nullif(c.castfunc, 0)::pg_catalog.regprocedure')} as is
  from pg_catalog.pg_cast c where ${ofUser('c.oid')} and ${notOfExtension('pg_cast', 'c.oid')}`;

const conversions = `
  select ${qualified('n.nspname', 'c.conname')} as name, ${parts(
    owner('c.conowner'),
    `pg_catalog.pg_encoding_to_char(c.conforencoding) || ' to ' || pg_catalog.pg_encoding_to_char(c.contoencoding)`,
    'c.conproc',
    `case when c.condefault then 'default' end`,
  )} as is
  from pg_catalog.pg_conversion c join pg_catalog.pg_namespace n on n.oid = c.connamespace
  where ${userSchema('n')} and ${notOfExtension('pg_conversion', 'c.oid')}`;

const collations = (major: number): string => `
  select ${qualified('n.nspname', 'c.collname')} as name, ${parts(
    owner('c.collowner'),
    labelled('provider', 'c.collprovider'),
    'c.collcollate',
    'c.collctype',
    ...(major >= 17 ? ['c.colllocale'] : major >= 15 ? ['c.colliculocale'] : []),
    ...(major >= 16 ? ['c.collicurules'] : []),
    `case when c.collisdeterministic then 'deterministic' end`,
  )} as is
  from pg_catalog.pg_collation c join pg_catalog.pg_namespace n on n.oid = c.collnamespace
  where ${userSchema('n')} and ${notOfExtension('pg_collation', 'c.oid')}`;

const transforms = `
  select ${identity('pg_transform', 't.oid')} as name,
    ${parts('t.trffromsql::pg_catalog.regprocedure', 't.trftosql::pg_catalog.regprocedure')} as is
  from pg_catalog.pg_transform t where ${ofUser('t.oid')} and ${notOfExtension('pg_transform', 't.oid')}`;

const languages = `
  select pg_catalog.quote_ident(l.lanname) as name, ${parts(
    owner('l.lanowner'),
    labelled('grants', grants('l.lanacl', 'l', 'l.lanowner')),
    `case when l.lanpltrusted then 'trusted' end`,
    'nullif(l.lanplcallfoid, 0)::pg_catalog.regprocedure',
    'nullif(l.laninline, 0)::pg_catalog.regprocedure',
    'nullif(l.lanvalidator, 0)::pg_catalog.regprocedure',
  )} as is
  from pg_catalog.pg_language l where ${ofUser('l.oid')} and ${notOfExtension('pg_language', 'l.oid')}`;

const accessMethods = `
  select pg_catalog.quote_ident(m.amname) as name, ${parts('m.amtype', 'm.amhandler')} as is
  from pg_catalog.pg_am m where ${ofUser('m.oid')} and ${notOfExtension('pg_am', 'm.oid')}`;

const textSearch = `
  select found.name, found."is" from (
    select 'configuration ' || ${qualified('n.nspname', 'c.cfgname')} as name, ${parts(
      owner('c.cfgowner'),
      `${identity('pg_ts_parser', 'c.cfgparser')}`,
      `(select pg_catalog.string_agg(m.maptokentype || ' ' || ${identity('pg_ts_dict', 'm.mapdict')}, ', ' order by m.maptokentype, m.mapseqno)
        from pg_catalog.pg_ts_config_map m where m.mapcfg = c.oid)`,
    )} as is
    from pg_catalog.pg_ts_config c join pg_catalog.pg_namespace n on n.oid = c.cfgnamespace
    where ${userSchema('n')} and ${notOfExtension('pg_ts_config', 'c.oid')}
    union all
    select 'dictionary ' || ${qualified('n.nspname', 'd.dictname')}, ${parts(
      owner('d.dictowner'),
      `${identity('pg_ts_template', 'd.dicttemplate')}`,
      'd.dictinitoption',
    )}
    from pg_catalog.pg_ts_dict d join pg_catalog.pg_namespace n on n.oid = d.dictnamespace
    where ${userSchema('n')} and ${notOfExtension('pg_ts_dict', 'd.oid')}
    union all
    select 'parser ' || ${qualified('n.nspname', 'p.prsname')},
      ${parts('p.prsstart', 'p.prstoken', 'p.prsend', 'p.prsheadline', 'p.prslextype')}
    from pg_catalog.pg_ts_parser p join pg_catalog.pg_namespace n on n.oid = p.prsnamespace
    where ${userSchema('n')} and ${notOfExtension('pg_ts_parser', 'p.oid')}
    union all
    select 'template ' || ${qualified('n.nspname', 't.tmplname')}, ${parts('t.tmplinit', 't.tmpllexize')}
    from pg_catalog.pg_ts_template t join pg_catalog.pg_namespace n on n.oid = t.tmplnamespace
    where ${userSchema('n')} and ${notOfExtension('pg_ts_template', 't.oid')}) found`;

/** What reaches other servers. Options may hold passwords, hence only their digests. */
export function foreignQueries(source: Source): readonly CatalogQuery[] {
  const hidden = (list: string): string => labelled('options', digest(options(list), source));
  return [
    {
      kind: 'foreign data wrapper',
      sql: `select pg_catalog.quote_ident(w.fdwname) as name, ${parts(
        owner('w.fdwowner'),
        labelled('grants', grants('w.fdwacl', 'F', 'w.fdwowner')),
        'nullif(w.fdwhandler, 0)::pg_catalog.regprocedure',
        'nullif(w.fdwvalidator, 0)::pg_catalog.regprocedure',
        hidden('w.fdwoptions'),
      )} as is from pg_catalog.pg_foreign_data_wrapper w where ${notOfExtension('pg_foreign_data_wrapper', 'w.oid')}`,
    },
    {
      kind: 'foreign server',
      sql: `select pg_catalog.quote_ident(s.srvname) as name, ${parts(
        owner('s.srvowner'),
        labelled('grants', grants('s.srvacl', 'S', 's.srvowner')),
        `(select pg_catalog.quote_ident(w.fdwname) from pg_catalog.pg_foreign_data_wrapper w where w.oid = s.srvfdw)`,
        's.srvtype',
        's.srvversion',
        hidden('s.srvoptions'),
      )} as is from pg_catalog.pg_foreign_server s where ${notOfExtension('pg_foreign_server', 's.oid')}`,
    },
    {
      kind: 'user mapping',
      sql: `select (case m.umuser when 0 then 'public' else ${roleName('m.umuser')} end) || ' on ' || pg_catalog.quote_ident(s.srvname) as name,
        ${parts(hidden('m.umoptions'))} as is
        from pg_catalog.pg_user_mapping m join pg_catalog.pg_foreign_server s on s.oid = m.umserver`,
    },
  ];
}
