import type { LoggedRecord } from '@surety/evidence';
import { isAbout, readReceipts } from '../../backup/drill/receipt.ts';
import type { BackupFacts } from '../../backup/facts.ts';
import { type DrillStanding, drillDue } from '../../backup/standing.ts';
import type { Store } from '../../backup/stores/store.ts';
import { SuretyError } from '../../core/error.ts';

/** When the next drill has to have passed, by the log here and by the receipts beside the backups. */
export type Due = DrillStanding & {
  /** Stores that could not be asked: the last receipt may lie there. */
  readonly unread: readonly { readonly store: string; readonly fact: string }[];
};

export type DueOptions = {
  readonly target: string;
  readonly facts: BackupFacts;
  /** Whose drills count. */
  readonly database: string;
  readonly stores: readonly Store[];
  readonly missing: readonly { readonly store: string; readonly fact: string }[];
  readonly records: readonly LoggedRecord[];
  readonly now: Date;
};

export async function whenDue({
  target,
  facts,
  database,
  stores,
  missing,
  records,
  now,
}: DueOptions): Promise<Due> {
  const unread = [...missing];
  const drills = records.flatMap(({ record }) =>
    record.type === 'drill' && record.target.name === target ? [record] : [],
  );
  const found: { readonly at: string; readonly outcome: (typeof drills)[number]['outcome'] }[] = [...drills];
  for (const store of stores) {
    try {
      const { receipts } = await readReceipts(store, facts.signers);
      const own = receipts.filter((one) => isAbout(one, { database, systemIdentifier: null }));
      found.push(...own.map(({ finished, outcome }) => ({ at: finished, outcome })));
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error;
      unread.push({ store: store.name, fact: error.message });
    }
  }
  return { ...drillDue(found, facts.objectives, now), unread };
}

export function dueText({ last, due, overdue, unread }: Due, target: string, days: number): string {
  const blind = unread.map(({ store, fact }) => `unknown   ${store}: ${fact}\n`).join('');
  if (last === null)
    return `${blind}due       no drill of ${target} ever passed\n  hint: surety drill ${target}\n`;
  const passed = `the last one passed on ${last.slice(0, 10)}, and one is due every ${days} days`;
  if (overdue)
    return `${blind}overdue   since ${due?.slice(0, 10)}: ${passed}\n  hint: surety drill ${target}\n`;
  return `${blind}due       by ${due?.slice(0, 10)}: ${passed}\n`;
}
