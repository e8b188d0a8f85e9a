import { control, partly, supports } from '../../core/control.ts';
import type { See } from '../../core/see.ts';
import { eachStore } from '../../targets/backup/each-store.ts';
import type { KeptSet } from '../../targets/backup/kept.ts';
import { lastDrill } from '../../targets/backup/last-drill.ts';
import type { BackupTarget } from '../../targets/backup/target.ts';

const hour = 3_600_000;
const day = 24 * hour;
const most = 10;

export default control({
  claim: 'At no moment would more have been lost than promised, and the last drill lost no more',
  why: 'Between two backups the loss grows to the interval and what a backup takes, not to the interval alone.',
  requirements: [
    supports(
      'phase7:backup.rpo',
      'the widest gap between restorable states is measured, and that of the drill',
    ),
    partly('phase7:checklist.backup.documented', 'the RPO of the estate is held against what was measured'),
    partly('mp22:2.5', 'how old the newest restorable state was, over the whole window'),
    partly('tsc:A1.3', 'the loss is measured when recovery is tested'),
  ],
  targets: { backups: 'backup' },
  touch: 'nothing',
  async prove({ backups }, see) {
    const { lossHours } = backups.objectives;
    const last = await lastDrill(backups, see);
    if (last !== null && last.loss !== null) {
      see.must('last drill: loss', last.loss < lossHours * hour, {
        want: `less than ${lossHours} h`,
        got: `${(last.loss / hour).toFixed(1)} h from the snapshot to the declaration`,
        hint: 'run backups more often',
      });
    }
    await eachStore(backups.stores, see, async (store) =>
      gaps(store.name, (await store.kept()).sets, backups, see),
    );
  },
});

/** Until a backup is finished, the one before it is the newest that could be restored. */
function gaps(store: string, sets: readonly KeptSet[], backups: BackupTarget, see: See): void {
  const { lossHours, windowDays } = backups.objectives;
  const now = backups.now();
  const from = now.getTime() - windowDays * day;
  const whole = sets
    .filter(({ missing, manifest }) => missing.length === 0 && Date.parse(manifest.snapshot) >= from)
    .toSorted((a, b) => (a.manifest.snapshot < b.manifest.snapshot ? -1 : 1));
  if (whole.length === 0) {
    see.must(`${store}: restorable states`, false, {
      want: `at least one in ${windowDays} days`,
      got: 'none',
      hint: 'surety backup',
    });
    return;
  }
  const lost = whole.map(({ backup, manifest }, nth) => {
    const until = whole[nth + 1]?.manifest.finished;
    const ended = until === undefined ? now.getTime() : Date.parse(until);
    return { backup, hours: (ended - Date.parse(manifest.snapshot)) / hour };
  });
  const wide = lost.filter(({ hours }) => !(hours < lossHours));
  see.equal(
    `${store}: gaps of ${lossHours} h or more in ${windowDays} days`,
    [],
    wide.slice(0, most).map(({ backup, hours }) => `${hours.toFixed(1)} h after ${backup}`),
    { hint: 'see what happened then: surety prove backup/success-rate' },
  );
  const widest = Math.max(...lost.map(({ hours }) => hours));
  see.note(`${store}: widest gap`, `${widest.toFixed(1)} h among ${whole.length} backups`);
}
