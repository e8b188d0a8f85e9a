import { toleratedSkew } from '../../backup/retention.ts';
import { control, partly, supports } from '../../core/control.ts';
import { SuretyError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import { eachStore } from '../../targets/backup/each-store.ts';
import type { Kept, KeptSet } from '../../targets/backup/kept.ts';
import type { BackupStore, BackupTarget } from '../../targets/backup/target.ts';

const hour = 3_600_000;

export default control({
  claim: 'Every store has a verified backup that is younger than may be lost',
  why: 'A schedule that has stopped is noticed on the day that the backup is needed, unless somebody looks.',
  requirements: [
    supports('mp22:2.5', 'the newest backup is younger than a day by its signed manifest'),
    supports('phase7:checklist.backup.scheduled', 'the schedule has run, and lately'),
    supports('phase7:backup.automated', 'backups that verify keep coming'),
    partly('phase7:backup.rpo', 'how old the newest backup is now; the drill measures what is lost'),
    partly('phase7:production.first-backup-watched', 'the newest backup and its parts lie in every store'),
    partly('tsc:A1.2', 'data is backed up'),
  ],
  targets: { backups: 'backup' },
  touch: 'nothing',
  async prove({ backups }, see) {
    await clocks(backups, see);
    const kept = await eachStore(backups.stores, see, async (store) => {
      const found = await store.kept();
      newestIn(store, found, backups, see);
      return found;
    });
    interval(
      backups,
      kept.flatMap(({ sets }) => sets),
      see,
    );
  },
});

/** A clock that was set back makes every backup look young, so that another one has to agree with ours. */
async function clocks(backups: BackupTarget, see: See): Promise<void> {
  const others = [
    { whose: 'the database', ahead: async () => (await backups.source()).ahead },
    ...backups.stores
      .filter(({ kind }) => kind === 's3')
      .map((store) => ({ whose: `store ${store.name}`, ahead: async () => (await store.open()).skew() })),
  ];
  let answered = 0;
  const silent: string[] = [];
  for (const { whose, ahead } of others) {
    try {
      const seconds = Math.round((await ahead()) / 1000);
      answered += 1;
      see.must(`clock of ${whose}`, Math.abs(seconds) * 1000 <= toleratedSkew, {
        want: `within ${toleratedSkew / 1000} s of ours`,
        got: seconds === 0 ? 'the same' : `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead' : 'behind'}`,
        hint: 'set the clock of this machine by NTP: ages of backups are counted by it',
      });
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error;
      silent.push(error.message);
    }
  }
  if (answered === 0) {
    see.blind('clock', `no other clock answered: ${silent.join('; ')}`, {
      hint: 'let the database or a bucket be reached: nobody else can say whether our clock was set back',
    });
  }
}

function newestIn(
  { name }: BackupStore,
  { sets, untrusted, unfinished }: Kept,
  backups: BackupTarget,
  see: See,
): void {
  const now = backups.now();
  const ahead = sets.filter(({ manifest }) => Date.parse(manifest.snapshot) - now.getTime() > toleratedSkew);
  see.equal(`${name}: backups from the future`, [], named(ahead), {
    hint: 'somebody’s clock was set back or ran ahead: mend it before ages count again',
  });
  const latest = sets.find((set) => !ahead.includes(set) && set.missing.length === 0);
  const { lossHours } = backups.objectives;
  const want = `younger than ${lossHours} h`;
  const hint = 'surety backup, then see why the schedule did not run';
  if (latest === undefined) {
    see.must(`${name}: newest verified backup`, false, { want, got: 'there is none', hint });
  } else {
    const age = now.getTime() - Date.parse(latest.manifest.snapshot);
    see.must(`${name}: newest verified backup`, age < lossHours * hour, {
      want,
      got: `${latest.backup}, ${inHours(age)} old`,
      hint,
    });
  }
  const incomplete = sets.filter((set) => set.missing.length > 0).map(({ backup }) => backup);
  const passedOver = [...[...untrusted, ...unfinished].map(({ backup }) => backup), ...incomplete];
  if (passedOver.length > 0) {
    see.note(
      `${name}: not counted`,
      `${passedOver.length} without a manifest that verifies or without all parts`,
    );
  }
}

/** Right before the next backup is done, everything since the last snapshot would be lost. */
function interval({ schedule, objectives }: BackupTarget, sets: readonly KeptSet[], see: See): void {
  const longest = Math.max(0, ...sets.slice(0, 60).map(durationOf));
  const worst = schedule.every * hour + longest;
  see.must('schedule: interval and duration', worst < objectives.lossHours * hour, {
    want: `less than ${objectives.lossHours} h`,
    got: `${schedule.every} h and ${Math.round(longest / 1000)} s`,
    hint: 'run it more often: schedule.every has to be less than objectives.lossHours by what a backup takes',
  });
}

function durationOf({ manifest: { started, finished } }: KeptSet): number {
  return Date.parse(finished) - Date.parse(started);
}

function named(sets: readonly KeptSet[]): readonly string[] {
  return sets.map(({ backup, manifest }) => `${backup} of ${manifest.snapshot}`);
}

function inHours(milliseconds: number): string {
  return `${(milliseconds / hour).toFixed(1)} h`;
}
