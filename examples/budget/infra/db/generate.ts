import { createHash, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { isProgram, program } from '../program.ts';
import { inTransaction, withClient } from './connection.ts';
import { isDisposable } from './migrate.ts';
import { hashPassword } from './password.ts';
import { imagineOwners, imagineTables, type Owner, type Table } from './world.ts';

export type Generated = {
  /** Three users who share no space, each with a space of their own. All generated users have the same password. */
  users: readonly Owner[];
  password: string;
  /** Rows by table. */
  counts: Readonly<Record<string, number>>;
};

/**
 * Fills an empty, disposable database with tenants and their money. The same arguments give the same rows, also the
 * ids; only the password is random unless it is given.
 *
 * @param url a role that row-level security does not apply to: the administrator
 * @param tenants one user and one space each; every tenth user is also a member of the space before
 * @param passwordCost log2 of the scrypt cost. 14 instead of the API's 17, because 50 hashes would take half a minute
 *   and guard nothing: the password of a disposable database is printed anyway.
 * @throws {Error} in production, on a database that is not marked disposable, and on one that has users
 */
export async function generate(options: {
  url: string;
  caFile?: string | undefined;
  tenants?: number;
  transactions?: number;
  seed?: number;
  password?: string | undefined;
  passwordCost?: number;
}): Promise<Generated> {
  const { url, caFile, tenants = 50, transactions = 100_000, seed = 1, passwordCost = 14 } = options;
  const password = options.password ?? randomBytes(18).toString('base64url');
  if (process.env.NODE_ENV === 'production') throw new Error('generated data does not go into production');
  return withClient({ url, caFile }, async (client) => {
    if (!(await isDisposable(client))) {
      throw new Error(
        'this database is not marked as disposable: migrate it with DATABASE_DISPOSABLE=yes first',
      );
    }
    const { rows } = await client.query<{ taken: boolean }>(
      'SELECT EXISTS (SELECT FROM public.users) AS taken',
    );
    if (rows[0]?.taken !== false)
      throw new Error('this database has users already: generate into an empty one');
    const owners = imagineOwners(tenants, seed);
    const hashes = await Promise.all(
      owners.map(({ userId }) => hashPassword(password, saltFor(userId), passwordCost)),
    );
    const tables = imagineTables(owners, hashes, transactions, seed);
    await inTransaction(client, async () => {
      for (const table of tables) await insert(client, table);
    });
    await client.query('ANALYZE');
    const counts = Object.fromEntries(tables.map((table) => [table.name, table.rows.length]));
    return { users: owners.slice(0, 3), password, counts };
  });
}

/** Repeatable, which a real salt must never be. */
function saltFor(userId: string): Buffer {
  return createHash('sha256').update(userId).digest().subarray(0, 16);
}

/** One statement per 10,000 rows: columns travel as arrays. */
async function insert(client: pg.Client, { name, columns, rows }: Table): Promise<void> {
  const names = columns.map((column) => column.name).join(', ');
  const arrays = columns.map(({ type }, n) => `$${n + 1}::${type}[]`).join(', ');
  for (let start = 0; start < rows.length; start += 10_000) {
    const slice = rows.slice(start, start + 10_000);
    const values = columns.map((_, n) => slice.map((row) => row[n] ?? null));
    await client.query(`INSERT INTO public.${name} (${names}) SELECT * FROM unnest(${arrays})`, values);
  }
}

async function main(): Promise<void> {
  const url = process.env.DATABASE_ADMIN_URL;
  if (url === undefined) throw new Error('set DATABASE_ADMIN_URL');
  const made = await generate({
    url,
    caFile: process.env.DATABASE_CA_FILE,
    password: process.env.DEMO_PASSWORD,
  });
  process.stdout.write(`${JSON.stringify(made)}\n`);
}

if (isProgram(import.meta)) await program(main);
