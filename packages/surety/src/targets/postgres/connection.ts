import pg from 'pg';
import { copyIn } from './copy-in.ts';
import { isSavepoint } from './savepoint.ts';
import { blind, withoutValues } from './sql-error.ts';

/**
 * One connection, always with the extended protocol: no stacked statements. Statements that are not waited for
 * are sent at once and run one after the other, so that what belongs together costs one round trip.
 */
export type Connection = {
  /** Rows of one statement. @throws {SqlError} */
  rows<Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  /** Runs one statement; the SQLSTATEs of what the server remarked on meanwhile. @throws {SqlError} */
  remarked(sql: string): Promise<readonly string[]>;
  /** How many rows one statement touched. @throws {SqlError} */
  touched(sql: string, values?: readonly unknown[]): Promise<number>;
  /** Sends the statements that `begin` asks for, before it returns, in one go. */
  together<T>(begin: () => T): T;
  /** How many rows `copy … from stdin` took in from `data`. Nothing else may be under way. @throws {SqlError} */
  copyIn(sql: string, data: string): Promise<number>;
  end(): Promise<void>;
};

export type ConnectOptions = {
  readonly url: string;
  readonly ca?: string | undefined;
  /** Who connects, for errors: `the application’s role`. */
  readonly who: string;
  readonly signal: AbortSignal;
};

const connectMillis = 5_000;
const lockMillis = 2_000;
const statementMillis = 30_000;

/** @throws {BlindError} saying why it cannot connect */
export async function connect({ url, ca, who, signal }: ConnectOptions): Promise<Connection> {
  signal.throwIfAborted();
  const client = new pg.Client({
    ...(ca === undefined ? { connectionString: url } : withAuthority(url, ca)),
    application_name: 'surety',
    connectionTimeoutMillis: connectMillis,
    pipeline: true,
  });
  // A connection that breaks while idle shows in the next statement.
  client.on('error', () => undefined);
  const abort = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
  } catch (error) {
    signal.removeEventListener('abort', abort);
    await client.end().catch(() => undefined);
    throw blind(error, who, url);
  }
  const run = async <Row extends pg.QueryResultRow>(sql: string, values: readonly unknown[] = []) => {
    signal.throwIfAborted();
    try {
      // `queryMode` is missing from pg's types, hence not written in place.
      // One message instead of five; nothing can be stacked in it.
      const statement = isSavepoint(sql)
        ? { text: sql }
        : { text: sql, values: [...values], queryMode: 'extended' };
      return await client.query<Row>(statement);
    } catch (error) {
      throw withoutValues(error);
    }
  };
  return {
    rows: async <Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]) =>
      (await run<Row>(sql, values)).rows,
    async remarked(sql) {
      const states: string[] = [];
      const hear = ({ code }: { readonly code?: string | undefined }) => void states.push(code ?? '');
      client.on('notice', hear);
      try {
        await run(sql);
        return states;
      } finally {
        client.off('notice', hear);
      }
    },
    touched: async (sql, values) => (await run(sql, values)).rowCount ?? 0,
    together(begin) {
      const { stream } = client.connection;
      stream.cork();
      try {
        return begin();
      } finally {
        stream.uncork();
      }
    },
    async copyIn(sql, data) {
      signal.throwIfAborted();
      try {
        return await copyIn(client, sql, data);
      } catch (error) {
        throw withoutValues(error);
      }
    },
    async end() {
      signal.removeEventListener('abort', abort);
      await client.end().catch(() => undefined);
    },
  };
}

/** `sslmode` in a connection string would overrule the authority that the estate names. */
export function withAuthority(url: string, ca: string): pg.ClientConfig {
  const parsed = new URL(url);
  for (const name of ['ssl', 'sslmode', 'sslrootcert']) parsed.searchParams.delete(name);
  return { connectionString: parsed.href, ssl: { ca, rejectUnauthorized: true } };
}

/**
 * For sessions of a role that may more than the owner of the database: whoever owns it says what its sessions find first, and functions of
 * theirs would run by the rights of that role, and answer in place of the server's.
 */
export const serverNamesOnly = `select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false)`;

/** Runs `work` in a transaction that is read only and always rolled back. */
export async function readOnly<T>(connection: Connection, work: () => Promise<T>): Promise<T> {
  await connection.rows('begin transaction isolation level repeatable read read only');
  try {
    // Even the catalog waits for whoever locks a table, and would go on waiting after we have left.
    await connection.rows(
      "select pg_catalog.set_config('lock_timeout', $1, true), pg_catalog.set_config('statement_timeout', $2, true)",
      [String(lockMillis), String(statementMillis)],
    );
    return await work();
  } finally {
    await connection.rows('rollback').catch(() => undefined);
  }
}
