import type { BackupRecord } from '@surety/evidence';
import { type BackupOutcome, makeBackup, newBackupId } from '../../backup/make.ts';
import { makePhysicalBackup } from '../../backup/physical/make.ts';
import { slotOf } from '../../backup/schedule.ts';
import type { Inventory } from '../../backup/sets.ts';
import { SuretyError } from '../../core/error.ts';
import { openEstateLog, readKey } from '../estate-log.ts';
import type { Situation } from '../restore/situation.ts';
import { begun, brokenOutcome, endedRecord, startedRecord } from './record.ts';
import { authorityOf, inventories, type Opened } from './stores.ts';

/** Makes one backup, and records that it began and how it ended. Throws what stopped it, once that is recorded. */
export async function recordedBackup(
  situation: Situation,
  { stores, missing }: Opened,
  {
    scheduled,
    physical,
  }: { readonly scheduled: boolean; readonly physical: 'full' | 'diff' | 'incr' | null },
  step: (line: string) => void,
): Promise<BackupOutcome> {
  const { estate, facts, terminal, redactor } = situation;
  const key = await readKey(estate.root, 'prober');
  const ca = await authorityOf(situation);
  const backup = newBackupId(terminal.now());
  const slot = scheduled ? slotOf(facts.schedule, terminal.now()) : null;
  const run = begun(backup, slot, situation);
  await append(situation, startedRecord(run, terminal.now()));
  const end = (outcome: BackupOutcome): Promise<void> =>
    append(situation, endedRecord(run, outcome, terminal.now(), redactor));
  try {
    const found = await inventories(stores, facts.signers);
    for (const line of unfinished(found)) step(line);
    const { env, now, signal } = terminal;
    const options = { backup, slot, facts, ca, stores, missing, key, step, env, now, signal };
    const outcome =
      physical === null
        ? await makeBackup({ ...options, ...expected(found, situation.database) })
        : await makePhysicalBackup({ ...options, type: physical, root: estate.root });
    await end(outcome);
    return outcome;
  } catch (error) {
    const fact = terminal.signal.aborted ? 'it was stopped' : factOf(error);
    // What stopped the backup is what has to come out, also where the log cannot be written.
    await end(brokenOutcome(backup, Object.keys(facts.stores), fact)).catch((lost: unknown) =>
      step(`the log does not say how it ended: ${factOf(lost)}`),
    );
    throw error;
  }
}

/** Opened each time: a dump takes long, and others write into the log meanwhile. */
async function append({ estate, terminal }: Situation, record: BackupRecord): Promise<void> {
  const log = await openEstateLog(estate, terminal);
  try {
    await log.append([{ record }]);
  } finally {
    await log.close();
  }
}

function unfinished(found: ReadonlyMap<string, Inventory | null>): readonly string[] {
  return [...found].flatMap(([store, inventory]) =>
    (inventory?.others ?? []).map(({ backup, why }) => `${store}: ${backup} is no backup: ${why}`),
  );
}

/** A quarter more than the last one took. */
function expected(
  found: ReadonlyMap<string, Inventory | null>,
  database: string,
): { readonly expect?: number } {
  const last = [...found.values()].flatMap(
    (inventory) =>
      inventory?.sets.find(
        ({ manifest }) => manifest.engine === 'logical' && manifest.source.database === database,
      ) ?? [],
  );
  if (last.length === 0) return {};
  const bytes = last.flatMap(({ manifest }) => manifest.parts).reduce((sum, part) => sum + part.bytes, 0);
  return { expect: Math.ceil((bytes / last.length) * 1.25) };
}

function factOf(error: unknown): string {
  if (error instanceof SuretyError) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
