import { partKey } from '../../backup/manifest.ts';
import { scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import kept from './kept-30-days.ts';

const ages = Array.from({ length: 70 }, (_, n) => n * 12);
const without = (...hours: readonly number[]) => ages.filter((age) => !hours.includes(age));
const upTo = (days: number) => ages.filter((age) => age <= days * 24);

export default specimens({
  control: kept,
  on: () => scratchBackup({ ages, since: 34.9, needs: ['stores', 'history'] }),
  lookalikes: {
    'nobody says since when, and the oldest is old enough': {
      break: { facts: { schedule: { since: undefined } } },
    },
    'of an old week, all but one': { break: { ages: without(31 * 24, 31.5 * 24, 32 * 24) } },
    'one that a person made besides': { break: { ages: [...ages, 5].sort((a, b) => a - b) } },
    'one point in one store only': {
      break: { forge: (manifest, { nth, store }) => (nth === 20 && store === 'offsite' ? null : manifest) },
    },
    'the run of now is under way': { break: { ages: without(0), facts: { schedule: { grace: 2 } } } },
  },
  sabotages: {
    'one was deleted': { break: { ages: without(12 * 24) }, names: 'no backup of slot' },
    'everything older than a week was deleted': { break: { ages: upTo(7) }, names: 'no backup of slot' },
    'everything but the newest was deleted': { break: { ages: [0] }, names: 'no backup of slot' },
    'a night of failures': {
      break: { forge: (manifest, { nth }) => (nth === 9 ? null : manifest) },
      names: 'no backup of slot',
    },
    'an old one lost a part in both stores': {
      break: {
        edit: async ({ shelves, backups }) => {
          for (const shelf of shelves) await shelf.remove(partKey(backups[40] ?? '', 'data-0'));
        },
      },
      names: 'no backup of slot',
    },
    'a whole week beyond the thirty days is gone': {
      break: { ages: upTo(30), since: 60 },
      names: 'no backup of week',
    },
    'kept for a week only': { break: { facts: { keep: { days: 7 } } }, names: 'keep: days' },
  },
});
