import { userSchema } from '../../backup/source/sql.ts';
import { type Connection, connect, readOnly, serverNamesOnly } from '../postgres/connection.ts';
import { blind } from '../postgres/sql-error.ts';

/** A table whose rows a backup has to hold, in the order in which tables were made. */
export type LiveTable = {
  readonly schema: string;
  readonly name: string;
  readonly oid: number;
  /** Row security would hide rows of it from the role that dumps. */
  readonly filtered: boolean;
  readonly readable: boolean;
};

/** What the database says of itself now, to the role that dumps. */
export type LiveSource = {
  /** `null` where the role may not ask. */
  readonly systemIdentifier: string | null;
  readonly database: string;
  /** `15.20` */
  readonly server: string;
  /** Bytes. */
  readonly size: number;
  readonly role: {
    readonly name: string;
    readonly superuser: boolean;
    readonly bypassRls: boolean;
  };
  /** The others of the cluster that can be connected to, templates left out. */
  readonly otherDatabases: readonly string[];
  readonly tables: readonly LiveTable[];
  /** `unreadable`: of them, by the role that dumps. */
  readonly largeObjects: { readonly count: number; readonly unreadable: number };
  readonly extensions: readonly string[];
  /** Its clock, in milliseconds ahead of ours. */
  readonly ahead: number;
};

const who = 'the role that dumps';

export type LiveOptions = {
  readonly url: string;
  readonly ca: string | undefined;
  readonly signal: AbortSignal;
};

/** @throws {BlindError} `postgres/…` */
export async function readLive(options: LiveOptions): Promise<LiveSource> {
  return asking(options, async (connection) => {
    const asked = Date.now();
    const [self] = await connection.rows<Self>(selfSql);
    const answered = Date.now();
    if (self === undefined) throw new Error('the session has no role');
    const { now, name, superuser, bypassRls, size, ...rest } = self;
    const tables = await connection.rows<LiveTable>(tablesSql);
    const [objects] = await connection.rows<{ count: number; unreadable: number }>(largeObjectsSql);
    return {
      ...rest,
      size: Number(size),
      role: { name, superuser, bypassRls },
      tables,
      largeObjects: objects ?? { count: 0, unreadable: 0 },
      // Somewhere between question and answer it read its clock.
      ahead: Math.round(Number(now) - (asked + answered) / 2),
    };
  });
}

/** How many tables of users' another database of the cluster has. @throws {BlindError} `postgres/…` */
export async function countTables(options: LiveOptions): Promise<number> {
  return asking(options, async (connection) => (await connection.rows(tablesSql)).length);
}

async function asking<T>(options: LiveOptions, ask: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = await connect({ ...options, who });
  try {
    await connection.rows(serverNamesOnly);
    return await readOnly(connection, () => ask(connection));
  } catch (error) {
    throw blind(error, who);
  } finally {
    await connection.end();
  }
}

type Self = Pick<LiveSource, 'systemIdentifier' | 'database' | 'server' | 'otherDatabases' | 'extensions'> &
  LiveSource['role'] & { readonly size: string; readonly now: string };

const selfSql = `
  select case when has_function_privilege('pg_catalog.pg_control_system()', 'execute')
      then (select system_identifier::text from pg_catalog.pg_control_system()) end as "systemIdentifier",
    current_database()::text as database, current_setting('server_version') as server,
    pg_database_size(current_database())::text as size,
    (extract(epoch from clock_timestamp()) * 1000)::text as now,
    r.rolname::text as name, r.rolsuper as superuser, r.rolbypassrls as "bypassRls",
    coalesce((select jsonb_agg(d.datname order by d.datname) from pg_catalog.pg_database d
      where d.datallowconn and not d.datistemplate and d.datname <> current_database()), '[]') as "otherDatabases",
    coalesce((select jsonb_agg(e.extname order by e.extname) from pg_catalog.pg_extension e), '[]') as extensions
  from pg_catalog.pg_roles r where r.rolname = session_user`;

/** As the facts of a source count them: what has rows of its own, also those of extensions. */
const tablesSql = `
  select n.nspname::text as schema, c.relname::text as name, c.oid::int8::float8 as oid,
    pg_catalog.row_security_active(c.oid) as filtered,
    has_table_privilege(c.oid, 'select') as readable
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and c.relpersistence <> 't' and ${userSchema('n')}
  order by c.oid`;

const largeObjectsSql = `
  select count(*)::int as count, count(*) filter (where not coalesce(r.rolsuper, false)
      and not pg_has_role(r.oid, m.lomowner, 'usage')
      and not coalesce((select bool_or(a.privilege_type = 'SELECT') from aclexplode(m.lomacl) a
        where a.grantee = 0 or pg_has_role(r.oid, a.grantee, 'usage')), false))::int as unreadable
  from pg_catalog.pg_roles r left join pg_catalog.pg_largeobject_metadata m on true
  where r.rolname = session_user and m.oid is not null`;
