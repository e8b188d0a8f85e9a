import pg from 'pg';
import { bindsCallers, TenantClient, tenantClient } from './client.ts';
import { noTenant, type Tenancy } from './tenancy.ts';

export type TenantPoolConfig = Omit<pg.PoolConfig, 'Client' | 'pipeline'>;

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  done: (release?: unknown) => void,
) => void;

/**
 * A pool of pg whose every query names its tenant: `tenantPool` makes one. A caller that waits for a connection keeps
 * its tenant, and a connection that comes back in an open transaction is closed.
 */
export class TenantPool extends pg.Pool {
  readonly tenancy: Tenancy;

  constructor(tenancy: Tenancy, config: TenantPoolConfig = {}) {
    super({ ...config, Client: tenantClient(tenancy), ...{ [bindsCallers]: true } });
    this.tenancy = tenancy;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | undefined {
    // Before a connection is taken: Drizzle does not give one back when its BEGIN is refused.
    const refusal = this.tenancy.peek() === null ? noTenant() : null;
    if (callback === undefined) {
      return refusal === null ? super.connect().then(closedIfOpen) : Promise.reject(refusal);
    }
    // pg-pool calls back from whatever released the connection: without this, 159 of 400 saw another's tenant.
    const own = this.tenancy.bind(callback);
    if (refusal !== null) {
      process.nextTick(() => own(refusal, undefined, () => undefined));
      return undefined;
    }
    super.connect((error, client, done) => {
      if (client === undefined) return own(error, client, done);
      const watched = closedIfOpen(client);
      own(error, watched, (release) =>
        watched.release(release instanceof Error ? release : Boolean(release)),
      );
    });
    return undefined;
  }
}

/**
 * @example
 * const pool = tenantPool(tenancy, { connectionString, max: 10 });
 * await tenancy.runAs(userId, () => pool.query('select name from accounts where id = $1', [id]));
 *
 * @throws {TenantError} `tenant/driver`
 */
export function tenantPool(tenancy: Tenancy, config: TenantPoolConfig = {}): TenantPool {
  return new TenantPool(tenancy, config);
}

/** The next to take the connection would find itself in the transaction of another. */
function closedIfOpen(client: pg.PoolClient): pg.PoolClient {
  const { release } = client;
  client.release = (reason) => {
    const open = client instanceof TenantClient && client.inTransaction;
    release.call(client, reason || open);
  };
  return client;
}
