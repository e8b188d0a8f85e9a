import { BlindError } from '../../../core/error.ts';
import type { Touch } from '../../../core/target.ts';

/** @throws {BlindError} `postgres/touch`, where the run may only read */
export function requireRollback(touch: Touch): void {
  if (touch !== 'nothing') return;
  throw new BlindError(
    'postgres/touch',
    'an attack in a transaction was asked for by a run that may only read',
    'this is a mistake in the control: let it declare touch rollback',
  );
}
