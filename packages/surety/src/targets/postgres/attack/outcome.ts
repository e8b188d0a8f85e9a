import type { Attempt } from '@surety/evidence';
import type { Connection } from '../connection.ts';
import { SqlError } from '../sql-error.ts';

/** What came of one statement, before it is said whose it was. */
export type Outcome = Pick<Attempt, 'result' | 'detail'>;

export function broken(detail: string): Outcome {
  return { result: 'broken', detail };
}

export function rows(count: number): Outcome {
  if (count === 0) return { result: 'refused', detail: '0 rows' };
  return { result: 'done', detail: count === 1 ? '1 row' : `${count} rows` };
}

export type Count = number | 'conflict';

/** Row security is asked before constraints are: a conflict shows that the act had got past it. */
export function reached(count: Count): Outcome {
  return count === 'conflict'
    ? { result: 'done', detail: 'past row security, then a constraint' }
    : rows(count);
}

/** Not permitted; not a value of the tenant's type; no such setting. The policies did the refusing. */
const turnedDown = new Set(['42501', '22P02', '42704']);

/** @throws whatever is not an answer of the server */
export function fromError(error: unknown): Outcome {
  if (!(error instanceof SqlError)) throw error;
  return turnedDown.has(error.state) ? { result: 'refused', detail: error.state } : broken(error.state);
}

/** How many rows a statement touched inside `undone`, or that a constraint stopped it. */
export async function countOrConflict(
  app: Connection,
  sql: string,
  values: readonly unknown[],
): Promise<Count> {
  try {
    return await app.touched(sql, values);
  } catch (error) {
    if (!(error instanceof SqlError && error.state.startsWith('23'))) throw error;
    // The transaction goes on from where the act began.
    await app.rows('rollback to savepoint surety');
    return 'conflict';
  }
}
