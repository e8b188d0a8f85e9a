import type { Prisma } from '../generated/client.ts';
import { type Database, tenancy } from './database.ts';

export type TenantQueries = Prisma.TransactionClient;

/** The way to tenants' rows: every query says on whose behalf, because there is no other way to make one. */
export class TenantDatabase {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Runs `work`, each of whose queries the database knows to be this user's. The name goes with the query and ends with
   * it, on whichever connection of the pool that was, and however the request ended.
   */
  async as<T>(userId: string, work: (queries: TenantQueries) => Promise<T>): Promise<T> {
    // Awaited in here: Prisma sends a query when somebody waits for it, and only inside is it known whose it is.
    return tenancy.runAs(userId, async () => await work(this.#database.tenants));
  }

  /** The same in one transaction, for queries that must see the same state, or be written all or none. */
  async inOneTransaction<T>(userId: string, work: (queries: TenantQueries) => Promise<T>): Promise<T> {
    return tenancy.runAs(userId, async () => await this.#database.tenants.$transaction(work));
  }
}
