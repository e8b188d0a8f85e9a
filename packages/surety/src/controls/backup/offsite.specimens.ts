import { cp } from 'node:fs/promises';
import { scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import offsite from './offsite.ts';

const lost = (nth: number, store: string) => ({
  forge: <M>(manifest: M, place: { nth: number; store: string }): M | null =>
    place.nth === nth && place.store === store ? null : manifest,
});

export default specimens({
  control: offsite,
  on: () => scratchBackup({ needs: ['stores', 'some backup'] }),
  lookalikes: {
    'a backup that is being stored': { break: lost(-1, '') },
    'an old one, no longer promised, in one store only': {
      break: { ages: [0, 12, 31 * 24], ...lost(2, 'offsite') },
    },
    'the first backup, a moment after it was stored': { break: { ages: [-0.95] } },
    'a run that failed in both stores': {
      break: { forge: (manifest, { nth }) => (nth === 1 ? null : manifest) },
    },
  },
  sabotages: {
    'the upload of the newest failed with a warning': {
      break: lost(0, 'offsite'),
      names: 'the newest has a second copy',
    },
    'the upload of an older one failed with a warning': {
      break: lost(1, 'offsite'),
      names: 'only in vault',
    },
    'nothing was ever uploaded': {
      break: { forge: (manifest, { store }) => (store === 'offsite' ? null : manifest) },
      names: 'only in vault',
    },
    'the copy lost a part': {
      break: { edit: async ({ offsite: store, backups }) => store.remove(`backups/${backups[0]}/globals`) },
      names: 'the newest has a second copy',
    },
    'the newest dump is in one store, and a manifest that tells of a repository in both': {
      break: {
        forge: (manifest, { nth, store }) => {
          if (nth === 0) return { ...manifest, engine: 'physical' };
          return nth === 1 && store === 'offsite' ? null : manifest;
        },
      },
      names: 'the newest has a second copy',
    },
    'one store': {
      break: { stores: ['vault'] },
      names: 'stores that are not lost together',
    },
    'two folders on one disk': {
      break: { stores: ['vault', 'second'] },
      names: 'vault, second on ',
    },
    'two names of one folder': {
      break: { stores: ['vault', 'alias'] },
      names: 'holds manifests of another store',
    },
    'files that were copied instead of stored': {
      break: {
        forge: (manifest, { store }) => (store === 'offsite' ? null : manifest),
        edit: async ({ vault, offsite: store }) => {
          if (vault.folder !== null && store.folder !== null)
            await cp(vault.folder, store.folder, { recursive: true });
        },
      },
      names: 'offsite: holds manifests of another store',
    },
  },
});
