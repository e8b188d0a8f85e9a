export { TenantClient, tenantClient } from './client.ts';
export { TenantError, type TenantErrorCode } from './error.ts';
export { TenantPool, type TenantPoolConfig, tenantPool } from './pool.ts';
export { assertBound, type BoundRole, type JobPoolConfig, jobPool } from './roles.ts';
export { addSigningKey, type SignedByOptions, type SigningKey, signedBy } from './signed.ts';
export { type SignedContextOptions, signedContextSql } from './signed-sql.ts';
export {
  createTenancy,
  type Naming,
  type Statement,
  type Tenancy,
  type TenancyOptions,
  type TenantKind,
} from './tenancy.ts';
export { type TenantTransaction, type TransactionOptions, tenantTransaction } from './transaction.ts';
