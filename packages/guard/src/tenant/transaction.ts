import pg from 'pg';
import { otherTenant } from './conversation.ts';
import { backendOf } from './driver.ts';
import { TenantError } from './error.ts';
import { type Lease, lease } from './lease.ts';
import { Opening, sendTogether, Together } from './opening.ts';
import { statementKind } from './statement.ts';
import type { Tenancy } from './tenancy.ts';

/** What `work` gets: queries of one tenant in one transaction, through the extended protocol. */
export type TenantTransaction = {
  readonly tenant: string;
  /**
   * One statement, its values as binds.
   *
   * @throws {TenantError} `tenant/closed`, `tenant/unsupported`, `tenant/changed`
   */
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    text: string,
    values?: readonly unknown[],
  ): Promise<pg.QueryResult<R>>;
  /** A savepoint: an error that leaves `work` undoes what it did, and nothing else. */
  transaction<T>(work: (inner: TenantTransaction) => Promise<T>): Promise<T>;
};

export type TransactionOptions = {
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable';
  readonly access?: 'read only' | 'read write';
  readonly deferrable?: boolean;
  /** Aborting closes the connection; the server rolls back. COMMIT, once sent, is waited for. */
  readonly signal?: AbortSignal;
};

/**
 * Runs `work` in one transaction of one tenant. BEGIN and the naming of the tenant are one round trip; COMMIT, or
 * ROLLBACK when `work` throws, is another. A connection that cannot roll back is closed. Any pool of pg will do.
 *
 * @example
 * await tenantTransaction(tenancy, pool, userId, async (tx) => {
 *   await tx.query('update accounts set name = $1 where id = $2', [name, id]);
 * });
 *
 * @throws {TenantError} `tenant/invalid`, `tenant/not-committed`; what `work` throws; what COMMIT answers;
 *   the signal's reason
 */
export async function tenantTransaction<T>(
  tenancy: Tenancy,
  pool: pg.Pool,
  tenant: string,
  work: (transaction: TenantTransaction) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return tenancy.runAs(tenant, async () => {
    const held = await lease(pool, options.signal);
    try {
      await open(
        held,
        new Opening(beginText(options), tenancy.naming(tenant, backendOf(held.client)), tenant),
      );
      const result = await held.abortable(() => workedOrRolledBack(held, { tenancy, tenant }, work));
      await commit(held);
      return result;
    } finally {
      held.giveBack();
    }
  });
}

function beginText({ isolation, access, deferrable }: TransactionOptions): string {
  const modes = [
    isolation === undefined ? [] : [isolations[isolation]],
    access === undefined ? [] : [accesses[access]],
    deferrable === undefined ? [] : [deferrable ? 'deferrable' : 'not deferrable'],
  ].flat();
  if (modes.includes(undefined))
    throw new TenantError(
      'tenant/option',
      'this mode of a transaction is not known',
      'see TransactionOptions',
    );
  return modes.length === 0 ? 'begin' : `begin ${modes.join(', ')}`;
}

// Looked up, not pasted: a caller without types may hand over anything.
const isolations: Readonly<Record<string, string>> = {
  'read committed': 'isolation level read committed',
  'repeatable read': 'isolation level repeatable read',
  serializable: 'isolation level serializable',
};
const accesses: Readonly<Record<string, string>> = { 'read only': 'read only', 'read write': 'read write' };

async function open(held: Lease, opening: Opening): Promise<void> {
  try {
    await held.abortable(() => sendTogether(held.client, opening));
  } catch (error) {
    // BEGIN may have been taken and the naming refused.
    held.destroy();
    throw error;
  }
}

async function workedOrRolledBack<T>(
  held: Lease,
  whose: Whose,
  work: (transaction: TenantTransaction) => Promise<T>,
): Promise<T> {
  const { transaction, close } = session(held.client, whose, 1);
  try {
    return await work(transaction);
  } catch (error) {
    await held.client.query('rollback').catch(() => held.destroy());
    throw error;
  } finally {
    close();
  }
}

async function commit(held: Lease): Promise<void> {
  try {
    const { command } = await held.client.query('commit');
    if (command === 'COMMIT') return;
  } catch (error) {
    // The server answered, and the transaction is over. Asked again, it also says so, and the connection is kept.
    const answered = error instanceof pg.DatabaseError && error.severity === 'ERROR';
    if (answered) await held.client.query('rollback').catch(() => held.destroy());
    else held.destroy();
    throw error;
  }
  throw new TenantError(
    'tenant/not-committed',
    'nothing was written: an earlier statement of the transaction had failed, and its error was swallowed',
    'let the error leave the callback, or put the statement into a nested transaction()',
  );
}

type Whose = { readonly tenancy: Tenancy; readonly tenant: string };
type Session = { readonly transaction: TenantTransaction; close(): void };

function session(client: pg.PoolClient, whose: Whose, depth: number): Session {
  let state: 'open' | 'nested' | 'closed' = 'open';
  const check = (): void => {
    if (state !== 'open') throw notOpen(state);
    if (whose.tenancy.peek() !== whose.tenant) throw otherTenant();
  };
  const transaction: TenantTransaction = {
    tenant: whose.tenant,
    async query(text, values = []) {
      check();
      refuseControl(text, whose.tenancy.setting);
      const config = { text, values: [...values], queryMode: 'extended' };
      return client.query(config);
    },
    async transaction(work) {
      check();
      state = 'nested';
      try {
        return await inSavepoint(client, whose, depth, work);
      } finally {
        if (state === 'nested') state = 'open';
      }
    },
  };
  return {
    transaction,
    close() {
      state = 'closed';
    },
  };
}

async function inSavepoint<T>(
  client: pg.PoolClient,
  whose: Whose,
  depth: number,
  work: (transaction: TenantTransaction) => Promise<T>,
): Promise<T> {
  const name = `surety_${depth}`;
  await client.query(`savepoint ${name}`);
  const { transaction, close } = session(client, whose, depth + 1);
  try {
    const result = await work(transaction);
    await client.query(`release savepoint ${name}`);
    return result;
  } catch (error) {
    const undo = [`rollback to savepoint ${name}`, `release savepoint ${name}`];
    // Where this fails too, the transaction is lost, and COMMIT will say so.
    await sendTogether(client, new Together(undo.map((text) => ({ text, values: [] })))).catch(
      () => undefined,
    );
    throw error;
  } finally {
    close();
  }
}

function refuseControl(text: string, setting: string): void {
  const kind = statementKind(text, setting);
  if (kind === 'ordinary') return;
  throw new TenantError(
    'tenant/unsupported',
    kind === 'outlives'
      ? 'a statement that outlives its transaction was not sent'
      : 'the transaction was to be ended or changed from inside; the statement was not sent',
    kind === 'outlives'
      ? 'use SET LOCAL, or a connection of a role of its own: jobPool()'
      : 'return to commit, throw to roll back, transaction() for a savepoint, and options for its modes',
  );
}

function notOpen(state: 'nested' | 'closed'): TenantError {
  return state === 'closed'
    ? new TenantError(
        'tenant/closed',
        'the transaction has ended',
        'await every query before the callback returns',
      )
    : new TenantError(
        'tenant/closed',
        'a nested transaction is open',
        'use the client that it was given, one at a time',
      );
}
