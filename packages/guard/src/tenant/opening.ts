import type pg from 'pg';
import { corked, type QueryCallback, sendStatement } from './driver.ts';
import type { Statement } from './tenancy.ts';

/** Statements before one Sync: one round trip. Their rows are not wanted. */
export class Together {
  readonly #statements: readonly Statement[];
  callback: QueryCallback | undefined;

  constructor(statements: readonly Statement[]) {
    this.#statements = statements;
  }

  submit(connection: pg.Connection): void {
    corked(connection, () => {
      for (const statement of this.#statements) sendStatement(connection, statement);
      connection.sync();
    });
  }

  handleError(error: Error): void {
    this.callback?.(error);
  }
  handleReadyForQuery(): void {
    this.callback?.(null);
  }
  handleRowDescription(): void {}
  handleDataRow(): void {}
  handleCommandComplete(): void {}
  handleEmptyQuery(): void {}
}

/** BEGIN and the naming of the tenant, in this order: the modes of a transaction come before any snapshot. */
export class Opening extends Together {
  readonly tenant: string;

  constructor(begin: string, naming: Statement, tenant: string) {
    super([{ text: begin, values: [] }, naming]);
    this.tenant = tenant;
  }
}

export function sendTogether(client: pg.ClientBase, together: Together): Promise<void> {
  return new Promise((resolve, reject) => {
    together.callback = (error) => (error ? reject(error) : resolve());
    client.query(together);
  });
}
