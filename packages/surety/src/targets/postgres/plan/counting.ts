import type { Connection } from '../connection.ts';
import { SqlError } from '../sql-error.ts';
import type { Count } from './key-plan.ts';

const millis = 3_000;

/** What each statement counts, as the inspector; `null` where it could not, or not in time. */
export async function countAll(
  inspector: Connection,
  counts: readonly Count[],
): Promise<ReadonlyMap<string, number | null>> {
  const found = new Map<string, number | null>();
  for (const { id, sql } of counts) found.set(id, await countOrNull(inspector, sql));
  return found;
}

async function countOrNull(inspector: Connection, sql: string): Promise<number | null> {
  await inspector.rows('savepoint surety_count');
  try {
    await inspector.rows("select set_config('statement_timeout', $1, true)", [String(millis)]);
    const [row] = await inspector.rows<{ count: number }>(sql);
    return row?.count ?? null;
  } catch (error) {
    if (error instanceof SqlError) return null;
    throw error;
  } finally {
    await inspector.rows('rollback to savepoint surety_count');
  }
}
