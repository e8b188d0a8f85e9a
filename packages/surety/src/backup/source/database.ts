import type pg from 'pg';
import { literal } from '../../targets/postgres/name.ts';
import type { SourceFacts } from '../source-facts.ts';
import { type CatalogQuery, digest, grants, labelled, options, parts, roleName, type Source } from './sql.ts';

const ofThis = `d.datname = pg_catalog.current_database()`;

/** The database itself, as a line: nothing in it may name it, since a restored one is called otherwise. */
export function databaseQueries(source: Source): readonly CatalogQuery[] {
  return [
    {
      kind: 'database',
      sql: `select '' as name, ${parts(
        labelled('owner', roleName('d.datdba')),
        labelled('grants', grants('d.datacl', 'd', 'd.datdba')),
        'pg_catalog.pg_encoding_to_char(d.encoding)',
        labelled('collate', 'd.datcollate'),
        labelled('ctype', 'd.datctype'),
        labelled('provider', provider(source)),
        labelled('locale', locale(source)),
        `case when d.datconnlimit >= 0 then 'at most ' || d.datconnlimit end`,
        labelled('comment', digest(comment, source)),
      )} as is from pg_catalog.pg_database d where ${ofThis}`,
    },
    {
      kind: 'database setting',
      sql: `select coalesce(pg_catalog.quote_ident(r.rolname), '') as name, ${options('s.setconfig')} as is
        from pg_catalog.pg_db_role_setting s join pg_catalog.pg_database d on d.oid = s.setdatabase
        left join pg_catalog.pg_roles r on r.oid = s.setrole where ${ofThis}`,
    },
  ];
}

const provider = ({ major }: Source): string => (major >= 15 ? 'd.datlocprovider' : `'c'`);

const locale = ({ major }: Source): string =>
  major >= 17 ? 'd.datlocale' : major >= 15 ? 'd.daticulocale' : 'null';

const comment = `pg_catalog.shobj_description(d.oid, 'pg_database')`;

/** What `create database` needs, and the statements that no dump of one database holds. */
export async function readDatabase(client: pg.ClientBase, source: Source): Promise<SourceFacts['database']> {
  const { rows } = await client.query<
    Omit<SourceFacts['database'], 'statements'> & { comment: string | null }
  >(
    `select pg_catalog.pg_get_userbyid(d.datdba)::text as owner, pg_catalog.pg_encoding_to_char(d.encoding)::text as encoding,
      d.datcollate::text as collate, d.datctype::text as ctype, ${provider(source)}::text as provider, ${locale(source)}::text as locale,
      d.datconnlimit as "connectionLimit", ${comment} as comment
      from pg_catalog.pg_database d where ${ofThis}`,
  );
  const [found] = rows;
  if (found === undefined) throw new Error('the database that we are in is not among the databases');
  const { comment: said, ...database } = found;
  const statements = [
    ...(said === null ? [] : [`comment on database ${place} is ${fixed(literal(said))}`]),
    ...(await readSettings(client)),
    ...(await readGrants(client)),
  ];
  return { ...database, statements };
}

const place = '%I';

/** Text that is to stay as it is in a statement with a place for the name. */
const fixed = (text: string): string => text.replaceAll('%', '%%');

/** A statement of `SourceFacts` for a database, whose name is given as SQL takes it; `%%` stands for one `%`. */
export function statementOn(statement: string, database: string): string {
  return statement.replaceAll(/%[%I]/g, (found) => (found === place ? database : '%'));
}

/** Settings whose values are lists of names: each is quoted by itself. As in `guc_tables.c`, GUC_LIST_QUOTE. */
const listed: ReadonlySet<string> = new Set([
  'local_preload_libraries',
  'search_path',
  'session_preload_libraries',
  'shared_preload_libraries',
  'temp_tablespaces',
  'unix_socket_directories',
]);

async function readSettings(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ role: string | null; setting: string }>(
    `select pg_catalog.quote_ident(r.rolname) as role, one as setting
      from pg_catalog.pg_db_role_setting s join pg_catalog.pg_database d on d.oid = s.setdatabase
      left join pg_catalog.pg_roles r on r.oid = s.setrole, pg_catalog.unnest(s.setconfig) one
      where ${ofThis} order by r.rolname collate "C" nulls first, one collate "C"`,
  );
  return rows.map(({ role, setting }) => {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(setting) ?? [];
    const whose = role === null ? `database ${place}` : `role ${fixed(role)} in database ${place}`;
    return `alter ${whose} set ${fixed(settingName(name))} to ${fixed(settingValue(name, value))}`;
  });
}

/** `app.tenant` are two names to the parser, and one setting. */
function settingName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function settingValue(name: string, value: string): string {
  if (!listed.has(name.toLowerCase())) return literal(value);
  const names = value.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^,"\s]+))\s*(?:,|$)/g);
  return [...names]
    .map(([, quotedName, plain]) => literal((quotedName ?? plain ?? '').replaceAll('""', '"')))
    .join(', ');
}

/** All of them, from none, so that what is granted by default and was revoked stays revoked. */
async function readGrants(client: pg.ClientBase): Promise<readonly string[]> {
  const { rows } = await client.query<{ role: string; privilege: string; grantable: boolean }>(
    `select case a.grantee when 0 then 'public' else ${roleName('a.grantee')} end as role,
      pg_catalog.lower(a.privilege_type) as privilege, a.is_grantable as grantable
      from pg_catalog.pg_database d, pg_catalog.aclexplode(d.datacl) a where ${ofThis}
      order by a.grantee, a.privilege_type collate "C"`,
  );
  const { rows: states } = await client.query<{ owner: string; kept: boolean }>(
    `select ${roleName('d.datdba')} as owner, d.datacl is null as kept from pg_catalog.pg_database d where ${ofThis}`,
  );
  const [state] = states;
  if (state === undefined || state.kept) return [];
  return [
    `revoke all on database ${place} from public, ${fixed(state.owner)}`,
    ...rows.map(
      ({ role, privilege, grantable }) =>
        `grant ${privilege} on database ${place} to ${fixed(role)}${grantable ? ' with grant option' : ''}`,
    ),
  ];
}
