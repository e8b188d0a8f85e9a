import { PostgresDialect, type PostgresDialectConfig } from 'kysely';
import pg from 'pg';
import type { TenantPool } from './pool.ts';

/**
 * @example
 * const db = new Kysely<Database>({ dialect: tenantDialect(tenantPool(tenancy, { connectionString })) });
 */
export function tenantDialect(
  pool: TenantPool,
  options: Omit<PostgresDialectConfig, 'pool' | 'controlClient'> = {},
): PostgresDialect {
  // Cancelling a query is not the tenant's, and may happen after its request has ended.
  return new PostgresDialect({ ...options, pool, controlClient: pg.Client });
}
