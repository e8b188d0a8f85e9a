import { control, partly, supports } from '../../core/control.ts';
import { eachStore } from '../../targets/backup/each-store.ts';
import type { KeptSet } from '../../targets/backup/kept.ts';

const day = 86_400_000;
const most = 10;

export default control({
  claim: 'Each backup is done within the time that it may take',
  why: 'A backup that takes longer every month ends, one day, after the next one should have begun.',
  requirements: [
    supports('phase7:metrics.backup-duration', 'from its start until its manifest is signed'),
    partly('phase7:evidence.backup-logs', 'each manifest states when it began and ended'),
    partly('tsc:A1.1', 'growth shows in the time that a backup takes'),
  ],
  targets: { backups: 'backup' },
  touch: 'nothing',
  async prove({ backups }, see) {
    const { backupMinutes, windowDays } = backups.objectives;
    const oldest = new Date(backups.now().getTime() - windowDays * day).toISOString();
    await eachStore(backups.stores, see, async ({ name, kept }) => {
      const sets = (await kept()).sets.filter(({ manifest }) => manifest.started >= oldest);
      if (sets.length === 0) {
        see.blind(`${name}: backups`, `none of the last ${windowDays} days verifies`, {
          hint: 'surety backup',
        });
        return;
      }
      const slow = sets.filter((set) => !(secondsOf(set) < backupMinutes * 60));
      const shown = slow.slice(0, most).map((set) => `${set.backup}: ${Math.round(secondsOf(set))} s`);
      see.equal(
        `${name}: backups of ${windowDays} days that took ${backupMinutes} min or more`,
        [],
        slow.length > most ? [...shown, `${slow.length - most} more`] : shown,
        {
          hint: 'see took in their manifests for the phase: more streams, a faster store, or a larger objective',
        },
      );
      const backwards = sets.filter((set) => secondsOf(set) < 0).map(({ backup }) => backup);
      see.equal(`${name}: ended before they began`, [], backwards, {
        hint: 'a clock was set while they ran: what they say of time does not count',
      });
      const longest = sets.reduce((a, b) => (secondsOf(b) > secondsOf(a) ? b : a));
      see.note(`${name}: longest of ${sets.length}`, `${longest.backup}, ${secondsOf(longest).toFixed(1)} s`);
    });
  },
});

function secondsOf({ manifest: { started, finished } }: KeptSet): number {
  return (Date.parse(finished) - Date.parse(started)) / 1000;
}
