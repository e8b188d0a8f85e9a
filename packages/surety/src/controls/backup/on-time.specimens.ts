import type { Manifest } from '../../backup/manifest.ts';
import { scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import onTime from './on-time.ts';

const taking = (manifest: Manifest, seconds: number): Manifest => ({
  ...manifest,
  finished: new Date(Date.parse(manifest.started) + seconds * 1000).toISOString(),
});

export default specimens({
  control: onTime,
  on: () => scratchBackup({ needs: ['stores', 'some backup'] }),
  lookalikes: {
    'a second less than five minutes': { break: { forge: (manifest) => taking(manifest, 299) } },
    'an hour, where two are allowed': {
      break: { facts: { objectives: { backupMinutes: 120 } }, forge: (manifest) => taking(manifest, 3600) },
    },
    'a slow one from before the window': {
      break: {
        ages: [0, 12, 40 * 24],
        forge: (manifest, { nth }) => (nth === 2 ? taking(manifest, 3600) : manifest),
      },
    },
    'an attempt without an end': { break: { forge: (manifest, { nth }) => (nth === 1 ? null : manifest) } },
  },
  sabotages: {
    'five minutes to the second': { break: { forge: (manifest) => taking(manifest, 300) }, names: '300 s' },
    'the newest was slow': {
      break: { forge: (manifest, { nth }) => (nth === 0 ? taking(manifest, 400) : manifest) },
      names: '400 s',
    },
    'one of last week was slow': {
      break: {
        ages: [0, 12, 7 * 24],
        forge: (manifest, { nth }) => (nth === 2 ? taking(manifest, 1200) : manifest),
      },
      names: '1200 s',
    },
    'slow in one store': {
      break: { forge: (manifest, { store }) => (store === 'offsite' ? taking(manifest, 900) : manifest) },
      names: 'offsite: backups of 30 days',
    },
    'it ended before it began': {
      break: { forge: (manifest, { nth }) => (nth === 0 ? taking(manifest, -3600) : manifest) },
      names: 'ended before they began',
    },
  },
});
