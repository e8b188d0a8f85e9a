import { SuretyError, TrialError } from '../../../core/error.ts';
import type { Step, Trial } from '../../../core/plan.ts';
import type { Connection } from '../connection.ts';
import { quoted } from '../name.ts';
import { SqlError } from '../sql-error.ts';
import { carryOut } from './carry-out.ts';
import { differences, readShape, type Shape } from './shape.ts';

export type Stage = {
  /** One more connection to the copy, as whoever may do anything there. */
  open(): Promise<Connection>;
  /** The role that changes the live database. */
  readonly migrator: string;
  readonly signal: AbortSignal;
  /** Whether the copy has to be as it was, in the end. */
  readonly takeBack: boolean;
};

/**
 * Carries the changes out on a copy, takes them back, compares, and carries them out again. What cannot be taken back
 * stays, and so does everything before it.
 *
 * @throws {TrialError} `postgres/shadow-failed`, `postgres/not-reversible`, `postgres/not-repeatable`
 */
export async function tryOn(trials: readonly Trial[], stage: Stage): Promise<void> {
  const eyes = await stage.open();
  const hands = await stage.open();
  try {
    await become(stage.migrator, hands);
    const run = (id: string, what: string, steps: readonly Step[]) =>
      carryOut(steps, 'writes', async () => hands, stage.signal).catch((error: unknown) => {
        throw failedOnCopy(id, what, error);
      });
    const last = trials.findLastIndex(({ undo }) => 'manual' in undo);
    for (const { id, steps } of trials.slice(0, last + 1)) await run(id, 'it', steps);
    const reversible = trials.slice(last + 1);
    const takeBack = async () => {
      for (const { id, undo } of reversible.toReversed())
        if (!('manual' in undo)) await run(id, 'its undo', undo);
    };
    const before = await readShape(eyes);
    for (const { id, steps } of reversible) await run(id, 'it', steps);
    const after = await readShape(eyes);
    await takeBack();
    compare(before, await readShape(eyes), notReversible);
    for (const { id, steps } of reversible) await run(id, 'it, a second time,', steps);
    compare(after, await readShape(eyes), notRepeatable);
    if (stage.takeBack) await takeBack();
  } finally {
    await Promise.all([eyes.end(), hands.end()]);
  }
}

/** So that what the migrator lacks shows here. Where we may not become it, we are who we are. */
async function become(role: string, hands: Connection): Promise<void> {
  try {
    await hands.rows(`set session authorization ${quoted(role)}`);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
  }
}

function compare(want: Shape, got: Shape, trouble: (odd: string) => TrialError): void {
  const odd = differences(want, got);
  if (odd.length === 0) return;
  const more = odd.length > 5 ? `, and ${odd.length - 5} more` : '';
  throw trouble(`${odd.slice(0, 5).join(', ')}${more}`);
}

function notReversible(odd: string): TrialError {
  return new TrialError(
    'postgres/not-reversible',
    `tried on a copy and taken back, it is not as before: ${odd}`,
    'the database was not touched; mend what differs, then run it again',
  );
}

function notRepeatable(odd: string): TrialError {
  return new TrialError(
    'postgres/not-repeatable',
    `tried on a copy, taken back and tried again, it ends differently: ${odd}`,
    'the database was not touched; this is a mistake in surety: please report it',
  );
}

function failedOnCopy(id: string, what: string, error: unknown): unknown {
  if (!(error instanceof SuretyError)) return error;
  return new TrialError(
    'postgres/shadow-failed',
    `tried on a copy of the schema, ${what} fails: ${id}: ${error.message.replace('nothing was changed: ', '')}`,
    `the database was not touched; ${error.hint}`,
    { cause: error },
  );
}
