import pg from 'pg';
import { BlindError } from '../../core/error.ts';
import { withAuthority } from '../../targets/postgres/connection.ts';
import { blind, withoutValues } from '../../targets/postgres/sql-error.ts';

/** Where a superuser of the server connects. */
export type Server = { readonly url: string; readonly ca?: string | undefined };

/** One session of the superuser, with row values kept out of its errors. */
export type Admin = {
  /** Rows of one statement. @throws {SqlError} */
  rows<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** An identifier as it stands in a statement. */
  name(identifier: string): string;
  /** A literal as it stands in a statement. */
  text(literal: string): string;
  /** For who reads a lot. */
  readonly client: pg.Client;
};

/** What the settings of a role or a server must not do to a restore. */
const settings: Readonly<Record<string, string>> = {
  default_transaction_read_only: 'off',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  row_security: 'off',
  search_path: 'pg_catalog',
};

/** Settings of all sessions that load rows: what they made is worth nothing until it is compared, and then the next commit flushes it. */
const loading: Readonly<Record<string, string>> = {
  ...settings,
  session_replication_role: 'origin',
  lock_timeout: '0',
  synchronous_commit: 'off',
  maintenance_work_mem: '256MB',
};

const asOptions = (of: Readonly<Record<string, string>>): string =>
  Object.entries(of)
    .map(([name, value]) => `-c ${name}=${value}`)
    .join(' ');

/** The connection string of another database of the server, for sessions that load rows. */
export function loadingUrl({ url }: Server, database: string): string {
  const changed = databaseUrl(url, database);
  changed.searchParams.set('options', asOptions(loading));
  return changed.href;
}

function databaseUrl(url: string, database: string): URL {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed;
}

/**
 * Runs `work` in a database that nobody restores: `postgres`, else `template1`.
 *
 * @param avoid the one that is to be renamed
 * @throws {BlindError} saying why it cannot connect
 */
export async function withServer<T>(
  server: Server,
  signal: AbortSignal | null,
  work: (admin: Admin) => Promise<T>,
  avoid?: string,
): Promise<T> {
  const places = ['postgres', 'template1'].filter((name) => name !== avoid);
  for (const place of places.slice(0, -1)) {
    try {
      return await withAdmin(server, place, signal, work);
    } catch (error) {
      if (!(error instanceof BlindError) || error.code !== 'postgres/3D000') throw error;
    }
  }
  return withAdmin(server, places.at(-1) ?? 'template1', signal, work);
}

/**
 * Runs `work` in a session of its own, which is cut when `signal` aborts.
 *
 * @throws {BlindError} saying why it cannot connect
 */
export async function withAdmin<T>(
  server: Server,
  database: string,
  signal: AbortSignal | null,
  work: (admin: Admin) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const target = databaseUrl(server.url, database);
  const client = new pg.Client({
    ...connectionConfig(target, server.ca),
    options: asOptions({ ...settings, lock_timeout: '10s' }),
    application_name: 'surety restore',
    connectionTimeoutMillis: 10_000,
  });
  // A connection that breaks while idle shows in the next statement.
  client.on('error', () => undefined);
  const cut = (): void => void client.connection.stream.destroy();
  signal?.addEventListener('abort', cut, { once: true });
  try {
    await client.connect().catch((error: unknown) => {
      throw blind(error, 'who restores');
    });
    return await work({
      client,
      rows: async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) => {
        try {
          return (await client.query<Row>(sql, [...values])).rows;
        } catch (error) {
          throw withoutValues(error);
        }
      },
      name: (identifier) => client.escapeIdentifier(identifier),
      text: (literal) => client.escapeLiteral(literal),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw withoutValues(error);
  } finally {
    signal?.removeEventListener('abort', cut);
    await client.end().catch(() => undefined);
  }
}

/** `options` in a connection string would overrule ours. */
function connectionConfig(url: URL, ca: string | undefined): pg.ClientConfig {
  url.searchParams.delete('options');
  return ca === undefined ? { connectionString: url.href } : withAuthority(url.href, ca);
}
