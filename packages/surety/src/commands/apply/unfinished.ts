import type { ChangeRecord, Log, LoggedRecord } from '@surety/evidence';
import { z } from 'zod';
import { SuretyError } from '../../core/error.ts';
import type { EstateTarget } from '../../core/estate.ts';
import type { Step } from '../../core/plan.ts';
import type { Changeable } from '../changes.ts';
import type { Terminal } from '../verb.ts';
import { write } from './record.ts';

/** Changes that were begun and whose end nobody recorded, newest last. */
export function unfinished(records: readonly LoggedRecord[]): readonly ChangeRecord[] {
  const begun = new Map<string, ChangeRecord>();
  for (const { record } of records) {
    if (record.type !== 'change') continue;
    begun.delete(record.change);
    if (record.outcome === 'started') begun.set(record.change, record);
  }
  return [...begun.values()];
}

/**
 * Looks how a change that was begun ended, and records it. A change is carried out as a whole or not at all, so what is
 * still planned was not carried out; what is no longer planned was.
 *
 * @param planned whether the same change is planned now
 * @returns whether what was begun holds now
 */
export async function settle(
  begun: ChangeRecord,
  planned: boolean,
  { handle, reference }: Changeable,
  log: Pick<Log, 'append'>,
  terminal: Terminal,
): Promise<boolean> {
  const seen = await handle.examine?.(readSteps(begun.steps));
  const holds = seen ?? (begun.action === 'apply' ? !planned : planned);
  const { at: _at, outcome: _outcome, ...rest } = begun;
  await write({ ...rest, target: reference }, holds ? 'done' : 'failed', log, terminal);
  terminal.err(
    `looked   ${begun.change}: ${begun.action} was begun ${begun.at} and ${holds ? 'is done' : 'was not done'}\n`,
  );
  return holds;
}

/** The target of the estate that a record is about. */
export function targetOf(
  targets: readonly EstateTarget[],
  { target }: Pick<ChangeRecord, 'target'>,
): EstateTarget | undefined {
  return targets.find(({ name, kind }) => name === target.name && kind === target.kind);
}

const step = z.union([
  z.strictObject({ sql: z.string(), alone: z.literal(true).optional() }),
  z.strictObject({ file: z.string(), before: z.string().nullable(), content: z.string().nullable() }),
]);

/** Steps as they were recorded. @throws {SuretyError} `undo/unreadable` */
export function readSteps(steps: ChangeRecord['steps']): readonly Step[] {
  const parsed = z.array(step).safeParse(steps);
  if (!parsed.success)
    throw new SuretyError(
      'undo/unreadable',
      'the recorded steps are of another form',
      'use the version of surety that applied the change',
    );
  return parsed.data.map((one) => ('sql' in one ? sqlStep(one) : one));
}

function sqlStep({ sql, alone }: { readonly sql: string; readonly alone?: true | undefined }): Step {
  return alone === true ? { sql, alone } : { sql };
}
