export { TenantClient, tenantClient } from './client.ts';
export { TenantError, type TenantErrorCode } from './error.ts';
export { TenantPool, type TenantPoolConfig, tenantPool } from './pool.ts';
export {
  createTenancy,
  type Statement,
  type Tenancy,
  type TenancyOptions,
  type TenantKind,
} from './tenancy.ts';
export { type TenantTransaction, type TransactionOptions, tenantTransaction } from './transaction.ts';
