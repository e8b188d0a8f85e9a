import { columnNames } from '../catalog/catalog-sql.ts';
import {
  type DefaultGrant,
  type Edge,
  type Grant,
  type Grants,
  readGrants,
  type Securable,
} from '../roles/privileges.ts';
import { defaultsSql } from '../roles/privileges-sql.ts';
import type { PostgresTarget, RelationName } from '../types.ts';

export type RoleAttributes = {
  readonly name: string;
  readonly login: boolean;
  readonly superuser: boolean;
  readonly createRole: boolean;
  readonly replication: boolean;
  readonly bypassRls: boolean;
};

/** A SECURITY DEFINER function, which runs as its owner whoever calls it. */
export type Definer = {
  readonly schema: string;
  readonly name: string;
  /** As GRANT takes it: `"public"."wipe"(n integer)`. */
  readonly signature: string;
  readonly owner: string;
  /** The whole definition, and what is in it as people wrote it; empty where the server keeps it parsed. */
  readonly source: string;
  readonly body: string;
  /** The words of its source, in lower case. */
  readonly words: ReadonlySet<string>;
  /** Its own setting of search_path, as ALTER FUNCTION … SET takes it; `null` where it looks on its caller's. */
  readonly path: string | null;
  /** Whether a table of the caller's could stand in for one that it names. */
  readonly trustsTemporary: boolean;
  /** Whether the application's role may call it, itself or as a role that it may become. */
  readonly callable: boolean;
};

/** A function that policies call. */
export type PolicyFunction = {
  readonly relation: number;
  readonly policy: string;
  readonly name: string;
  readonly signature: string;
  readonly owner: string;
  readonly immutable: boolean;
  readonly path: string | null;
  /** Whether a temporary table could stand in for a table that it names. */
  readonly trustsTemporary: boolean;
  readonly body: string;
};

/** A unique constraint or index, or a foreign key, that the table has of its own and not from a table above. */
export type Key = {
  readonly relation: number;
  readonly name: string;
  readonly kind: 'unique' | 'unique index' | 'foreign key';
  readonly columns: readonly string[];
  /** As ALTER TABLE … ADD takes it, or the whole CREATE INDEX. */
  readonly definition: string;
  readonly validated: boolean;
  /** Of a foreign key, else 0 and none. */
  readonly to: number;
  readonly toColumns: readonly string[];
  /** `a` no action, `r` restrict, `c` cascade, `n` set null, `d` set default. */
  readonly onDelete: string;
  readonly onUpdate: string;
  readonly matchFull: boolean;
  readonly deferrable: boolean;
  readonly deferred: boolean;
  /** Whether a foreign key rests on it. */
  readonly referred: boolean;
};

/** What the catalog does not tell of tables: roles, what was granted to whom, keys, and what runs as somebody else. */
export type Surroundings = Grants & {
  /** `server_version_num`: 150018 */
  readonly version: number;
  readonly database: string;
  readonly databaseOwner: string;
  /** The role that the application logs in as. */
  readonly role: string;
  /** The roles that it may become, by any chain. */
  readonly becomes: readonly string[];
  /** The schemas that it finds names in. */
  readonly path: readonly string[];
  /** The role that applies changes, where the estate names one. */
  readonly migrator: string | null;
  /** Whether the estate says what roles there are: then they are planned with `database/roles-separated`. */
  readonly declared: boolean;
  readonly roles: ReadonlyMap<string, RoleAttributes>;
  readonly definers: readonly Definer[];
  readonly policyFunctions: readonly PolicyFunction[];
  readonly keys: readonly Key[];
  readonly defaults: readonly DefaultGrant[];
  /** Owned by columns of the table whose oid is given: `"public"."notes_id_seq"`. */
  readonly sequences: readonly { readonly relation: number; readonly name: string }[];
  /** Functions of one's own that are marked LEAKPROOF. */
  readonly leakproof: readonly string[];
  /** That look at new tables. */
  readonly eventTriggers: readonly string[];
  readonly largeObjects: { readonly used: boolean; readonly functions: readonly string[] };
  /** What was granted on one thing. */
  on(thing: Securable): readonly Grant[];
};

