import pg from 'pg';
import { Conversation } from './conversation.ts';
import { backendOf, checkDriver, type WireQuery, wireQuery } from './driver.ts';
import { TenantError } from './error.ts';
import { Opening, Together } from './opening.ts';
import { type StatementKind, statementKind } from './statement.ts';
import { noTenant, type Tenancy } from './tenancy.ts';
import { TenantQuery } from './tenant-query.ts';

/** In the options of a pool that binds its queue to the callers. A plain pool swaps them: see `tenantPool`. */
export const bindsCallers = Symbol('surety.tenant.bindsCallers');

/**
 * A client of pg that names the current tenant before each query, in the same round trip. A query without a tenant
 * is refused before it is sent. Through the extended protocol only, one statement at a time.
 */
export class TenantClient extends pg.Client {
  readonly #tenancy: Tenancy;
  readonly #conversation = new Conversation();
  readonly #prepared = new Map<string, string>();

  constructor(tenancy: Tenancy, config?: string | pg.ClientConfig) {
    super(config);
    this.#tenancy = tenancy;
    const options = typeof config === 'object' ? config : {};
    if ('Client' in options && !(bindsCallers in options)) throw plainPool();
    if (this.pipeline) throw unsupported('pipeline mode', 'leave the option `pipeline` out');
    this.connection.on('readyForQuery', ({ status }) => this.#conversation.ready(status));
  }

  /** Whether the server is in a transaction on this connection. */
  get inTransaction(): boolean {
    return this.#conversation.open;
  }

  // pg declares eleven overloads, and a method that serves all of them cannot be written down without restating them.
  static {
    Object.defineProperty(TenantClient.prototype, 'query', {
      configurable: true,
      writable: true,
      value(this: TenantClient, config: unknown, values?: unknown, callback?: unknown): unknown {
        if (config instanceof Together) return this.#sendTogether(config);
        return isForeign(config)
          ? this.#sendForeign(config, [values, callback])
          : this.#send(config, values, callback);
      },
    });
  }

  #send(config: unknown, values: unknown, callback: unknown): unknown {
    const query = wireQuery(config, values, callback);
    const kind = statementKind(typeof query.text === 'string' ? query.text : '', this.#tenancy.setting);
    const refusal = this.#refusal(query, kind);
    const tenant = this.#tenancy.peek() ?? '';
    const wrapped = new TenantQuery({
      query,
      kind,
      tenant,
      naming: () => this.#tenancy.naming(tenant, backendOf(this)),
      conversation: this.#conversation,
      timeout:
        typeof config === 'object' && config !== null ? Reflect.get(config, 'query_timeout') : undefined,
    });
    const send = (): void => {
      if (refusal === null) Reflect.apply(pg.Client.prototype.query, this, [wrapped]);
      else process.nextTick(() => query.handleError(refusal, this.connection));
    };
    if (query !== config && query.callback === undefined) return promised(query, send);
    // The socket calls back, and knows nobody.
    if (query.callback !== undefined) query.callback = this.#tenancy.bind(query.callback);
    send();
    return query === config ? config : undefined;
  }

  /** Why the query cannot be sent, or `null`. */
  #refusal({ text, values, rows, name }: WireQuery, kind: StatementKind): Error | null {
    if (rows) return unsupported('the option `rows`', 'use LIMIT, or a cursor in a transaction');
    if (values && !Array.isArray(values)) return new TypeError('Query values must be an array');
    if (typeof text !== 'string') {
      // A name alone may stand for any statement, and its kind would not be known.
      return unsupported('a query without a text', 'send the text along with the name; pg parses it once');
    }
    if (kind === 'outlives') {
      return unsupported(
        'a statement that outlives its query, or needs the simple protocol (SET, RESET, LISTEN, PREPARE, COPY, DISCARD, WITH HOLD)',
        'use SET LOCAL in a transaction, or a connection of a role of its own: jobPool()',
      );
    }
    if (kind !== 'end' && this.#tenancy.peek() === null) return noTenant();
    return name ? this.#nameTaken(name, text) : null;
  }

  #nameTaken(name: string, text: string): Error | null {
    const earlier = this.#prepared.get(name) ?? text;
    if (earlier !== text) return new Error(`prepared statement ${name} was another statement before`);
    this.#prepared.set(name, text);
    return null;
  }

  #sendTogether(together: Together): Together {
    const { submit } = together;
    together.submit = (connection) => {
      if (together instanceof Opening) this.#conversation.opening(together.tenant);
      submit.call(together, connection);
    };
    Reflect.apply(pg.Client.prototype.query, this, [together]);
    return together;
  }

  #sendForeign(foreign: pg.Submittable, rest: readonly unknown[]): unknown {
    const tenant = this.#tenancy.current();
    const { submit } = foreign;
    foreign.submit = (connection) =>
      this.#conversation.admitForeign(tenant) ?? submit.call(foreign, connection);
    return Reflect.apply(pg.Client.prototype.query, this, [foreign, ...rest]);
  }
}

/**
 * The class to hand to a pool that binds its queue: `tenantPool` does. Also usable alone: `new (tenantClient(tenancy))(config)`.
 *
 * @throws {TenantError} `tenant/driver`
 */
export function tenantClient(tenancy: Tenancy): new (config?: string | pg.ClientConfig) => TenantClient {
  checkDriver();
  return class extends TenantClient {
    constructor(config?: string | pg.ClientConfig) {
      super(tenancy, config);
    }
  };
}

function isForeign(config: unknown): config is pg.Submittable {
  if (typeof config !== 'object' || config === null || config instanceof pg.Query) return false;
  return 'submit' in config && typeof config.submit === 'function';
}

function promised(query: WireQuery, send: () => void): Promise<unknown> {
  const answered = new Promise((resolve, reject) => {
    query.callback = (error, result) => (error ? reject(error) : resolve(result));
    send();
  });
  return answered.catch((error: unknown) => {
    // The caller's line, not the socket's.
    if (error instanceof Error) Error.captureStackTrace(error);
    throw error;
  });
}

function unsupported(what: string, hint: string): TenantError {
  return new TenantError('tenant/unsupported', `${what} cannot carry a tenant; nothing was sent`, hint);
}

function plainPool(): TenantError {
  return new TenantError(
    'tenant/option',
    'a plain pg.Pool runs its queue in the context of whoever gave the connection back: it would name the wrong tenant',
    'make the pool by tenantPool(tenancy, config)',
  );
}
