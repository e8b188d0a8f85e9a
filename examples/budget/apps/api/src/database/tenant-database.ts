import type { Prisma } from '../generated/client.ts';
import type { Database } from './database.ts';

export type TenantQueries = Prisma.TransactionClient;

/** The way to tenants' rows: every query says on whose behalf, because there is no other way to make one. */
export class TenantDatabase {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Runs `work` in one transaction, in which the database knows the user: the policies in infra/db/rls-policies.sql read
   * this setting. `true` makes it local to the transaction, so that it ends with it, on whichever connection of the
   * pool that was, and however the request ended.
   */
  async as<T>(userId: string, work: (queries: TenantQueries) => Promise<T>): Promise<T> {
    return this.#database.$transaction(async (queries) => {
      await queries.$queryRaw`SELECT set_config('app.current_user_id', ${userId}, true) AS set`;
      return work(queries);
    });
  }
}
