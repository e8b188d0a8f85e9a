import { readFileSync } from 'node:fs';
import pg from 'pg';

export type Connection = {
  /** `postgresql://role:password@host:port/database` */
  url: string;
  /** Certificate authority of the server, PEM file. With it the connection is TLS and checks chain and name. */
  caFile?: string | undefined;
};

/** Runs `work` on one connection of its own and always closes it. */
export async function withClient<T>(
  { url, caFile }: Connection,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    ...(caFile === undefined ? {} : { ssl: { ca: readFileSync(caFile, 'utf8'), minVersion: 'TLSv1.2' } }),
  });
  // A connection that breaks while idle would otherwise end the process; the next query reports it.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** All or nothing. */
export async function inTransaction<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await work();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK');
    throw error;
  }
}

/** The same server and database, as another role. */
export function roleUrl(url: string, role: string, password: string): string {
  const changed = new URL(url);
  changed.username = encodeURIComponent(role);
  changed.password = encodeURIComponent(password);
  return changed.href;
}
