import { dropsItself } from '../server-version.ts';
import type { PostgresTarget, Relation } from '../types.ts';
import {
  defaultsSql,
  elsewhereSql,
  largeObjectsSql,
  leakproofSql,
  makingSql,
  namedInFloorsSql,
  ownedSql,
  powersSql,
  predefinedSql,
  schemasSql,
  settingsSql,
  storageSql,
  systemTablesSql,
  unpinnedSql,
} from './open-ways-sql.ts';

/** One kind of way past row security, and those of it that are open to the role that logs in. */
export type OpenWays = {
  readonly subject: string;
  readonly want: string;
  readonly found: readonly string[];
  readonly hint: string;
};

type Look = Omit<OpenWays, 'found'> & { readonly sql: string };

const looks: readonly Look[] = [
  {
    subject: 'powers',
    want: 'neither superuser nor exempt, makes no roles, no replication',
    sql: powersSql,
    hint: 'let the application connect as a role that has none of these and is a member of none that has',
  },
  {
    subject: 'ownership',
    want: 'owns nothing that decides who sees what',
    sql: ownedSql,
    hint: 'let a role own it that the application neither connects as nor is a member of',
  },
  {
    subject: 'predefined roles',
    want: 'a member of none that reads files or runs programs',
    sql: predefinedSql,
    hint: 'revoke the membership',
  },
  {
    subject: 'tables made later',
    want: 'open to nobody before they have a policy',
    sql: defaultsSql,
    hint: 'alter default privileges … revoke, and grant in the migration that writes the policies; or cover new tables with an event trigger',
  },
  {
    subject: 'other servers',
    want: 'out of reach',
    sql: elsewhereSql,
    hint: 'revoke usage on the server, drop the user mapping, revoke execute on the functions of dblink from public',
  },
  {
    subject: 'files and raw pages',
    want: 'out of reach',
    sql: storageSql,
    hint: 'revoke execute from public and from the application’s role',
  },
  {
    subject: 'the server’s own tables',
    want: 'none that holds values of rows, or passwords',
    sql: systemTablesSql,
    hint: 'revoke it; a member of pg_read_all_data may read them all: grant select on schemas of your own instead',
  },
  {
    subject: 'schemas',
    want: 'may create in none that holds tables or is on its search_path',
    sql: schemasSql,
    hint: 'revoke create on schema … from public and from the application’s role',
  },
  {
    subject: 'leakproof functions',
    want: 'none of one’s own',
    sql: leakproofSql,
    hint: 'alter function … not leakproof',
  },
  {
    subject: 'large objects',
    want: 'none that any tenant may read',
    sql: largeObjectsSql,
    hint: 'keep the bytes in a column of a guarded table, and revoke execute on lo_get, lo_open and loread from public',
  },
];

/** @throws {BlindError} */
export async function readOpenWays(
  query: PostgresTarget['query'],
  relations: readonly Relation[],
): Promise<readonly OpenWays[]> {
  const [server] = await query<{ version: number; superuser: boolean }>(
    `select current_setting('server_version_num')::int as version, rolsuper as superuser
     from pg_catalog.pg_roles where rolname = session_user`,
  );
  const version = server?.version ?? 0;
  // A superuser may do all of it: one line says so.
  const asked = server?.superuser === true ? looks.slice(0, 1) : looks;
  const ways: OpenWays[] = [];
  for (const { sql, ...look } of asked) ways.push({ ...look, found: await foundBy(query, sql) });
  if (server?.superuser === true) return ways;
  return [
    ...ways,
    {
      subject: 'settings',
      want: 'none that the server keeps for superusers',
      found: await foundBy(query, settingsSql(version)),
      hint: 'revoke set on parameter … from the application’s role',
    },
    {
      subject: 'restrictive policies',
      want: 'name no role that could take itself off them',
      found: dropsItself(version) ? await foundBy(query, namedInFloorsSql) : [],
      hint: 'let restrictive policies be for public, or update the server: drop owned by … takes the role off',
    },
    {
      subject: 'helpers',
      want: 'find their tables whatever the caller makes',
      found: await unpinned(query, relations),
      hint: 'alter function … set search_path = pg_catalog, pg_temp, write names with their schema, and revoke temporary on the database from public',
    },
  ];
}

async function foundBy(query: PostgresTarget['query'], sql: string): Promise<readonly string[]> {
  return (await query<{ found: string }>(sql)).map(({ found }) => found);
}

type Unpinned = { label: string; definer: boolean; source: string };

/**
 * Functions that a caller could lead to a table, or to a function, of his own. A temporary table takes the place of one
 * that is named without its schema; with CREATE anywhere, so can everything else that a definer function names.
 */
async function unpinned(
  query: PostgresTarget['query'],
  relations: readonly Relation[],
): Promise<readonly string[]> {
  const [making] = await query<{ temporary: boolean; creates: boolean }>(makingSql);
  if (making === undefined || !(making.temporary || making.creates)) return [];
  const names = new Set(relations.map(({ name }) => name.toLowerCase()));
  return (await query<Unpinned>(unpinnedSql)).flatMap(({ label, definer, source }) => {
    const [table] = bareTables(source).filter((name) => names.has(name));
    if (table !== undefined) return [`${label} looks up ${table} wherever its caller says`];
    return definer && making.creates ? [`${label} looks names up wherever its caller says`] : [];
  });
}

/** Names that stand where a table stands, without a schema, in lower case. */
export function bareTables(source: string): readonly string[] {
  const places = source.matchAll(
    /\b(?:from|join|update|into)\s+(?:only\s+)?"?([\p{L}_][\p{L}\p{N}_$]*)(?![\p{L}\p{N}_$])"?(?!\s*[.(])/giu,
  );
  return [...places].map(([, name]) => (name ?? '').toLowerCase());
}
