import { control, partly, supports } from '../../core/control.ts';
import isolated from '../tenancy/isolated.ts';

export default control({
  claim: 'The newest backup restores into a new server, and the copy is in everything what the source was',
  why: 'A backup that was never restored is a hope: what it lacks shows on the day that nothing else is left.',
  requirements: [
    supports(
      'phase7:backup.restore-validated',
      'counts, hashes and the whole catalog are compared with the source',
    ),
    supports(
      'phase7:backup.restore-automated',
      'it decrypts, decompresses and loads by itself, and stops at the first error',
    ),
    supports('phase7:checklist.backup.restore-tested', 'the newest backup was restored just now'),
    supports('mp22:2.5', 'the restore is tested by doing it'),
    partly(
      'phase7:backup.disaster-recovery',
      'the database comes back on a new server from its backup alone',
    ),
    supports('tsc:A1.3', 'recovery is tested by doing it'),
  ],
  targets: { backups: 'backup' },
  touch: 'scratch',
  timeout: 4 * 3_600_000,
  async prove({ backups }, see) {
    const { backup, store, rungs, notes } = await backups.drill(isolated);
    if (backup !== null) see.note('restored', `${backup} of ${store}`);
    for (const { rung, result, fact } of rungs) {
      if (result === 'not-run')
        see.blind(rung, fact, { method: 'drill', hint: 'surety drill shows it rung by rung' });
      else {
        see.must(rung, result === 'pass', {
          method: 'drill',
          want: 'as the source was',
          got: fact,
          hint: 'do not count on this backup: surety backup makes another, surety drill tries it',
        });
      }
    }
    for (const note of notes) see.note('drill', note);
  },
});
