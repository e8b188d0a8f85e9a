import { control, partly, supports } from '../../core/control.ts';
import { lastDrill } from '../../targets/backup/last-drill.ts';

const hour = 3_600_000;

export default control({
  claim:
    'A recovery takes no longer than promised, as the last drill measured it, also at the size of production',
  why: 'How long a restore takes is known by doing it; how often backups run has no bearing on it.',
  requirements: [
    supports('phase7:backup.rto', 'the drill measured it, from the declaration to the last check'),
    partly('phase7:backup.disaster-recovery', 'how long a rebuild of the database takes'),
    partly('phase7:checklist.backup.documented', 'the RTO of the estate is held against what was measured'),
    partly('tsc:A1.3', 'recovery is timed while it is tested'),
  ],
  targets: { backups: 'backup' },
  touch: 'nothing',
  async prove({ backups }, see) {
    const last = await lastDrill(backups, see);
    if (last === null) return;
    const { recoveryHours } = backups.objectives;
    const measured = Object.values(last.recovery).reduce((sum, milliseconds) => sum + milliseconds, 0);
    const phases = Object.entries(last.recovery).map(
      ([phase, milliseconds]) => `${phase} ${minutes(milliseconds)}`,
    );
    if (measured <= 0) {
      see.blind('recovery: measured', 'the receipt says that it took no time', { hint: 'surety drill' });
      return;
    }
    see.must('recovery: measured', measured < recoveryHours * hour, {
      want: `less than ${recoveryHours} h`,
      got: `${minutes(measured)}: ${phases.join(', ')}`,
      hint: 'see which phase takes the time: a nearer store, more jobs, a faster disk',
    });
    if (last.projected === null) {
      see.blind('recovery: at the size of production', 'nobody knew that size when the drill was done', {
        hint: 'surety drill where the database can be reached',
      });
      return;
    }
    see.must('recovery: at the size of production', last.projected < recoveryHours * hour, {
      want: `less than ${recoveryHours} h`,
      got: `${minutes(last.projected)}, projected by the throughput of the drill`,
      hint: 'dumps do not grow with the database for ever: see physical, pgBackRest restores faster',
    });
  },
});

function minutes(milliseconds: number): string {
  return milliseconds < 90_000
    ? `${(milliseconds / 1000).toFixed(1)} s`
    : `${(milliseconds / 60_000).toFixed(1)} min`;
}
