import type pg from 'pg';
import type { Connection } from '../connection.ts';
import { isSavepoint } from '../savepoint.ts';

/**
 * The inspector of an attack, whose transaction is as long as the attack: every statement gives back the locks that it took,
 * because those of thousands of tables are more than a server holds for one transaction.
 */
export function lockless(inspector: Connection): Connection {
  const apart = async <T>(ask: () => Promise<T>): Promise<T> => {
    const before = inspector.rows('savepoint surety_look');
    const asked = ask();
    const after = [
      inspector.rows('rollback to savepoint surety_look'),
      inspector.rows('release savepoint surety_look'),
    ];
    const [answer, ...others] = await Promise.allSettled([asked, before, ...after]);
    const failed = others.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    if (answer.status === 'rejected') throw answer.reason;
    return answer.value;
  };
  const isPlain = (sql: string): boolean => !isSavepoint(sql) && !sets.test(sql);
  return {
    ...inspector,
    rows: <Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]) =>
      isPlain(sql) ? apart(() => inspector.rows<Row>(sql, values)) : inspector.rows<Row>(sql, values),
  };
}

/** What is set is meant to hold for the statements that follow. */
const sets = /^\s*(select set_config\(|set )/i;
