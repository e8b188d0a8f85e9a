import { scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import immutable from './immutable.ts';

export default specimens({
  control: immutable,
  on: () => scratchBackup({ stores: ['vault', 'bucket'], needs: ['bucket'] }),
  lookalikes: {
    'the bucket alone': { break: { stores: ['bucket'] } },
    'a key that could bypass GOVERNANCE': { break: { bucket: { may: { bypass: true } } } },
    'a store that answers each listing page by page': { break: { bucket: { pageSize: 2 } } },
    'an overwritten object, whose version is still there': {
      break: {
        edit: async ({ bucket, backups }) =>
          void (await bucket?.put(`backups/${backups[0]}/data-0`, Buffer.from('somebody was here'))),
      },
    },
    'a shorter promise': { break: { facts: { keep: { days: 7 } } } },
  },
  sabotages: {
    'folders only': {
      break: { stores: ['vault', 'offsite'] },
      names: 'vault (a folder), offsite (a folder)',
    },
    'a bucket without Object Lock, and nobody says so': {
      break: { bucket: { objectLock: false, said: 'none' } },
      names: 'bucket (a bucket without Object Lock)',
    },
    'a bucket without Object Lock, where the estate says it has one': {
      break: {
        bucket: { objectLock: false },
      },
      names: 'bucket: has Object Lock',
    },
    'a bucket that takes locks and drops them': {
      break: { bucket: { lies: ['drops-locks'] } },
      names: 'globals is not locked',
    },
    'a bucket that tells of locks and lets everybody remove': {
      break: { bucket: { lies: ['ignores-locks'] } },
      names: 'bucket: removes what is locked',
    },
    'a bucket that refuses and removes all the same': {
      break: { bucket: { lies: ['lies-about-locks'] } },
      names: 'bucket: removes what is locked',
    },
    'locks that end before their backups may': {
      break: { facts: { keep: { days: 90 } } },
      names: 'is held',
    },
    'one object put without a lock': {
      break: {
        forge: (manifest, { nth, store }) => {
          const [first, ...rest] = manifest.parts;
          if (nth !== 1 || store !== 'bucket' || first === undefined) return manifest;
          return { ...manifest, parts: [{ ...first, lockedUntil: null }, ...rest] };
        },
        edit: async ({ bucket, backups }) => {
          const found = bucket?.fake.versions().find(({ key }) => key === `backups/${backups[1]}/globals`);
          if (found !== undefined) found.lock = null;
        },
      },
      names: 'globals is not locked',
    },
    'a locked object that is gone': {
      break: { edit: async ({ bucket, backups }) => bucket?.remove(`backups/${backups[0]}/data-0`) },
      names: 'data-0 is gone',
    },
  },
});
