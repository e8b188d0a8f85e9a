import type { Manifest } from '../../backup/manifest.ts';
import { scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import successRate from './success-rate.ts';

const hour = 3_600_000;
const ages = Array.from({ length: 30 }, (_, n) => n * 12);
const without = (...hours: readonly number[]) => ages.filter((age) => !hours.includes(age));
const later = (manifest: Manifest, hours: number): Manifest => {
  const moved = (moment: string): string => new Date(Date.parse(moment) + hours * hour).toISOString();
  const { started, snapshot, finished } = manifest;
  return { ...manifest, started: moved(started), snapshot: moved(snapshot), finished: moved(finished) };
};
const hundred = Array.from({ length: 100 }, (_, n) => n * 6);

export default specimens({
  control: successRate,
  on: () =>
    scratchBackup({
      ages,
      since: 14.9,
      needs: ['stores'],
      facts: { objectives: { windowDays: 15 } },
    }),
  lookalikes: {
    'a run that may still come': { break: { ages: without(0) } },
    'one that a person made besides': {
      break: {
        ages: [...ages, 5].sort((a, b) => a - b),
        forge: (manifest, { nth }) => (nth === 1 ? { ...manifest, slot: null } : manifest),
      },
    },
    'two attempts, of which one failed': {
      break: {
        ages: [...ages, 12].sort((a, b) => a - b),
        forge: (manifest, { nth }) => (nth === 1 ? null : manifest),
      },
    },
    'one missed, where that is allowed': {
      break: { ages: without(60), facts: { objectives: { windowDays: 15, successRate: 0.95 } } },
    },
    'one missed before the window': {
      break: { ages: without(14 * 24), facts: { objectives: { windowDays: 10 } } },
    },
    'nobody says since when': {
      break: { facts: { schedule: { since: undefined }, objectives: { windowDays: 15 } } },
    },
    'one finished within the grace': {
      break: { forge: (manifest, { nth }) => (nth === 3 ? later(manifest, 1) : manifest) },
    },
  },
  sabotages: {
    'a run was missed': { break: { ages: without(60) }, names: 'missed: nothing ran for it' },
    'a run failed in one store': {
      break: { forge: (manifest, { nth, store }) => (nth === 5 && store === 'offsite' ? null : manifest) },
      names: 'offsite has no backup of it that verifies',
    },
    'a run was cut off': {
      break: { forge: (manifest, { nth }) => (nth === 5 ? null : manifest) },
      names: 'missed',
    },
    'the result of a run was dropped': {
      break: { edit: async ({ vault, backups }) => vault.remove(`backups/${backups[7]}`) },
      names: 'vault has no backup of it that verifies',
    },
    'a part of it was dropped': {
      break: { edit: async ({ vault, backups }) => vault.remove(`backups/${backups[7]}/globals`) },
      names: 'vault has no backup of it that verifies',
    },
    'a run failed, and a physical backup told that it was there': {
      break: { forge: (manifest, { nth }) => (nth === 5 ? { ...manifest, engine: 'physical' } : manifest) },
      names: 'missed',
    },
    'the schedule stopped two days ago': {
      break: { ages: ages.filter((age) => age >= 48) },
      names: 'missed',
    },
    'one came after its grace': {
      break: { forge: (manifest, { nth }) => (nth === 3 ? later(manifest, 3) : manifest) },
      names: 'late',
    },
    'a hole was filled afterwards by naming its slot': {
      break: { forge: (manifest, { nth }) => (nth === 5 ? later(manifest, 24) : manifest) },
      names: 'missed',
    },
    'one in a hundred failed': {
      break: {
        ages: hundred,
        since: 24.9,
        facts: { schedule: { every: 6 }, objectives: { windowDays: 25 } },
        forge: (manifest, { nth }) => (nth === 50 ? null : manifest),
      },
      names: '99 of 100, 99 %',
    },
  },
});
