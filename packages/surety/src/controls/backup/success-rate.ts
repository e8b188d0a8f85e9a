import type { Inventory } from '../../backup/sets.ts';
import { backupStanding, type SlotStanding } from '../../backup/standing.ts';
import { control, partly, supports } from '../../core/control.ts';
import { eachStore } from '../../targets/backup/each-store.ts';

const day = 86_400_000;
const most = 10;

export default control({
  claim: 'Of the backups that the schedule wanted, as many succeeded in every store as were promised',
  why: 'A run that never began leaves no trace of failure: only the schedule knows that it is missing.',
  requirements: [
    supports(
      'phase7:metrics.backup-success',
      'the denominator is the schedule, so that a missed run counts as failed',
    ),
    supports('phase7:evidence.backup-logs', 'each run that succeeded left a manifest with its time and size'),
    partly('phase7:checklist.backup.scheduled', 'the schedule is kept'),
    partly('tsc:A1.2', 'backups are made as planned'),
  ],
  targets: { backups: 'backup' },
  touch: 'nothing',
  async prove({ backups }, see) {
    const { objectives, schedule, keep } = backups;
    const answered = await eachStore(backups.stores, see, async (store) => {
      const { sets, untrusted, unfinished } = await store.kept();
      const inventory: Inventory = {
        sets: sets.filter(({ missing }) => missing.length === 0),
        others: [...untrusted, ...unfinished],
      };
      return [store.name, inventory] as const;
    });
    // A store that did not answer is known to be unknown, and is not asked about again.
    if (answered.length < backups.stores.length) return;
    const now = backups.now();
    const { window, slots, succeeded, due, unknown } = backupStanding({
      facts: { objectives, schedule, keep },
      stores: Object.fromEntries(answered),
      records: [],
      now,
    });
    if (window === null || due === 0) {
      see.blind('scheduled backups', 'none was due yet, or nobody says since when', {
        hint: 'surety backup; schedule.since says from when it counts',
      });
      return;
    }
    if (unknown > 0) see.blind('scheduled backups', `${unknown} that nobody can judge`);
    const kept = now.getTime() - keep.days * day;
    if (Date.parse(window.from) < kept - day) {
      see.blind(
        'scheduled backups',
        `${objectives.windowDays} days are counted, and backups kept for ${keep.days}`,
        {
          hint: 'count no more days than are kept: objectives.windowDays, keep.days',
        },
      );
    }
    const rate = succeeded / due;
    const lost = slots.filter(
      ({ state }) => state !== 'verified' && state !== 'pending' && state !== 'unknown',
    );
    see.must(`scheduled backups since ${window.from.slice(0, 10)}`, rate >= objectives.successRate, {
      want: `at least ${percent(objectives.successRate)}`,
      got: [`${succeeded} of ${due}, ${percent(rate)}`, ...named(lost)].join('; '),
      hint: 'see the log of the run, or why there was none: systemctl list-timers, kubectl get jobs',
    });
    see.note('scheduled backups', shows(succeeded, due));
  },
});

function named(lost: readonly SlotStanding[]): readonly string[] {
  const names = lost.map(({ slot, state, fact }) => `${slot} ${state}: ${fact}`);
  return names.length > most ? [...names.slice(-most), `${names.length - most} earlier ones`] : names;
}

/** Rounded down, so that a rate that falls short never looks like one that does not. */
function percent(share: number): string {
  return `${Math.floor(share * 10_000) / 100} %`;
}

/** What so many runs without a failure say at a confidence of 95 % of the rate behind them. */
function shows(succeeded: number, due: number): string {
  if (succeeded < due) return `${due} runs counted`;
  return `${due} runs without a failure show a rate of at least ${percent(0.05 ** (1 / due))}, no more`;
}
