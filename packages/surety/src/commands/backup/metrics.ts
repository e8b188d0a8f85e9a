import type { BackupRecord, DrillRecord, LoggedRecord } from '@surety/evidence';
import { isAbout, type Receipt, readReceipts } from '../../backup/drill/receipt.ts';
import type { BackupFacts } from '../../backup/facts.ts';
import { backupMetrics, writeMetrics } from '../../backup/metrics.ts';
import { counting, type Inventory, inventory, isOf, newest, serversOf } from '../../backup/sets.ts';
import type { Store } from '../../backup/stores/store.ts';
import { SuretyError } from '../../core/error.ts';
import type { EstateTarget } from '../../core/estate.ts';

export type MetricsOptions = {
  readonly target: Pick<EstateTarget, 'name' | 'environment'>;
  /** Whose backups count: a store may hold those of others, which are no sign of life of this one. */
  readonly database: string;
  readonly facts: BackupFacts;
  /** Open ones; those of the estate that are not among them could not be opened. */
  readonly stores: readonly Store[];
  /** Of the log, with the end of this run. */
  readonly records: readonly LoggedRecord[];
  readonly now: Date;
};

type Drill = Pick<DrillRecord, 'at' | 'outcome'>;
type Look = { readonly inventory: Inventory; readonly receipts: readonly Receipt[] };

/** Looks at every store and writes what it saw to `file`, after a run that failed, too. @throws {SuretyError} `metrics/not-written` */
export async function recordMetrics(file: string, options: MetricsOptions): Promise<void> {
  const { target, facts, now, database } = options;
  const records = backupRecords(options.records, target.name);
  const seen = new Map<string, Look | null>();
  for (const name of Object.keys(facts.stores))
    seen.set(
      name,
      await lookAt(
        options.stores.find((store) => store.name === name),
        facts,
      ),
    );
  const whose = { database, systemIdentifier: ownServer([...seen.values()], records, database) };
  const stores: Record<string, Inventory | null> = {};
  const drills: Drill[] = options.records.flatMap(({ record }) =>
    record.type === 'drill' && record.target.name === target.name ? [record] : [],
  );
  for (const [name, look] of seen) {
    const sets = look?.inventory.sets ?? [];
    // Of several servers with a database of that name nobody says which is meant: then nothing is known of the store.
    const known = look !== null && (whose.systemIdentifier !== null || serversOf(sets, database).length <= 1);
    stores[name] = known
      ? { ...look.inventory, sets: counting(sets.filter((set) => isOf(set, whose))) }
      : null;
    for (const receipt of look?.receipts ?? [])
      if (isAbout(receipt, whose)) drills.push({ at: receipt.finished, outcome: receipt.outcome });
  }
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

/** The server of the newest backup that this log tells of; `null` where it tells of none that is there. */
function ownServer(
  looks: readonly (Look | null)[],
  records: readonly BackupRecord[],
  database: string,
): string | null {
  const made = new Set(records.map(({ backup }) => backup));
  const sets = looks.flatMap((look) => look?.inventory.sets ?? []);
  const own = sets.filter(
    ({ backup, manifest }) => made.has(backup) && manifest.source.database === database,
  );
  return newest(own)?.manifest.source.systemIdentifier ?? null;
}

/** What the log says of the backups of one target. */
export function backupRecords(records: readonly LoggedRecord[], target: string): readonly BackupRecord[] {
  return records.flatMap(({ record }) =>
    record.type === 'backup' && record.target.name === target ? [record] : [],
  );
}

/** Drills run where backups are opened, which is another machine with another log: their receipts lie beside the backups. */
async function lookAt(store: Store | undefined, { signers }: BackupFacts): Promise<Look | null> {
  if (store === undefined) return null;
  try {
    const { receipts } = await readReceipts(store, signers);
    return { inventory: await inventory(store, signers), receipts };
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return null;
  }
}
