import { assertBound, createTenancy, jobPool, TenantError, tenantPool } from '@surety/guard/tenant';
import { tenantPrisma } from '@surety/guard/tenant/prisma';
import type pg from 'pg';
import type { Config } from '../config.ts';
import { PrismaClient } from '../generated/client.ts';

/** What the policies in infra/db/rls-policies.sql read: the user who is asking. */
export const tenancy = createTenancy({ setting: 'app.current_user_id', kind: 'uuid' });

/** The two ways to the database. */
export class Database {
  /**
   * Every query names its user in its own round trip, and is refused unsent where nobody said who that is. Ask it through
   * TenantDatabase, which says so.
   */
  readonly tenants: PrismaClient;
  /** For what happens before there is a user: signing in, and whether the database answers. Sees no tenant's row. */
  readonly nobody: pg.Pool;
  readonly #pool: pg.Pool;
  readonly #role: string;

  constructor(config: Config) {
    const connection = {
      connectionString: config.DATABASE_URL,
      connectionTimeoutMillis: 3_000,
      idleTimeoutMillis: 30_000,
      ...(config.DATABASE_CA_FILE === undefined
        ? {}
        : {
            ssl: { ca: config.DATABASE_CA_FILE, rejectUnauthorized: true, minVersion: 'TLSv1.2' as const },
          }),
    };
    this.#role = decodeURIComponent(new URL(config.DATABASE_URL).username);
    const pool = tenantPool(tenancy, { ...connection, max: config.DATABASE_POOL_MAX });
    this.nobody = jobPool(tenancy, { ...connection, max: 2, role: this.#role });
    // A connection that breaks while nobody uses it shows in the next query.
    for (const one of [pool, this.nobody]) one.on('error', () => undefined);
    this.#pool = pool;
    this.tenants = tenantPrisma(
      pool,
      (adapter) =>
        new PrismaClient({ adapter, log: [], transactionOptions: { maxWait: 3_000, timeout: 8_000 } }),
    );
  }

  /**
   * Row-level security does not apply to superusers, to BYPASSRLS roles, and can be switched off by owners. An API that
   * connects as one of them works perfectly and isolates nobody, so it does not start.
   *
   * @throws {Error} when the role is one of these, or the database does not answer
   */
  async refuseExemptRole(): Promise<void> {
    try {
      await assertBound(this.#pool);
    } catch (error) {
      if (error instanceof TenantError) {
        throw new Error(
          `DATABASE_URL connects as ${this.#role}, which row-level security cannot hold: use budget_api`,
          { cause: error },
        );
      }
      const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
      throw new Error(
        `the database refuses or does not answer${code}: check DATABASE_URL and DATABASE_CA_FILE`,
      );
    }
  }

  async close(): Promise<void> {
    await this.tenants.$disconnect();
    await Promise.all([this.#pool.end(), this.nobody.end()]);
  }
}
