import pg from 'pg';
import { withAuthority } from '../targets/postgres/connection.ts';
import { blind } from '../targets/postgres/sql-error.ts';

export type SessionOptions = {
  readonly url: string;
  /** PEM text of the authority that signs the server's certificate. */
  readonly ca?: string | undefined;
  /** Who connects, for errors. */
  readonly who: string;
  readonly signal: AbortSignal;
};

/** For as long as a dump takes: neither idle nor long statements end it, and the server notices when we are gone. */
const settings = `
  select pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', false),
    pg_catalog.set_config('row_security', 'off', false),
    pg_catalog.set_config('statement_timeout', '0', false),
    pg_catalog.set_config('idle_in_transaction_session_timeout', '0', false),
    pg_catalog.set_config('lock_timeout', '60s', false)`;
/** From 17 on: it would end the transaction that holds the snapshot. */
const unlimited = `select pg_catalog.set_config('transaction_timeout', '0', false)
  where pg_catalog.current_setting('transaction_timeout', true) is not null`;
const watched = `select pg_catalog.set_config('client_connection_check_interval', '500ms', false)
  where pg_catalog.current_setting('client_connection_check_interval', true) is not null`;

/**
 * Runs `work` on one connection of its own, which is always closed, and at once where `signal` aborts.
 *
 * @throws {BlindError} saying why it cannot connect
 */
export async function withSession<T>(
  { url, ca, who, signal }: SessionOptions,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const client = new pg.Client({
    ...(ca === undefined ? { connectionString: url } : withAuthority(url, ca)),
    application_name: 'surety',
    connectionTimeoutMillis: 20_000,
    keepAlive: true,
  });
  // A connection that breaks while idle shows in the next statement.
  client.on('error', () => undefined);
  const abort = (): void => void client.end().catch(() => undefined);
  signal.addEventListener('abort', abort, { once: true });
  try {
    try {
      await client.connect();
      await client.query(settings);
      await client.query(unlimited);
      // Not every system can; the dump is as good without.
      await client.query(watched).catch(() => undefined);
    } catch (error) {
      signal.throwIfAborted();
      throw blind(error, who);
    }
    return await work(client);
  } finally {
    signal.removeEventListener('abort', abort);
    await client.end().catch(() => undefined);
  }
}
