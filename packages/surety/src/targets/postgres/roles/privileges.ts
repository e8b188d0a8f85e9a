import type { PostgresTarget } from '../types.ts';
import {
  defaultsSql,
  edgesSql,
  grantsSql,
  membershipsSql,
  objectsSql,
  ownedSql,
  rightsSql,
  rolesSql,
  serverGrantsSql,
} from './privileges-sql.ts';
import { tablePrivileges } from './roles.ts';

/** Something that rights are given on. A schema has no name of its own, the database neither. */
export type Securable = {
  readonly kind: 'table' | 'sequence' | 'function' | 'schema' | 'database';
  readonly schema: string | null;
  readonly name: string | null;
};

export type Held = Securable & { readonly role: string; readonly rights: readonly string[] };

export type RoleState = {
  readonly name: string;
  readonly login: boolean;
  readonly superuser: boolean;
  readonly createRole: boolean;
  readonly createDb: boolean;
  readonly replication: boolean;
  readonly bypassRls: boolean;
};

/** What objects that `owner` makes later will give to `grantee`; in every schema where `schema` is `null`. */
export type DefaultGrant = {
  readonly owner: string;
  readonly schema: string | null;
  readonly kind: 'table' | 'sequence';
  readonly grantee: string;
  readonly rights: readonly string[];
};

/** One right as it was given: what REVOKE takes back. */
export type Grant = Securable & {
  /** `table "public"."accounts"` */
  readonly target: string;
  readonly column: string | null;
  readonly grantee: string;
  readonly right: string;
  readonly grantable: boolean;
};

/** A direct membership; `options` as GRANT takes them. */
export type Edge = { readonly member: string; readonly role: string; readonly options: string };

/** What every role may really do, by itself, by PUBLIC and by every chain of memberships. */
export type EffectivePrivileges = {
  readonly roles: readonly RoleState[];
  readonly objects: readonly Securable[];
  readonly held: readonly Held[];
  readonly owned: readonly (Securable & { readonly role: string })[];
  readonly memberships: readonly { readonly role: string; readonly via: string }[];
  readonly defaults: readonly DefaultGrant[];
  /** Rights on the server's own things that PostgreSQL did not come with. */
  readonly server: readonly ServerGrant[];
};

/** `what`: `system table pg_authid`, `setting session_replication_role`. */
export type ServerGrant = {
  readonly grantee: string;
  readonly what: string;
  readonly rights: readonly string[];
};

/** How they came to it, statement by statement. */
export type Grants = { readonly grants: readonly Grant[]; readonly edges: readonly Edge[] };

/** The text that names it: `public.accounts`, `public`, `this database`. */
export function nameOf({ schema, name }: Securable): string {
  if (schema === null) return 'this database';
  return name === null ? schema : `${schema}.${name}`;
}

/** @throws {BlindError} */
export async function readPrivileges(query: PostgresTarget['query']): Promise<EffectivePrivileges> {
  const version = await versionOf(query);
  const known = tablePrivileges.filter((privilege) => privilege !== 'maintain' || version >= 170_000);
  return {
    roles: await query<RoleState>(rolesSql),
    objects: await query<Securable>(objectsSql(version)),
    held: await query<Held>(rightsSql(version, known)),
    owned: await query<Securable & { role: string }>(ownedSql(version)),
    memberships: await query<{ role: string; via: string }>(membershipsSql(version)),
    defaults: await query<DefaultGrant>(defaultsSql),
    server: await query<ServerGrant>(serverGrantsSql(version)),
  };
}

/** @throws {BlindError} */
export async function readGrants(query: PostgresTarget['query']): Promise<Grants> {
  const version = await versionOf(query);
  return { grants: await query<Grant>(grantsSql(version)), edges: await query<Edge>(edgesSql(version)) };
}

async function versionOf(query: PostgresTarget['query']): Promise<number> {
  const [server] = await query<{ version: number }>(
    "select current_setting('server_version_num')::int as version",
  );
  return server?.version ?? 0;
}
