import type { ChangeRecord, Json, Log, TargetRef } from '@surety/evidence';
import { SuretyError, UncertainError } from '../../core/error.ts';
import type { Impact, Step } from '../../core/plan.ts';
import type { Planned } from '../changes.ts';
import type { RunRedactor } from '../redact.ts';
import type { Terminal } from '../verb.ts';

/** A change before anybody knows how it ends. */
export type Begun = Omit<ChangeRecord, 'at' | 'outcome'>;

export function changeRecord(
  { id, control, change }: Planned,
  impact: readonly Impact[],
  target: TargetRef,
  redactor: RunRedactor,
): Begun {
  const steps = change.steps.map((step) => asJson(step, redactor));
  const undo = 'manual' in change.undo ? change.undo : change.undo.map((step) => asJson(step, redactor));
  return {
    type: 'change',
    change: id,
    control,
    target,
    action: 'apply',
    steps,
    undo,
    impact: impact.map(({ subject, ...cost }) => ({ subject: redactor.redactText(subject), ...cost })),
  };
}

/** @throws {SuretyError} where a step holds a secret: what is recorded must be what was run */
function asJson(step: Step, redactor: RunRedactor): Json {
  const text = JSON.stringify(step);
  if (redactor.redactText(text) === text) return { ...step };
  throw new SuretyError(
    'apply/secret-in-step',
    'a step of this change holds a secret, so it cannot be recorded',
    'take the secret out of the file first',
  );
}

/**
 * Says what it is about to do, does it, and says how it ended, so that a change that broke off is seen. Where nobody
 * knows how it ended, nothing is said: the next run looks.
 */
export async function recorded(
  begun: Begun,
  carryOut: (steps: readonly Step[]) => Promise<void>,
  steps: readonly Step[],
  log: Pick<Log, 'append'>,
  terminal: Pick<Terminal, 'now'>,
): Promise<void> {
  await write(begun, 'started', log, terminal);
  try {
    await carryOut(steps);
  } catch (error) {
    if (!(error instanceof UncertainError)) await write(begun, 'failed', log, terminal);
    throw error;
  }
  await write(begun, 'done', log, terminal);
}

export async function write(
  begun: Begun,
  outcome: ChangeRecord['outcome'],
  log: Pick<Log, 'append'>,
  { now }: Pick<Terminal, 'now'>,
): Promise<void> {
  await log.append([{ record: { ...begun, at: now().toISOString(), outcome } }]);
}
