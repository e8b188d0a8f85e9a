import type { BackupRecord, StoreOutcome } from '@surety/evidence';
import type { BackupOutcome } from '../../backup/make.ts';
import type { RunRedactor } from '../redact.ts';
import type { Situation } from '../restore/situation.ts';

/** What every record of one run says. */
export type Begun = Pick<BackupRecord, 'type' | 'backup' | 'target' | 'slot'>;

export function begun(backup: string, slot: Date | null, { target, database }: Situation): Begun {
  return {
    type: 'backup',
    backup,
    slot: slot?.toISOString() ?? null,
    target: {
      name: target.name,
      kind: target.kind,
      environment: target.environment,
      identity: { database },
      revision: null,
      principal: null,
    },
  };
}

/** Written before anything is done, so that a run that broke off leaves a hole to see. */
export function startedRecord(run: Begun, now: Date): BackupRecord {
  return { ...run, at: now.toISOString(), outcome: 'started', snapshot: null, stores: [], fact: null };
}

export function endedRecord(
  run: Begun,
  { outcome, snapshot, stores, fact }: BackupOutcome,
  now: Date,
  { redactText }: RunRedactor,
): BackupRecord {
  return {
    ...run,
    at: now.toISOString(),
    outcome,
    snapshot,
    stores: stores.map((one) => ({ ...one, fact: one.fact === null ? null : redactText(one.fact) })),
    fact: fact === null ? null : redactText(fact),
  };
}

/** A run that no store has anything of. */
export function brokenOutcome(backup: string, stores: readonly string[], fact: string): BackupOutcome {
  const none = (store: string): StoreOutcome => ({
    store,
    outcome: 'failed',
    manifest: null,
    bytes: 0,
    fact: 'the dump did not come to its end',
  });
  return {
    backup,
    outcome: 'failed',
    snapshot: null,
    stores: stores.map(none),
    manifests: [],
    notes: [],
    fact,
  };
}
