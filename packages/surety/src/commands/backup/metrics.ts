import type { BackupRecord, DrillRecord, LoggedRecord } from '@surety/evidence';
import { readReceipts } from '../../backup/drill/receipt.ts';
import type { BackupFacts } from '../../backup/facts.ts';
import { backupMetrics, writeMetrics } from '../../backup/metrics.ts';
import { type Inventory, inventory } from '../../backup/sets.ts';
import type { Store } from '../../backup/stores/store.ts';
import { SuretyError } from '../../core/error.ts';
import type { EstateTarget } from '../../core/estate.ts';

export type MetricsOptions = {
  readonly target: Pick<EstateTarget, 'name' | 'environment'>;
  readonly facts: BackupFacts;
  /** Open ones; those of the estate that are not among them could not be opened. */
  readonly stores: readonly Store[];
  /** Of the log, with the end of this run. */
  readonly records: readonly LoggedRecord[];
  readonly now: Date;
};

type Drill = Pick<DrillRecord, 'at' | 'outcome'>;

/** Looks at every store and writes what it saw to `file`, after a run that failed, too. @throws {SuretyError} `metrics/not-written` */
export async function recordMetrics(file: string, options: MetricsOptions): Promise<void> {
  const { target, facts, now } = options;
  const stores: Record<string, Inventory | null> = {};
  const drills: Drill[] = options.records.flatMap(({ record }) =>
    record.type === 'drill' && record.target.name === target.name ? [record] : [],
  );
  for (const name of Object.keys(facts.stores)) {
    const seen = await lookAt(
      options.stores.find((store) => store.name === name),
      facts,
    );
    stores[name] = seen?.inventory ?? null;
    drills.push(...(seen?.drills ?? []));
  }
  const records = backupRecords(options.records, target.name);
  const text = backupMetrics({
    target: target.name,
    environment: target.environment,
    facts,
    stores,
    records,
    drills,
    now,
  });
  await writeMetrics(file, text);
}

/** What the log says of the backups of one target. */
export function backupRecords(records: readonly LoggedRecord[], target: string): readonly BackupRecord[] {
  return records.flatMap(({ record }) =>
    record.type === 'backup' && record.target.name === target ? [record] : [],
  );
}

/** Drills run where backups are opened, which is another machine with another log: their receipts lie beside the backups. */
async function lookAt(
  store: Store | undefined,
  { signers }: BackupFacts,
): Promise<{ readonly inventory: Inventory; readonly drills: readonly Drill[] } | null> {
  if (store === undefined) return null;
  try {
    const { receipts } = await readReceipts(store, signers);
    return {
      inventory: await inventory(store, signers),
      drills: receipts.map(({ finished, outcome }) => ({ at: finished, outcome })),
    };
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return null;
  }
}
