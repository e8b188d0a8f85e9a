import type { DrillRecord, TargetRef } from '@surety/evidence';
import type { DrillOutcome } from '../../backup/drill.ts';
import type { RunRedactor } from '../redact.ts';
import type { Situation } from '../restore/situation.ts';

type Named = Pick<DrillRecord, 'type' | 'drill' | 'target'>;

/** What every record of one drill says. */
export function namedDrill(drill: string, { target, database }: Situation): Named {
  const reference: TargetRef = {
    name: target.name,
    kind: target.kind,
    environment: target.environment,
    identity: { database },
    revision: null,
    principal: null,
  };
  return { type: 'drill', drill, target: reference };
}

/** Written before anything is done, so that a drill that broke off leaves a hole to see. */
export function begunDrill(named: Named, now: Date): DrillRecord {
  return {
    ...named,
    at: now.toISOString(),
    backup: null,
    outcome: 'started',
    rungs: [],
    recovery: {},
    loss: null,
  };
}

export function endedDrill(named: Named, outcome: DrillOutcome, { redactText }: RunRedactor): DrillRecord {
  return {
    ...named,
    at: outcome.finished,
    backup: outcome.backup,
    outcome: outcome.outcome,
    rungs: outcome.rungs.map(({ fact, ...rung }) => ({ ...rung, fact: redactText(fact) })),
    recovery: outcome.recovery,
    loss: outcome.loss,
  };
}
