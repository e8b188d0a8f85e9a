import { SuretyError } from '../../core/error.ts';
import type { Connection } from './connection.ts';
import { SqlError } from './sql-error.ts';

const form = /^(rollback to |release )?savepoint \w+$/;

/** `savepoint a`, `rollback to savepoint a`, `release savepoint a`. */
export function isSavepoint(sql: string): boolean {
  return form.test(sql);
}

/**
 * Runs `work` and takes back whatever it did, its settings and locks too; the transaction goes on. `null` where the server
 * said no to it. May be nested.
 *
 * @throws what is not an answer of the server
 */
export async function takenBack<T>(connection: Connection, work: () => Promise<T>): Promise<T | null> {
  await connection.rows('savepoint surety_taken_back');
  try {
    return await work();
  } catch (error) {
    if (isAnswer(error)) return null;
    throw error;
  } finally {
    // A savepoint of the same name may lie below: released, this one does not stand in its place.
    await Promise.all([
      connection.rows('rollback to savepoint surety_taken_back'),
      connection.rows('release savepoint surety_taken_back'),
    ]);
  }
}

function isAnswer(error: unknown): boolean {
  return error instanceof SqlError || (error instanceof SuretyError && error.cause instanceof SqlError);
}
