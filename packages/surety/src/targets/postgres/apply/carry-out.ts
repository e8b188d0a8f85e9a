import { setTimeout as sleep } from 'node:timers/promises';
import { BusyError, StepError, SuretyError, UncertainError } from '../../../core/error.ts';
import type { Step } from '../../../core/plan.ts';
import type { Touch } from '../../../core/target.ts';
import type { Connection } from '../connection.ts';
import { isHeldUp, SqlError } from '../sql-error.ts';
import { runAlone } from './alone.ts';
import { whatIsMissing } from './denied.ts';
import { type Lock, locksOf } from './locks.ts';
import { type Holder, holderOf, takeLocks } from './take-locks.ts';
import { lost } from './writer.ts';

const changing: readonly Touch[] = ['writes', 'disrupts'];

/** Milliseconds between attempts to lock what is in use; after the last, it is left for later. */
const pauses = [100, 200, 400, 800, 1_600] as const;
/** A statement waits no longer than this for a lock: whoever comes after us waits as long. */
const lockMillis = 300;
const statementMillis = 60_000;

/**
 * Runs the steps of one change as the migrator, all or none. Tables are locked before the first step, in one order;
 * one that somebody keeps is left alone after a few tries.
 *
 * @throws {SuretyError} `postgres/touch`, `postgres/not-sql`, `postgres/lost`
 * @throws {StepError} `postgres/step-failed`, `postgres/without-effect`
 * @throws {BusyError} and nothing was changed
 * @throws {UncertainError} where the connection broke while the change was made final
 */
export async function carryOut(
  steps: readonly Step[],
  touch: Touch,
  writer: () => Promise<Connection>,
  signal: AbortSignal,
): Promise<void> {
  if (!changing.includes(touch)) {
    throw new SuretyError(
      'postgres/touch',
      `a run that may touch ${touch} changes nothing`,
      'use surety apply',
    );
  }
  const statements = steps.map(statementOf);
  const migrator = await writer();
  const [only] = steps;
  if (steps.some((step) => 'sql' in step && step.alone === true)) {
    if (steps.length !== 1 || only === undefined)
      throw new SuretyError(
        'postgres/not-alone',
        'a step that the server wants outside of transactions is not the only one of its change',
        'this is a mistake in the control',
      );
    await runAlone(statementOf(only), migrator, (error, sql) => failed(error, sql, migrator));
    return;
  }
  await inTransaction(statements, locksOf(steps), migrator, signal);
}

async function inTransaction(
  statements: readonly string[],
  locks: readonly Lock[],
  migrator: Connection,
  signal: AbortSignal,
): Promise<void> {
  let queue = false;
  for (let attempt = 0; ; attempt += 1) {
    const holder = await tryOnce(statements, locks, queue, migrator);
    if (holder === null) return;
    const pause = pauses[attempt];
    if (pause === undefined) throw busy(holder);
    // Whoever has only just begun is soon done; behind anybody else we would hold up everyone who comes after us.
    queue = holder.brief;
    await sleep(pause, undefined, { signal });
  }
}

/** Remarks of the server on a GRANT or REVOKE of which nothing, or only a part, was done. */
const ineffective: readonly string[] = ['01006', '01007'];

function withoutEffect(sql: string): StepError {
  return new StepError(
    'postgres/without-effect',
    `nothing was changed: the migrator may not pass on or take back rights here, and the server only warns of it, at: ${sql.slice(0, 120)}`,
    'let the owner of what it names, or a superuser, be the migrator of the target',
  );
}

/** `null`: done. */
async function tryOnce(
  statements: readonly string[],
  locks: readonly Lock[],
  queue: boolean,
  migrator: Connection,
): Promise<Holder | null> {
  try {
    await migrator.rows('begin');
    await migrator.rows(
      "select set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true), set_config('client_min_messages', 'warning', true)",
      [String(lockMillis), String(statementMillis)],
    );
    const holder = await takeLocks(migrator, locks, queue);
    if (holder !== null) return holder;
    for (const sql of statements) {
      const trouble = await runStep(sql, locks, migrator);
      if (trouble !== null) return trouble;
    }
  } catch (error) {
    await migrator.rows('rollback').catch(() => undefined);
    throw lost(error);
  }
  await commit(migrator);
  return null;
}

async function runStep(sql: string, locks: readonly Lock[], migrator: Connection): Promise<Holder | null> {
  try {
    const remarks = await migrator.remarked(sql);
    if (remarks.some((state) => ineffective.includes(state))) throw withoutEffect(sql);
    return null;
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    await migrator.rows('rollback');
    if (!isHeldUp(error)) throw await failed(error, sql, migrator);
    const [first] = locks;
    return first === undefined
      ? { what: `what this needs (${sql.slice(0, 60)})`, who: null, brief: true }
      : holderOf(migrator, first);
  }
}

async function commit(migrator: Connection): Promise<void> {
  try {
    await migrator.rows('commit');
  } catch (error) {
    if (error instanceof SqlError)
      throw new StepError(
        'postgres/step-failed',
        `nothing was changed: ${error.message} at the end of the change`,
        'mend the cause, then apply it again',
        { cause: error },
      );
    throw new UncertainError(
      'postgres/uncertain',
      'the connection broke while the change was made final, so nobody knows whether it was',
      'run it again: it looks first',
      { cause: error },
    );
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

function busy(holder: Holder): BusyError {
  return new BusyError(
    'postgres/busy',
    `${holder.what} is in use${holder.who === null ? '' : ` by ${holder.who}`}; nothing was changed`,
    'run it again when it is less busy',
  );
}

async function failed(error: SqlError, sql: string, migrator: Connection): Promise<SuretyError> {
  const at = `at: ${sql.slice(0, 120)}`;
  if (error.state === '42501') {
    const { fact, hint } = await whatIsMissing(migrator, sql);
    return new SuretyError('postgres/denied', `nothing was changed: ${fact}, ${at}`, hint, { cause: error });
  }
  if (error.state === '57014')
    return new SuretyError(
      'postgres/slow',
      `nothing was changed: it took longer than ${statementMillis / 1000} s, ${at}`,
      'run it again when it is less busy, or surety plan … --sql FILE and run that at a quiet hour',
      { cause: error },
    );
  return new StepError(
    'postgres/step-failed',
    `nothing was changed: ${error.message} ${at}`,
    'mend the cause, then apply it again',
    { cause: error },
  );
}
