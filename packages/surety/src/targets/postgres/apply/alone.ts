import { BusyError, type SuretyError, UncertainError } from '../../../core/error.ts';
import type { Step } from '../../../core/plan.ts';
import type { Connection } from '../connection.ts';
import { quoted } from '../name.ts';
import { isHeldUp, SqlError } from '../sql-error.ts';
import { type Named, nameText } from './sql-name.ts';
import { concurrentIndex } from './statement.ts';

/**
 * Building without keeping writers out means waiting for transactions that began earlier. Nobody waits behind it
 * meanwhile, so it may take its time.
 */
const lockMillis = 60_000;
const statementMillis = 3_600_000;

/**
 * Runs a statement that the server wants outside of any transaction. An index that an earlier try left half built is
 * removed first, and one that this try leaves so as well.
 *
 * @throws {BusyError} where transactions that began earlier do not end
 */
export async function runAlone(
  sql: string,
  migrator: Connection,
  failed: (error: SqlError, sql: string) => Promise<SuretyError>,
): Promise<void> {
  const made = concurrentIndex(sql);
  try {
    await migrator.rows(
      "select set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false)",
      [String(lockMillis), String(statementMillis)],
    );
    if (made !== null && (await isDone(migrator, made))) return;
    if (made?.act === 'create') await dropHalfBuilt(migrator, made.index);
    await migrator.rows(sql);
  } catch (error) {
    if (!(error instanceof SqlError)) {
      throw new UncertainError(
        'postgres/uncertain',
        'the connection broke meanwhile, and the server may go on for a while: nobody knows whether it was done',
        'run it again: it looks first',
        { cause: error },
      );
    }
    if (made?.act === 'create') await dropHalfBuilt(migrator, made.index).catch(() => undefined);
    if (!isHeldUp(error)) throw await failed(error, sql);
    throw new BusyError(
      'postgres/busy',
      `transactions that began before ${made === null ? 'it' : nameText(made.index)} do not end; nothing was changed`,
      'run it again when it is less busy',
      { cause: error },
    );
  }
}

/** Whether steps that were begun hold now; `null` where the statements do not say. */
export async function holdsAlone(migrator: Connection, steps: readonly Step[]): Promise<boolean | null> {
  const [step] = steps;
  const made = step !== undefined && 'sql' in step && step.alone === true ? concurrentIndex(step.sql) : null;
  return made === null ? null : isDone(migrator, made);
}

async function isDone(
  migrator: Connection,
  { act, index }: { readonly act: 'create' | 'drop'; readonly index: Named },
): Promise<boolean> {
  const state = await stateOf(migrator, index);
  return act === 'create' ? state === 'valid' : state === 'absent';
}

async function dropHalfBuilt(migrator: Connection, index: Named): Promise<void> {
  if ((await stateOf(migrator, index)) === 'half built')
    await migrator.rows(`drop index concurrently if exists ${indexName(index)}`);
}

async function stateOf(migrator: Connection, index: Named): Promise<'valid' | 'half built' | 'absent'> {
  const [row] = await migrator.rows<{ valid: boolean }>(
    'select i.indisvalid as valid from pg_catalog.pg_index i where i.indexrelid = to_regclass($1)',
    [indexName(index)],
  );
  if (row === undefined) return 'absent';
  return row.valid ? 'valid' : 'half built';
}

function indexName({ schema, name }: Named): string {
  return schema === null ? quoted(name) : `${quoted(schema)}.${quoted(name)}`;
}
