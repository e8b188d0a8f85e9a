import { SuretyError } from '../../../../core/error.ts';
import type { Connection } from '../../connection.ts';
import { SqlError } from '../../sql-error.ts';

/** An expression in parentheses that gives one value, asked for a table. */
export type Question = { readonly oid: number; readonly sql: string };

/** Answers as text, by oid; of those that could not be had, the SQLSTATE. */
export type Answers = {
  readonly given: ReadonlyMap<number, string>;
  readonly failed: ReadonlyMap<number, string>;
};

/** Small enough to be planned quickly, large enough that round trips do not count. */
const together = 40;

/**
 * Asks many questions in few statements. One that fails is found by halves and keeps no other from being
 * answered; the transaction is afterwards as it was.
 */
export async function answersTo(
  connection: Connection,
  questions: readonly Question[],
  values: readonly unknown[] = [],
): Promise<Answers> {
  return answersBy(questions, (sql) => apart(connection, sql, values));
}

/** The same with another way to ask: `ask` gives the array that a `select array[…]` selects as `answers`. */
export async function answersBy(
  questions: readonly Question[],
  ask: (sql: string) => Promise<readonly { answers: readonly (string | null)[] }[]>,
): Promise<Answers> {
  const given = new Map<number, string>();
  const failed = new Map<number, string>();
  const settle = async (some: readonly Question[]): Promise<void> => {
    if (some.length === 0) return;
    try {
      const [row] = await ask(
        `select array[${some.map(({ sql }) => `(${sql})::text`).join(', ')}] as answers`,
      );
      for (const [index, { oid }] of some.entries()) given.set(oid, row?.answers[index] ?? '');
    } catch (error) {
      const state = stateOf(error);
      const [only, second] = some;
      if (second !== undefined) {
        const half = Math.ceil(some.length / 2);
        await settle(some.slice(0, half));
        await settle(some.slice(half));
      } else if (only !== undefined) failed.set(only.oid, state);
    }
  };
  const chunks = Array.from({ length: Math.ceil(questions.length / together) }, (_, index) =>
    questions.slice(index * together, (index + 1) * together),
  );
  await Promise.all(chunks.map(settle));
  return { given, failed };
}

/** Rows of the last of some statements, of which nothing stays; sent as a whole, so that others may be under way. */
export async function apart<Row extends Record<string, unknown>>(
  connection: Connection,
  sql: string,
  values: readonly unknown[] = [],
  before: readonly string[] = [],
): Promise<readonly Row[]> {
  const sent = [
    connection.rows('savepoint surety_apart'),
    ...before.map((statement) => connection.rows(statement)),
  ];
  const asked = connection.rows<Row>(sql, values);
  const back = [
    connection.rows('rollback to savepoint surety_apart'),
    connection.rows('release savepoint surety_apart'),
  ];
  const [answer, ...others] = await Promise.allSettled([asked, ...sent, ...back]);
  const first = others.find((result) => result.status === 'rejected');
  if (first !== undefined) throw first.reason;
  if (answer.status === 'rejected') throw answer.reason;
  return answer.value;
}

/** @throws what is not an answer of the server */
export function stateOf(error: unknown): string {
  if (error instanceof SqlError) return error.state;
  if (error instanceof SuretyError && error.cause instanceof SqlError) return error.cause.state;
  throw error;
}
