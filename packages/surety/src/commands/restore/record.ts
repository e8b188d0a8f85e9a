import type { Json, Log, TargetRef } from '@surety/evidence';
import type { ServerState } from '../../backup/restore/preflight.ts';
import { UncertainError } from '../../core/error.ts';
import { type Begun, write } from '../apply/record.ts';
import type { Situation } from './situation.ts';

/** The control that says how restoring is guarded; its changes are restores. */
const control = 'backup/restore-guarded';

export type Noted = {
  readonly action: 'apply' | 'undo';
  /** `20261122T020000Z-1f2e3d4c` */
  readonly what: string;
  readonly steps: readonly string[];
  readonly manual: string;
};

export function begunRestore(situation: Situation, state: ServerState, noted: Noted): Begun {
  const { target, database, terminal } = situation;
  const reference: TargetRef = {
    name: target.name,
    kind: target.kind,
    environment: target.environment,
    identity: { systemIdentifier: state.systemIdentifier, database, version: state.version },
    revision: null,
    principal: `${state.user} (superuser)`,
  };
  return {
    type: 'change',
    change: `${control}:${target.name}:${noted.what}:${terminal.now().toISOString()}`,
    control,
    target: reference,
    action: noted.action,
    steps: noted.steps.map((sql): Json => ({ sql })),
    undo: { manual: noted.manual },
    impact: [],
  };
}

/** Says that it begins, does it, and says how it ended. */
export async function noted<T>(
  begun: Begun,
  log: Pick<Log, 'append'>,
  situation: Situation,
  work: () => Promise<T>,
): Promise<T> {
  await write(begun, 'started', log, situation.terminal);
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // Where nobody knows how it ended, nothing is said.
    if (!(error instanceof UncertainError)) await write(begun, 'failed', log, situation.terminal);
    throw error;
  }
  await write(begun, 'done', log, situation.terminal);
  return result;
}
