import {
  expectedPoints,
  missingPoints,
  planRetention,
  type RestorePoint,
  toleratedSkew,
} from '../../backup/retention.ts';
import { runningSince } from '../../backup/standing.ts';
import { control, partly, supports } from '../../core/control.ts';
import type { See } from '../../core/see.ts';
import { eachStore } from '../../targets/backup/each-store.ts';
import type { Kept, KeptSet } from '../../targets/backup/kept.ts';
import type { BackupTarget } from '../../targets/backup/target.ts';

const day = 86_400_000;
const promised = 30;
const most = 10;

export default control({
  claim: 'Every restore point of thirty days is there, and retention takes none that has to stay',
  why: 'What was deleted or encrypted by somebody three weeks ago comes back from a backup of before, or not at all.',
  requirements: [
    supports('phase7:backup.kept-30-days', 'each point that the schedule promises is there and whole'),
    partly('mp22:2.5', 'backups are kept for thirty days'),
    partly('tsc:A1.2', 'backups are kept as long as promised'),
  ],
  targets: { backups: 'backup' },
  touch: 'nothing',
  async prove({ backups }, see) {
    const { keep } = backups;
    see.must('keep: days', keep.days >= promised, {
      want: `at least ${promised}`,
      got: String(keep.days),
      hint: `set keep.days to ${promised}`,
    });
    const kept = await eachStore(backups.stores, see, async (store) => {
      const found = await store.kept();
      retention(store.name, found, backups, see);
      return { name: store.name, ...found };
    });
    // What a store that did not answer has may be what is missing in the others.
    if (kept.length === backups.stores.length) points(kept, backups, see);
  },
});

type Store = Kept & { readonly name: string };

/** Any store may have a point: that each is there twice is the claim of `backup/offsite`. */
function points(stores: readonly Store[], backups: BackupTarget, see: See): void {
  const { keep, schedule, objectives } = backups;
  const now = backups.now();
  const inventories = stores.map(({ name, sets }): [string, { sets: readonly KeptSet[]; others: [] }] => [
    name,
    { sets, others: [] },
  ]);
  const since = runningSince({
    facts: { keep, schedule, objectives },
    stores: Object.fromEntries(inventories),
    records: [],
  });
  if (since === null) {
    see.blind('restore points', 'there is no backup, and nobody says since when there should be', {
      hint: 'surety backup; schedule.since says from when it counts',
    });
    return;
  }
  const days = (now.getTime() - since.getTime()) / day;
  if (days < promised) {
    see.blind('restore points', `the schedule counts for ${days.toFixed(1)} of ${promised} days so far`, {
      hint:
        schedule.since === undefined
          ? 'where it has run for longer, say so by schedule.since: what is gone would show'
          : `ask again after ${new Date(since.getTime() + promised * day).toISOString().slice(0, 10)}`,
    });
  }
  if (schedule.since === undefined) {
    see.note('restore points', `counted from the oldest backup, ${since.toISOString()}: give schedule.since`);
  }
  const whole = stores.flatMap(({ sets }) => sets.filter(({ missing }) => missing.length === 0));
  const expected = expectedPoints(keep, schedule, since, now);
  if (expected.length === 0) {
    see.blind('restore points', 'none is due yet');
    return;
  }
  const missing = missingPoints(expected, whole);
  see.equal(`restore points: ${expected.length} are promised`, [], listed(missing), {
    hint: 'see what removed them, or why they were never made: retention of ours takes none of these',
  });
}

function listed(missing: readonly RestorePoint[]): readonly string[] {
  const names = missing.map(({ unit, name }) => `no backup of ${unit} ${name}`);
  return names.length > most ? [...names.slice(0, most), `${names.length - most} more`] : names;
}

/** What retention would do in this store now, held against what has to stay whatever it thinks. */
function retention(
  name: string,
  { sets, untrusted, unfinished }: Kept,
  backups: BackupTarget,
  see: See,
): void {
  const now = backups.now();
  const whole = sets.filter(({ missing }) => missing.length === 0);
  const plan = planRetention({
    sets,
    others: [...untrusted, ...unfinished],
    intact: new Map(whole.map(({ backup, manifest }) => [backup, manifest.lockedUntil])),
    elsewhere: new Set(),
    // All of them are of this database already.
    source: sets[0]?.manifest.source ?? null,
    keep: backups.keep,
    schedule: backups.schedule,
    now,
    skew: {},
    lastRun: 'done',
  });
  const going = new Set(plan.remove.map(({ set }) => set.backup));
  const [latest] = whole;
  const young = (set: KeptSet): boolean =>
    now.getTime() - Date.parse(set.manifest.snapshot) <= backups.keep.days * day - toleratedSkew;
  const wrong = sets.filter((set) => going.has(set.backup) && (set === latest || young(set)));
  see.equal(
    `${name}: what retention would take too early`,
    [],
    wrong.map(({ backup }) => backup),
    { hint: 'this is a mistake in surety: please report it, and do not prune' },
  );
  see.note(
    `${name}: retention now`,
    plan.refused === null
      ? `would remove ${going.size} of ${sets.length}`
      : `removes nothing: ${plan.refused}`,
  );
}
