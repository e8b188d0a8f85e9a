import { generateKey } from '@surety/evidence';
import type { Isolation } from '../../backup/drill/isolation.ts';
import { type DrillOutcome, drill, newDrillId } from '../../backup/drill.ts';
import type { BackupFacts } from '../../backup/facts.ts';
import type { Store } from '../../backup/stores/store.ts';
import type { Control } from '../../core/control.ts';
import { SuretyError } from '../../core/error.ts';
import type { OpenContext } from '../../core/target.ts';
import type { BackupStore } from './target.ts';

export type DrillHere = {
  readonly facts: BackupFacts;
  readonly database: string;
  readonly ca: string | undefined;
  readonly stores: readonly BackupStore[];
  readonly context: Pick<OpenContext, 'root' | 'signal' | 'secret'>;
};

/** A drill for its own sake: nothing of it is put into the stores. @param isolated what attacks the copy */
export async function drillHere(
  { facts, database, ca, stores, context }: DrillHere,
  isolated: Control,
): Promise<DrillOutcome> {
  const opened: Store[] = [];
  const missing: { readonly store: string; readonly fact: string }[] = [];
  for (const store of stores) {
    try {
      opened.push(readOnly(await store.open()));
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error;
      missing.push({ store: store.name, fact: error.message });
    }
  }
  const now = (): Date => new Date();
  return drill({
    ...{ facts, database, ca, missing, now, ...context },
    drill: newDrillId(now()),
    stores: opened,
    isolation: isolationOf(facts, isolated),
    // Signs a receipt that goes nowhere.
    key: generateKey(),
    env: process.env,
    step: () => undefined,
    told: () => undefined,
  });
}

function isolationOf(
  { drill: { as, setting } }: BackupFacts,
  control: Control,
): Isolation | { missing: string } {
  if (as === undefined || setting === undefined) {
    return { missing: 'the target does not say as whom the copy is attacked: drill: { as, setting }' };
  }
  return { control, as, tenancy: { setting } };
}

function readOnly(store: Store): Store {
  return {
    ...store,
    put: async () => {
      throw new SuretyError('drill/no-receipt', 'a proof leaves no receipt', 'surety drill leaves one');
    },
  };
}
