import { TenantError } from './error.ts';
import type { StatementKind } from './statement.ts';

/** What the server says when it is ready: idle, in a transaction, in a failed one. */
type Readiness = 'I' | 'T' | 'E';

/** How a statement goes out: behind the statement that names the tenant, alone, or not at all. */
type Admission = 'named' | 'bare' | TenantError;

/** What one connection knows of its transaction. One statement at a time, so it is never behind. */
export class Conversation {
  #status: Readiness = 'I';
  /** Whose transaction it is; `null` where there is none. */
  #tenant: string | null = null;
  /** The server knows the tenant of this transaction. */
  #named = false;

  get open(): boolean {
    return this.#status !== 'I';
  }

  /** Asked when the statement is about to be written, not when it was queued. */
  admit(kind: StatementKind, tenant: string): Admission {
    if (kind === 'end') return 'bare';
    if (this.#status === 'I') this.#tenant = tenant;
    else if (this.#tenant !== tenant) return otherTenant();
    if (this.#status === 'E' || this.#named) return 'bare';
    // BEGIN and SET TRANSACTION touch no row, and the modes must come before anything that takes a snapshot.
    return kind === 'begin' || kind === 'modes' ? 'bare' : 'named';
  }

  /** Cursors and streams speak for themselves, so the tenant has to be there already. */
  admitForeign(tenant: string): TenantError | null {
    if (this.#status !== 'T') return needsTransaction();
    if (this.#tenant !== tenant) return otherTenant();
    return this.#named ? null : needsTransaction();
  }

  /** A transaction is being opened together with its tenant. */
  opening(tenant: string): void {
    this.#tenant = tenant;
    this.#named = true;
  }

  named(): void {
    this.#named = true;
  }

  completed(tag: string): void {
    // `COMMIT AND CHAIN` leaves a transaction that knows nobody; `ROLLBACK TO` may have undone the naming.
    if (tag === 'COMMIT' || tag === 'ROLLBACK') this.#named = false;
  }

  ready(status: Readiness): void {
    this.#status = status;
    if (status !== 'I') return;
    this.#tenant = null;
    this.#named = false;
  }
}

export function otherTenant(): TenantError {
  return new TenantError(
    'tenant/changed',
    'a transaction of one tenant was used for another; the statement was not sent',
    'end the transaction first: one transaction, one tenant',
  );
}

function needsTransaction(): TenantError {
  return new TenantError(
    'tenant/unsupported',
    'a cursor, stream or other query of its own kind was not sent: it cannot carry a tenant',
    'open it inside a transaction in which a query of the same tenant has run',
  );
}
