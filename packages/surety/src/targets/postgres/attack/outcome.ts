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

/** No such statement for such a table, whoever asks. */
const impossible: Readonly<Record<string, string>> = {
  '0A000': 'the server has no such statement for this table',
  '42809': 'the server has no such statement for this kind of table',
  '428C9': 'the server makes the values of this column itself',
  '42P10': 'no key to conflict with',
  '55000': 'a deferrable key to conflict with',
};

const inTheWay: Readonly<Record<string, string>> = {
  '22012': 'a policy or trigger divides by zero',
  '25006': 'the session is read-only',
  '42P17': 'its policies ask for one another without end',
  '54001': 'its policies or triggers call one another too deep',
  '55P03': 'somebody else held a lock on it',
  '57014': 'it took too long',
  '40P01': 'a deadlock with somebody else',
};

/** @throws whatever is not an answer of the server */
export function fromError(error: unknown): Outcome {
  if (!(error instanceof SqlError)) throw error;
  const { state } = error;
  if (error.unplaced) return broken(`no partition takes the row that was made up (${state})`);
  if (turnedDown.has(state)) return { result: 'refused', detail: state };
  const why = inTheWay[state] ?? impossible[state];
  return broken(why === undefined ? state : `${why} (${state})`);
}

/** Whether the act cannot be done on that table by anybody, for a reason that lies in the statement. */
export function isImpossible({ result, detail }: Outcome): boolean {
  return (
    result === 'broken' && Object.entries(impossible).some(([state, why]) => detail === `${why} (${state})`)
  );
}

/** Whether the next act would only wait as long again. */
export function isStuck({ result, detail }: Outcome): boolean {
  return result === 'broken' && /\((55P03|57014)\)$/.test(detail);
}

/** How many rows a statement of a party touched, or that a constraint stopped it, and the transaction with it. */
export async function countOrConflict(
  app: Connection,
  sql: string,
  values: readonly unknown[],
): Promise<Count> {
  try {
    return await app.touched(sql, values);
  } catch (error) {
    if (!isConflict(error)) throw error;
    return 'conflict';
  }
}

/** The same of an insertion, which the policies have not been asked about where no partition takes the row. */
export async function addedOrConflict(
  app: Connection,
  sql: string,
  values: readonly unknown[],
): Promise<Count> {
  try {
    return await app.touched(sql, values);
  } catch (error) {
    if (!isConflictOfNew(error)) throw error;
    return 'conflict';
  }
}

function isConflict(error: unknown): error is SqlError {
  return error instanceof SqlError && error.state.startsWith('23');
}

export function isConflictOfNew(error: unknown): boolean {
  return isConflict(error) && !error.unplaced;
}
