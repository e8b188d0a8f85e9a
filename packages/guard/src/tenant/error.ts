/** Codes that programs may rely on. */
export type TenantErrorCode =
  /** A query, and nobody said for which tenant. It was not sent. */
  | 'tenant/none'
  /** The tenant's name has the wrong form. */
  | 'tenant/invalid'
  /** The name of the setting, or another option, is wrong. */
  | 'tenant/option'
  /** A transaction of one tenant was used as another. The statement was not sent. */
  | 'tenant/changed'
  /** What was asked for cannot carry a tenant, or would outlive the query. It was not sent. */
  | 'tenant/unsupported'
  /** The client is used after its transaction has ended, or while a nested one is open. */
  | 'tenant/closed'
  /** COMMIT was answered by ROLLBACK: an earlier statement had failed. */
  | 'tenant/not-committed'
  /** The role that the pool logs in as is not bound by row security. */
  | 'tenant/unbound-role'
  /** This version of a driver is not the one that this was built for. */
  | 'tenant/driver';

/** A lowercase fact, and one hint of what to do next. Holds no tenant, no value and no statement. */
export class TenantError extends Error {
  override readonly name = 'TenantError';
  readonly code: TenantErrorCode;
  readonly hint: string;

  constructor(code: TenantErrorCode, message: string, hint: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}