/** As the application's role, whose rights it tells. @throws {BlindError} */
export async function readSurroundings(
  query: PostgresTarget['query'],
  migrator: string | null,
  declared: boolean,
): Promise<Surroundings> {
  const [about] = await query<About>(aboutSql);
  if (about === undefined) throw new Error('the server says nothing of itself');
  const { grants, edges } = await readGrants(query);
  const roles = await query<RoleAttributes>(rolesSql);
  const byThing = Map.groupBy(grants, keyOf);
  return {
    ...about,
    grants,
    edges,
    migrator,
    declared,
    roles: new Map(roles.map((role) => [role.name, role])),
    definers: (await query<Omit<Definer, 'words'>>(definersSql)).map((definer) => ({
      ...definer,
      words: new Set(definer.source.toLowerCase().match(/[\p{L}_][\p{L}\p{N}_$]*/gu) ?? []),
    })),
    policyFunctions: await query<PolicyFunction>(policyFunctionsSql),
    keys: await query<Key>(keysSql),
    // Where roles are declared, what is given later is planned with them.
    defaults: declared ? [] : await query<DefaultGrant>(defaultsSql),
    sequences: await query<{ relation: number; name: string }>(sequencesSql),
    eventTriggers: (await query<{ name: string }>(eventTriggersSql)).map(({ name }) => name),
    largeObjects: {
      used: about.largeObjectsUsed,
      functions: (await query<{ signature: string }>(largeObjectsSql)).map(({ signature }) => signature),
    },
    on: (thing) => byThing.get(keyOf(thing)) ?? [],
  };
}

function keyOf({ kind, schema, name }: Securable): string {
  return JSON.stringify([kind, schema, name]);
}

/** A table or view as rights are given on it. */
export function asTable({ schema, name }: RelationName): Securable {
  return { kind: 'table', schema, name };
}

/** Direct memberships of one role. */
export function membershipsOf({ edges }: Pick<Surroundings, 'edges'>, role: string): readonly Edge[] {
  return edges.filter(({ member }) => member === role);
}

/** Whether row security never binds the role. */
export function isExempt({ roles }: Pick<Surroundings, 'roles'>, role: string): boolean {
  const attributes = roles.get(role);
  return attributes !== undefined && (attributes.superuser || attributes.bypassRls);
}

type About = Pick<
  Surroundings,
  'version' | 'database' | 'databaseOwner' | 'role' | 'becomes' | 'path' | 'leakproof'
> & {
  largeObjectsUsed: boolean;
};

const rolesSql = `
  select rolname::text as name, rolcanlogin as login, rolsuper as superuser, rolcreaterole as "createRole",
    rolreplication as replication, rolbypassrls as "bypassRls" from pg_catalog.pg_roles`;

const ours = (namespace: string): string =>
  `${namespace}.nspname not like 'pg\\_%' and ${namespace}.nspname <> 'information_schema'`;

const notOfAnExtension = (catalog: string, oid: string): string => `not exists (
    select from pg_catalog.pg_depend d
    where d.classid = 'pg_catalog.${catalog}'::regclass and d.objid = ${oid} and d.deptype = 'e')`;

const signature = `format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))`;

const aboutSql = `
  select current_setting('server_version_num')::int as version, d.datname::text as database,
    pg_get_userbyid(d.datdba)::text as "databaseOwner", session_user::text as role,
    current_schemas(false)::text[] as path,
    array(select ${signature} from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
      where p.proleakproof and ${ours('n')} and ${notOfAnExtension('pg_proc', 'p.oid')} order by 1) as leakproof,
    array(select r.rolname::text from pg_catalog.pg_roles r, pg_catalog.pg_roles me
      where me.rolname = session_user and not me.rolsuper and r.oid <> me.oid and pg_has_role(me.oid, r.oid, 'member')
      order by 1) as becomes,
    exists (select from pg_catalog.pg_largeobject_metadata) as "largeObjectsUsed"
  from pg_catalog.pg_database d where d.datname = current_database()`;

/** Without pg_temp in its path, last, a temporary table comes before all others. One whose body is parsed looks nothing up. */
const path = `(select substr(c, 13) from unnest(p.proconfig) c where c like 'search\\_path=%') as path,
    p.prosqlbody is null and l.lanname in ('sql', 'plpgsql') and not exists (
      select from unnest(p.proconfig) c where c ~ '^search_path=' and c ~ '(=""|pg_temp"?)\\s*$') as "trustsTemporary"`;

