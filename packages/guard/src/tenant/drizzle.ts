import type { DrizzleConfig } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { TenantPool } from './pool.ts';

/**
 * @example
 * const db = tenantDrizzle(tenantPool(tenancy, { connectionString }), { schema });
 */
export function tenantDrizzle<S extends Record<string, unknown> = Record<string, never>>(
  pool: TenantPool,
  options: DrizzleConfig<S> = {},
): NodePgDatabase<S> & { $client: TenantPool } {
  return drizzle(pool, options);
}
