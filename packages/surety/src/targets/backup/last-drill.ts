import { isAbout, type Receipt } from '../../backup/drill/receipt.ts';
import { toleratedSkew } from '../../backup/retention.ts';
import type { See } from '../../core/see.ts';
import { eachStore } from './each-store.ts';
import type { BackupTarget } from './target.ts';

const day = 86_400_000;
const hint = 'surety drill';

/**
 * The newest drill of this database that a store has a signed receipt of, when it was in time and came to its end. What it lacks is
 * seen: a drill that was long ago or failed breaks the claim, and without any nothing is known.
 */
export async function lastDrill(backups: BackupTarget, see: See): Promise<Receipt | null> {
  const looks = await eachStore(backups.stores, see, async (store) => {
    const { receipts, others } = await store.receipts();
    const { whose } = await store.kept();
    see.equal(
      `${store.name}: receipts that do not verify`,
      [],
      others.map(({ key, why }) => `${key}: ${why}`),
      { hint: 'find out who put them there' },
    );
    return receipts.filter((receipt) => isAbout(receipt, whose));
  });
  const last = looks
    .flat()
    .reduce<Receipt | null>(
      (latest, one) => (latest === null || one.started > latest.started ? one : latest),
      null,
    );
  if (last === null) {
    see.blind('last drill', 'no store has a receipt of one', { hint });
    return null;
  }
  inTime(last, backups, see);
  return ended(last, see) ? last : null;
}

function inTime(last: Receipt, backups: BackupTarget, see: See): void {
  const { drillDays } = backups.objectives;
  const age = backups.now().getTime() - Date.parse(last.started);
  see.must('last drill: when', age >= -toleratedSkew && age <= drillDays * day, {
    want: `within ${drillDays} days`,
    got: `${last.drill}, ${(age / day).toFixed(1)} days ago`,
    hint,
  });
}

function ended({ drill, outcome, rungs }: Receipt, see: See): boolean {
  const failed = rungs.filter(({ result }) => result === 'fail');
  see.must('last drill: how it ended', outcome !== 'fail', {
    want: 'no rung failed',
    got: failed.length === 0 ? drill : failed.map(({ rung, fact }) => `${rung}: ${fact}`).join('; '),
    hint: 'mend what failed, then surety drill',
  });
  const left = rungs.filter(({ result }) => result === 'not-run');
  if (left.length > 0) {
    see.blind(
      'last drill: rungs',
      `not tried: ${left.map(({ rung, fact }) => `${rung} (${fact})`).join('; ')}`,
      { hint },
    );
  }
  return outcome === 'pass';
}
