import { putReceipt } from '../../testing/drill-receipt.ts';
import { scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import rpo from './rpo.ts';

const hour = 3_600_000;

export default specimens({
  control: rpo,
  on: () =>
    scratchBackup({
      ages: [0, 12, 24, 36],
      prepare: (site) => putReceipt(site),
      needs: ['stores', 'receipts'],
    }),
  lookalikes: {
    'a gap from before the window': { break: { ages: [0, 12, 24, 45 * 24] } },
    'two days, where three may be lost': {
      break: { ages: [0, 48], facts: { objectives: { lossHours: 72 } } },
    },
    'an attempt without an end in between': {
      break: {
        forge: (manifest, { nth }) => (nth === 1 ? null : manifest),
        facts: { objectives: { lossHours: 25 } },
      },
    },
  },
  sabotages: {
    'two runs in a row were missed': { break: { ages: [0, 36, 48] }, names: 'gaps of 24 h or more' },
    'a backup a day misses it by what a backup takes': {
      break: { ages: [0, 24, 48] },
      names: '24.0 h after',
    },
    'a slow store: a backup that took half a day': {
      break: {
        forge: (manifest, { nth }) =>
          nth === 1
            ? { ...manifest, finished: new Date(Date.parse(manifest.started) + 13 * hour).toISOString() }
            : manifest,
      },
      names: 'gaps of 24 h or more',
    },
    'the schedule has stopped': { break: { ages: [30, 42] }, names: '31.0 h after' },
    'one store got nothing for a day': {
      break: { forge: (manifest, { nth, store }) => (nth === 1 && store === 'offsite' ? null : manifest) },
      names: 'offsite: gaps',
    },
    'the drill lost two days': {
      break: { edit: (site) => putReceipt(site, { days: 0, edit: (one) => ({ ...one, loss: 48 * hour }) }) },
      names: 'last drill: loss',
    },
    'a drill of half a year ago': {
      break: { unprepared: true, edit: (site) => putReceipt(site, { days: 180 }) },
      names: 'last drill: when',
    },
  },
});
