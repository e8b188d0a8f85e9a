import { SuretyError } from '../../../core/error.ts';
import type { Step } from '../../../core/plan.ts';
import type { Touch } from '../../../core/target.ts';
import type { CatalogRelation } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import { quotedRelation } from '../name.ts';
import { SqlError } from '../sql-error.ts';

const changing: readonly Touch[] = ['writes', 'disrupts'];

/**
 * Runs the steps as the migrator, all or none. A table that is in use for longer than 3 s is left alone.
 *
 * @throws {SuretyError} `postgres/touch`, `postgres/not-sql`, `postgres/step-failed`
 */
export async function carryOut(
  steps: readonly Step[],
  touch: Touch,
  join: () => Promise<Connection>,
): Promise<void> {
  if (!changing.includes(touch)) {
    throw new SuretyError(
      'postgres/touch',
      `a run that may touch ${touch} changes nothing`,
      'use surety apply',
    );
  }
  const statements = steps.map(statementOf);
  const migrator = await join();
  try {
    await migrator.rows('begin');
    await migrator.rows(
      "select set_config('lock_timeout', '3s', true), set_config('statement_timeout', '60s', true)",
    );
    for (const sql of statements) await runStep(migrator, sql);
    await migrator.rows('commit');
  } finally {
    await migrator.end();
  }
}

function statementOf(step: Step): string {
  if ('sql' in step) return step.sql;
  throw new SuretyError(
    'postgres/not-sql',
    'a database takes SQL, not files',
    'this is a mistake in the control',
  );
}

async function runStep(migrator: Connection, sql: string): Promise<void> {
  try {
    await migrator.rows(sql);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw new SuretyError(
      'postgres/step-failed',
      `nothing was changed: ${error.message} at: ${sql.slice(0, 120)}`,
      error.state === '55P03'
        ? 'try again when the table is less busy'
        : 'mend the cause, then apply it again',
      { cause: error },
    );
  }
}

/** Rows that the application's role sees while no tenant is set: those would vanish from it. */
export async function impactOn(
  relation: CatalogRelation,
  app: Connection,
): Promise<readonly { subject: string; count: number; unit: string }[]> {
  if (!relation.grants.includes('select')) return [];
  const [row] = await app.rows<{ count: number }>(
    `select count(*)::int as count from ${quotedRelation(relation)}`,
  );
  return [{ subject: `${relation}: seen while no tenant is set`, count: row?.count ?? 0, unit: 'rows' }];
}
