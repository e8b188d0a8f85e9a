import { PrismaPg } from '@prisma/adapter-pg';
import type { Config } from '../config.ts';
import { PrismaClient } from '../generated/client.ts';

/** The connection pool. Only what needs no user asks it directly: see TenantDatabase for everything else. */
export class Database extends PrismaClient {}

export function openDatabase(config: Config): Database {
  const adapter = new PrismaPg({
    connectionString: config.DATABASE_URL,
    max: config.DATABASE_POOL_MAX,
    connectionTimeoutMillis: 3_000,
    idleTimeoutMillis: 30_000,
    ...(config.DATABASE_CA_FILE === undefined
      ? {}
      : { ssl: { ca: config.DATABASE_CA_FILE, rejectUnauthorized: true, minVersion: 'TLSv1.2' } }),
  });
  return new Database({ adapter, log: [], transactionOptions: { maxWait: 3_000, timeout: 8_000 } });
}

/**
 * Row-level security does not apply to superusers, to BYPASSRLS roles, and can be switched off by owners. An API that
 * connects as one of them works perfectly and isolates nobody, so it does not start.
 *
 * @throws {Error} when the role is one of these, or the database does not answer
 */
export async function refuseExemptRole(database: Database): Promise<void> {
  const role = await currentRole(database);
  if (role === undefined || role.exempt || role.owns) {
    throw new Error(
      `DATABASE_URL connects as ${role?.name ?? 'an unknown role'}, which row-level security cannot hold: use budget_api`,
    );
  }
}

type Role = { name: string; exempt: boolean; owns: boolean };

async function currentRole(database: Database): Promise<Role | undefined> {
  try {
    const [role] = await database.$queryRaw<Role[]>`
      SELECT r.rolname AS name, r.rolsuper OR r.rolbypassrls AS exempt,
        EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.relnamespace = 'public'::regnamespace
          AND c.relkind IN ('r', 'p') AND pg_has_role(r.oid, c.relowner, 'MEMBER')) AS owns
      FROM pg_catalog.pg_roles r WHERE r.rolname = current_user`;
    return role;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
    throw new Error(
      `the database refuses or does not answer${code}: check DATABASE_URL and DATABASE_CA_FILE`,
    );
  }
}
