import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type pg from 'pg';
import { isProgram, program } from '../program.ts';
import { type Connection, inTransaction, roleUrl, withClient } from './connection.ts';
import { scramVerifier } from './scram.ts';

/** The roles that log in. `infra/db/roles.sql` says what each is for. */
const loginRoles = ['migrator', 'api', 'reader', 'auditor', 'backup'] as const;
export type LoginRole = (typeof loginRoles)[number];

/** A role without a password cannot log in. The migrator needs one, to migrate. */
export type RolePasswords = { migrator: string } & Partial<Record<LoginRole, string>>;

export type Migrated = {
  /** Files that were applied now, in order; empty when the database was up to date. */
  applied: readonly string[];
  /** All files that the database has. */
  total: number;
};

/** A number of ours: runs follow each other, also an administrator's and a migrator's. */
const lock = 7_220_001;

/**
 * Makes the roles, sets their passwords, and applies what is missing of the migrations, then the policies and
 * privileges. Safe to repeat, and to run twice at once.
 *
 * @param adminUrl a superuser, or on a managed service the administrator that may create roles with BYPASSRLS
 * @param disposable marks the database as one that may be filled with generated data; refused in production
 * @throws {Error} when a migration that was applied before has been edited since
 */
export async function migrate(options: {
  adminUrl: string;
  passwords: RolePasswords;
  caFile?: string | undefined;
  disposable?: boolean;
}): Promise<Migrated> {
  const { adminUrl, passwords, caFile, disposable = false } = options;
  if (disposable && process.env.NODE_ENV === 'production') {
    throw new Error('a production database is not disposable: unset DATABASE_DISPOSABLE');
  }
  await withClient({ url: adminUrl, caFile }, async (admin) => {
    await admin.query('SELECT pg_advisory_lock($1)', [lock]);
    await inTransaction(admin, async () => {
      await admin.query(sql('roles.sql'));
      for (const role of loginRoles) {
        const password = passwords[role];
        if (password === undefined) continue;
        await admin.query(
          `ALTER ROLE budget_${role} PASSWORD ${admin.escapeLiteral(scramVerifier(password))}`,
        );
      }
      if (disposable) await markDisposable(admin);
    });
  });
  return applyMigrations({ url: roleUrl(adminUrl, 'budget_migrator', passwords.migrator), caFile });
}

/** The everyday half of `migrate`, as `budget_migrator`: needs no administrator, creates no role. */
export async function applyMigrations(connection: Connection): Promise<Migrated> {
  return withClient(connection, async (client) => {
    await client.query('SELECT pg_advisory_lock($1)', [lock]);
    await client.query('SET ROLE budget_owner');
    // Not in public: the tenants' tables are all that the other roles can reach.
    await client.query(`CREATE SCHEMA IF NOT EXISTS migrations`);
    await client.query(`CREATE TABLE IF NOT EXISTS migrations.applied (
      file text PRIMARY KEY, sha256 text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`);
    const known = await knownMigrations(client);
    const files = readdirSync(new URL('migrations/', import.meta.url))
      .filter((name) => name.endsWith('.sql'))
      .sort();
    const applied: string[] = [];
    for (const file of files) {
      const text = sql(`migrations/${file}`);
      const sha256 = createHash('sha256').update(text).digest('hex');
      const before = known.get(file);
      if (before === sha256) continue;
      if (before !== undefined) {
        throw new Error(`${file} was applied in another form: put the change into a new migration`);
      }
      await inTransaction(client, async () => {
        await client.query(text);
        await client.query('INSERT INTO migrations.applied (file, sha256) VALUES ($1, $2)', [file, sha256]);
      });
      applied.push(file);
    }
    await inTransaction(client, async () => {
      await client.query("SET LOCAL lock_timeout = '10s'; SET LOCAL client_min_messages = warning");
      await client.query(sql('rls-policies.sql'));
      await client.query(sql('audit.sql'));
      await client.query(sql('privileges.sql'));
    });
    return { applied, total: files.length };
  });
}

async function knownMigrations(client: pg.Client): Promise<Map<string, string>> {
  const { rows } = await client.query<{ file: string; sha256: string }>(
    'SELECT file, sha256 FROM migrations.applied',
  );
  return new Map(rows.map((row) => [row.file, row.sha256]));
}

const disposableMark = 'disposable: holds generated data only';

async function markDisposable(admin: pg.Client): Promise<void> {
  const { rows } = await admin.query<{ name: string }>('SELECT current_database() AS name');
  for (const { name } of rows) {
    await admin.query(
      `COMMENT ON DATABASE ${admin.escapeIdentifier(name)} IS ${admin.escapeLiteral(disposableMark)}`,
    );
  }
}

/** Whether somebody declared, on the database itself, that generated data may go there. */
export async function isDisposable(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ mark: string | null }>(
    `SELECT shobj_description(oid, 'pg_database') AS mark FROM pg_database WHERE datname = current_database()`,
  );
  return rows[0]?.mark === disposableMark;
}

function sql(path: string): string {
  return readFileSync(new URL(path, import.meta.url), 'utf8');
}

async function main(): Promise<void> {
  const env = process.env;
  const caFile = env.DATABASE_CA_FILE;
  const adminUrl = env.DATABASE_ADMIN_URL;
  const migratorUrl = env.DATABASE_MIGRATOR_URL;
  if (adminUrl !== undefined) {
    const migrator = env.BUDGET_MIGRATOR_PASSWORD;
    if (migrator === undefined) throw new Error('BUDGET_MIGRATOR_PASSWORD is missing');
    const passwords: RolePasswords = { migrator };
    for (const role of loginRoles) {
      const password = env[`BUDGET_${role.toUpperCase()}_PASSWORD`];
      if (password !== undefined) passwords[role] = password;
    }
    const disposable = env.DATABASE_DISPOSABLE === 'yes';
    print(await migrate({ adminUrl, passwords, caFile, disposable }));
  } else if (migratorUrl !== undefined) {
    print(await applyMigrations({ url: migratorUrl, caFile }));
  } else {
    throw new Error(
      'set DATABASE_ADMIN_URL (first time: makes the roles) or DATABASE_MIGRATOR_URL (afterwards)',
    );
  }
}

function print(result: Migrated): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}

if (isProgram(import.meta)) await program(main);
