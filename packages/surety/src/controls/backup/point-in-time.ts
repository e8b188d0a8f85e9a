import type { Archiver } from '../../backup/physical/archiver.ts';
import { signedDigests } from '../../backup/physical/repository.ts';
import { control, partly, supports } from '../../core/control.ts';
import { SuretyError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import { eachStore } from '../../targets/backup/each-store.ts';
import type { BackupTarget } from '../../targets/backup/target.ts';

export default control({
  claim: 'A chosen second can be restored, and no more than the promised seconds would be lost',
  why: 'One missing WAL segment ends every recovery there, and neither the server nor pgBackRest says so before it is needed.',
  requirements: [
    supports('phase7:backup.point-in-time', 'a copy is recovered to one second, and looked at'),
    partly('phase7:backup.rpo', 'how much WAL is not archived yet'),
    partly('tsc:A1.3', 'the physical recovery is tested by doing it'),
    partly('tsc:A1.2', 'WAL is archived beside the backups'),
  ],
  targets: { backups: 'backup' },
  touch: 'scratch',
  timeout: 4 * 3_600_000,
  async prove({ backups }, see) {
    if (backups.physical === undefined) {
      see.notApplicable('a chosen second', 'the estate archives no WAL: what can be restored is each dump');
      return;
    }
    await archiving(backups, backups.physical.lossSeconds, see);
    await drilled(backups, backups.physical.stanza, see);
  },
});

const seconds = (count: number): string => `${Math.round(count)} s`;

async function archiving(backups: BackupTarget, most: number, see: See): Promise<void> {
  try {
    judgeArchiver(await backups.archiver(), most, see);
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    see.blind('archiving', error.message, { hint: error.hint });
  }
}

function judgeArchiver(
  { mode, told, timeout, last, failure, waiting }: Archiver,
  most: number,
  see: See,
): void {
  see.must('archiving: on', mode !== 'off' && told, {
    want: 'archive_mode on, with archive_command or archive_library',
    got: told ? `archive_mode ${mode}` : `archive_mode ${mode}, and nothing that archives`,
    hint: "archive_mode = on, archive_command = 'pgbackrest --stanza=… archive-push %p', then restart",
  });
  see.must('archiving: archive_timeout', timeout > 0 && timeout <= most, {
    want: `1 to ${seconds(most)}`,
    got: timeout === 0 ? '0: a segment waits until it is full' : seconds(timeout),
    hint: 'set archive_timeout to the seconds that may be lost',
  });
  const failing = failure !== null && (last === null || failure.seconds <= last.seconds);
  see.must('archiving: last attempt', !failing, {
    want: 'it went well',
    got: failing
      ? `${failure.segment} failed ${seconds(failure.seconds)} ago, and nothing went well since`
      : 'it went well',
    hint: 'read the log of the server: archive_command says there why',
  });
  if (waiting === null) {
    see.blind('archiving: segments that wait', 'this role may not list them', {
      hint: 'grant pg_monitor to the role that backs up',
    });
    return;
  }
  see.must('archiving: segments that wait', waiting.count === 0 || waiting.seconds <= most, {
    want: `none for longer than ${seconds(most)}`,
    got: waiting.count === 0 ? 'none' : `${waiting.count}, the oldest for ${seconds(waiting.seconds)}`,
    hint: 'read the log of the server: archiving is slower than writing, or hangs',
  });
}

/** Each rung of the drill as it ended; what was not run is not known. */
async function drilled(backups: BackupTarget, stanza: string, see: See): Promise<void> {
  const kept = await eachStore(backups.stores, see, (store) => store.kept());
  const sets = kept.flatMap((one) => one.own.filter(({ missing }) => missing.length === 0));
  try {
    const { rungs, moment, recovery } = await backups.pointInTime(signedDigests(sets, stanza));
    for (const { rung, result, fact } of rungs) {
      const subject = `${stanza}: ${rung}`;
      if (result === 'not-run') see.blind(subject, fact, { method: 'drill' });
      else see.must(subject, result === 'pass', { method: 'drill', got: fact });
    }
    const took = Object.entries(recovery).map(
      ([phase, millis]) => `${phase} ${(millis / 1000).toFixed(1)} s`,
    );
    see.note(`${stanza}: recovered to ${moment ?? 'no second'}`, took.join(', '));
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    see.blind(`${stanza}: drill`, error.message, { hint: error.hint });
  }
}