const definersSql = `
  select n.nspname::text as schema, p.proname::text as name, ${signature} as signature,
    pg_get_userbyid(p.proowner)::text as owner, coalesce(pg_get_functiondef(p.oid), '') as source, p.prosrc as body, ${path},
    p.prorettype not in ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
      and exists (select from pg_catalog.pg_roles r where pg_has_role(session_user, r.oid, 'member')
        and has_schema_privilege(r.oid, n.oid, 'usage') and has_function_privilege(r.oid, p.oid, 'execute')) as callable
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
  where p.prosecdef and p.prokind in ('f', 'p') and ${ours('n')} and ${notOfAnExtension('pg_proc', 'p.oid')}
  order by 1, 2, 3`;

const policyFunctionsSql = `
  select distinct pol.polrelid as relation, pol.polname::text as policy, p.proname::text as name, ${signature} as signature,
    pg_get_userbyid(p.proowner)::text as owner, p.provolatile = 'i' as immutable,
    ${path},
    p.prosrc as body
  from pg_catalog.pg_policy pol
  join pg_catalog.pg_depend d on d.classid = 'pg_catalog.pg_policy'::regclass and d.objid = pol.oid
    and d.refclassid = 'pg_catalog.pg_proc'::regclass
  join pg_catalog.pg_proc p on p.oid = d.refobjid join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language l on l.oid = p.prolang
  where ${ours('n')}
  order by 1, 2, 4`;

const keysSql = `
  select i.indrelid as relation, coalesce(k.conname, c.relname)::text as name,
    case when k.oid is null then 'unique index' else 'unique' end as kind,
    ${columnNames('i.indrelid', 'i.indkey::int2[]')} as columns,
    coalesce(pg_get_constraintdef(k.oid), pg_get_indexdef(i.indexrelid)) as definition, true as validated,
    0::oid as "to", array[]::text[] as "toColumns", '' as "onDelete", '' as "onUpdate", false as "matchFull",
    coalesce(k.condeferrable, false) as deferrable, coalesce(k.condeferred, false) as deferred,
    exists (select from pg_catalog.pg_constraint f where f.contype = 'f' and f.conindid = i.indexrelid) as referred
  from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
  join pg_catalog.pg_class t on t.oid = i.indrelid join pg_catalog.pg_namespace n on n.oid = t.relnamespace
  left join pg_catalog.pg_constraint k on k.conindid = i.indexrelid and k.contype in ('u', 'x')
  where i.indisunique and not i.indisprimary and i.indisvalid and i.indpred is null and i.indexprs is null
    and i.indnkeyatts = i.indnatts and not c.relispartition and ${ours('n')}
  union all
  select k.conrelid, k.conname::text, 'foreign key', ${columnNames('k.conrelid', 'k.conkey')}, pg_get_constraintdef(k.oid),
    k.convalidated, k.confrelid, ${columnNames('k.confrelid', 'k.confkey')}, k.confdeltype::text, k.confupdtype::text,
    k.confmatchtype = 'f', k.condeferrable, k.condeferred, false
  from pg_catalog.pg_constraint k join pg_catalog.pg_class t on t.oid = k.conrelid
  join pg_catalog.pg_namespace n on n.oid = t.relnamespace
  where k.contype = 'f' and k.conparentid = 0 and ${ours('n')}
  order by 1, 2`;

const eventTriggersSql = `
  select evtname::text as name from pg_catalog.pg_event_trigger e
  where e.evtevent = 'ddl_command_end' and e.evtenabled <> 'D' and (e.evttags is null or 'CREATE TABLE' = any(e.evttags))`;

const sequencesSql = `
  select d.refobjid as relation, format('%I.%I', n.nspname, s.relname) as name
  from pg_catalog.pg_depend d join pg_catalog.pg_class s on s.oid = d.objid and s.relkind = 'S'
  join pg_catalog.pg_namespace n on n.oid = s.relnamespace
  where d.classid = 'pg_catalog.pg_class'::regclass and d.refclassid = 'pg_catalog.pg_class'::regclass
    and d.refobjsubid > 0 and d.deptype in ('a', 'i') and ${ours('n')}
  order by 1, 2`;

/** Those that PUBLIC may still call. */
const largeObjectsSql = `
  select format('%I.%I(%s)', n.nspname, p.proname, pg_get_function_identity_arguments(p.oid)) as signature
  from pg_catalog.pg_proc p join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  where n.nspname = 'pg_catalog' and (p.proname like 'lo\\_%' or p.proname in ('loread', 'lowrite'))
    and exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
      where a.grantee = 0 and a.privilege_type = 'EXECUTE')
  order by 1`;
