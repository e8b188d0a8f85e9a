import type pg from 'pg';
import type { Conversation } from './conversation.ts';
import {
  commandTag,
  corked,
  forgetStatement,
  type QueryCallback,
  sendStatement,
  type WireQuery,
} from './driver.ts';
import { TenantError } from './error.ts';
import type { StatementKind } from './statement.ts';
import type { Statement } from './tenancy.ts';

export type TenantQueryOptions = {
  readonly query: WireQuery;
  readonly kind: StatementKind;
  readonly tenant: string;
  /** Asked when it is sent, so that a token is fresh. */
  readonly naming: () => Statement;
  readonly conversation: Conversation;
  readonly timeout: unknown;
};

/**
 * A query that names its tenant before itself, both before one Sync: one round trip, one transaction, and the
 * local setting ends with it. pg sees one query; the answers to the naming are swallowed here.
 */
export class TenantQuery {
  readonly #query: WireQuery;
  readonly #options: TenantQueryOptions;
  /** The next CommandComplete answers the naming. */
  #naming = false;
  /** pg reads this for its own timer. */
  readonly query_timeout: unknown;

  constructor(options: TenantQueryOptions) {
    this.#query = options.query;
    this.#options = options;
    this.query_timeout = options.timeout;
  }

  // What pg reads and writes on a query, it finds on the one inside.
  get callback(): QueryCallback | undefined {
    return this.#query.callback;
  }
  set callback(callback: QueryCallback | undefined) {
    this.#query.callback = callback;
  }
  get binary(): boolean | undefined {
    return this.#query.binary;
  }
  set binary(binary: boolean | undefined) {
    this.#query.binary = binary;
  }
  get text(): unknown {
    return this.#query.text;
  }
  get _result(): unknown {
    return this.#query._result;
  }
  /** pg takes the next ParseComplete for that of this name, so it is nameless while the naming is answered. */
  get name(): string | undefined {
    return this.#naming ? undefined : this.#query.name;
  }

  submit(connection: pg.Connection): Error | null | undefined {
    const { conversation, kind, tenant, naming } = this.#options;
    const admission = conversation.admit(kind, tenant);
    if (admission instanceof TenantError) return admission;
    if (admission === 'bare') return this.#query.submit(connection);
    let statement: Statement;
    try {
      statement = naming();
    } catch (error) {
      return error instanceof Error ? error : new Error(String(error));
    }
    this.#naming = true;
    corked(connection, () => {
      sendStatement(connection, statement);
      const refused = this.#query.submit(connection);
      // Half a message cannot be taken back. `TenantClient` has looked for each reason that pg knows.
      if (refused) connection.stream.destroy(refused);
    });
    return null;
  }

  handleRowDescription(message: unknown): void {
    this.#query.handleRowDescription(message);
  }

  handleDataRow(message: unknown): void {
    if (!this.#naming) this.#query.handleDataRow(message);
  }

  handleCommandComplete(message: unknown, connection: pg.Connection): void {
    if (this.#naming) {
      this.#naming = false;
      this.#options.conversation.named();
      return;
    }
    this.#options.conversation.completed(commandTag(message));
    this.#query.handleCommandComplete(message, connection);
  }

  handleError(error: Error, connection: pg.Connection): void {
    if (this.#naming && this.#query.name !== undefined) forgetStatement(connection, this.#query.name);
    this.#query.handleError(error, connection);
  }

  handleEmptyQuery(connection: pg.Connection): void {
    this.#query.handleEmptyQuery(connection);
  }
  handlePortalSuspended(connection: pg.Connection): void {
    this.#query.handlePortalSuspended(connection);
  }
  handleCopyInResponse(connection: pg.Connection): void {
    this.#query.handleCopyInResponse(connection);
  }
  handleCopyData(message: unknown, connection: pg.Connection): void {
    this.#query.handleCopyData(message, connection);
  }
  handleReadyForQuery(connection: pg.Connection): void {
    this.#query.handleReadyForQuery(connection);
  }
}
