import { publicKeyText } from '@surety/evidence';
import { manifestKey, openManifest, sealManifest } from '../../backup/manifest.ts';
import { type Site, scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import fresh from './fresh.ts';

const hour = 3_600_000;

const touched =
  (hours: number) =>
  async ({ shelves }: Site): Promise<void> => {
    for (const shelf of shelves) await shelf.touch(new Date(Date.now() + hours * hour));
  };

export default specimens({
  control: fresh,
  on: () => scratchBackup({ needs: ['stores', 'database'] }),
  lookalikes: {
    'a run that is under way, without a manifest yet': {
      break: { forge: (manifest, { nth }) => (nth === 0 ? null : manifest) },
    },
    'files that look a year old': { break: { edit: touched(-365 * 24) } },
    'a backup made by a person, between the slots': {
      break: { forge: (manifest, { nth }) => (nth === 0 ? { ...manifest, slot: null } : manifest) },
    },
    'backups of another database in the same stores': {
      break: {
        forge: (manifest, { nth }) =>
          nth === 2 ? { ...manifest, source: { ...manifest.source, database: 'payroll' } } : manifest,
      },
    },
    'an older backup that lost a part': {
      break: {
        edit: async ({ vault, backups }) => vault.remove(`backups/${backups[2]}/data-0`),
      },
    },
    'twenty-three hours apart, where a day may be lost': {
      break: { ages: [0, 23], facts: { schedule: { every: 23 } } },
    },
  },
  sabotages: {
    'the schedule has stopped': { break: { ages: [30, 42] }, names: 'vault: newest verified backup' },
    'the schedule has stopped, and every file was touched': {
      break: {
        ages: [30, 42],
        edit: touched(0),
      },
      names: '31.0 h old',
    },
    'the newest one was never finished, and the one before is old': {
      break: { ages: [0, 30], forge: (manifest, { nth }) => (nth === 0 ? null : manifest) },
      names: 'vault: newest verified backup',
    },
    'the newest one lost a part, and the one before is old': {
      break: {
        ages: [0, 30],
        edit: async ({ offsite, backups }) => offsite.remove(`backups/${backups[0]}/outline`),
      },
      names: 'offsite: newest verified backup',
    },
    'the newest one was cut, and the one before is old': {
      break: {
        ages: [0, 30],
        edit: async ({ vault, backups }) =>
          vault.change(`backups/${backups[0]}/data-0`, (bytes) => bytes.subarray(0, -1)),
      },
      names: 'vault: newest verified backup',
    },
    'an old one passed off as new, signed by somebody else': {
      break: {
        ages: [30],
        edit: async ({ shelves, backups, stage }) => {
          for (const shelf of shelves) {
            await shelf.change(manifestKey(backups[0] ?? ''), (bytes) => {
              const manifest = openManifest(bytes, [publicKeyText(stage.key)]);
              return sealManifest({ ...manifest, snapshot: new Date().toISOString() }, stage.stranger);
            });
          }
        },
      },
      names: 'there is none',
    },
    'only backups of another database are new': {
      break: {
        ages: [0, 30],
        forge: (manifest, { nth }) =>
          nth === 0 ? { ...manifest, source: { ...manifest.source, database: 'payroll' } } : manifest,
      },
      names: 'vault: newest verified backup',
    },
    'only backups of another cluster are new': {
      break: {
        ages: [0, 30],
        forge: (manifest, { nth }) =>
          nth === 0 ? { ...manifest, source: { ...manifest.source, systemIdentifier: '1' } } : manifest,
      },
      names: 'vault: newest verified backup',
    },
    'dumps have stopped, and a manifest tells of something in a repository': {
      break: {
        ages: [0, 30],
        forge: (manifest, { nth }) => (nth === 0 ? { ...manifest, engine: 'physical' } : manifest),
      },
      names: 'vault: newest verified backup',
    },
    'one store gets nothing any more': {
      break: {
        ages: [0, 30],
        forge: (manifest, { nth, store }) => (nth === 0 && store === 'offsite' ? null : manifest),
      },
      names: 'offsite: newest verified backup',
    },
    'the clock was set back, as a bucket knows': {
      break: { stores: ['vault', 'bucket'], bucket: { skew: 10 * 60_000 } },
      names: 'clock of store bucket',
    },
    'the clock was set back': {
      break: {
        forge: (manifest, { nth }) =>
          nth === 0 ? { ...manifest, snapshot: new Date(Date.now() + 3 * hour).toISOString() } : manifest,
      },
      names: 'backups from the future',
    },
    'a backup a day, where a day may be lost': {
      break: { ages: [0, 24], facts: { schedule: { every: 24 } } },
      names: 'schedule: interval and duration',
    },
    'a backup that takes the rest of the interval': {
      break: {
        facts: { objectives: { lossHours: 12.5 } },
        forge: (manifest) => ({
          ...manifest,
          finished: new Date(Date.parse(manifest.started) + hour).toISOString(),
        }),
      },
      names: 'schedule: interval and duration',
    },
    'no backup at all': { break: { ages: [] }, names: 'there is none' },
  },
});
