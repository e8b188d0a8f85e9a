import { manifestKey } from '../../backup/manifest.ts';
import { type Site, scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import intact from './intact.ts';

const flipped = (at: number) => (bytes: Buffer) => {
  const copy = Buffer.from(bytes);
  const index = at < 0 ? copy.length + at : at;
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
};
const part =
  (nth: number, name: string) =>
  ({ backups }: Site) =>
    `backups/${backups[nth]}/${name}`;
const newestData = part(0, 'data-0');

export default specimens({
  control: intact,
  on: () => scratchBackup({ needs: ['stores', 'some backup'] }),
  lookalikes: {
    'an object that was overwritten, where its version is kept': {
      break: {
        stores: ['vault', 'bucket'],
        edit: async ({ bucket, backups }) =>
          void (await bucket?.put(`backups/${backups[0]}/data-0`, Buffer.from('somebody was here'))),
      },
    },
    'files that were only touched': {
      break: { edit: async ({ vault }) => vault.touch(new Date(0)) },
    },
    'an upload that was cut off: no manifest, so no backup': {
      break: {
        forge: (manifest, { nth }) => (nth === 0 ? null : manifest),
        edit: async (site) => site.vault.change(newestData(site), (bytes) => bytes.subarray(0, 40)),
      },
    },
    'a file of somebody else’s beside them': {
      break: { edit: async ({ vault }) => void (await vault.put('README.txt', Buffer.from('keep out'))) },
    },
    'a backup of another database that has rotted': {
      break: {
        forge: (manifest, { nth }) =>
          nth === 2 ? { ...manifest, source: { ...manifest.source, database: 'payroll' } } : manifest,
        edit: async (site) => site.vault.change(part(2, 'data-0')(site), flipped(-1)),
      },
    },
  },
  sabotages: {
    'a bucket whose disk rots': {
      break: {
        stores: ['vault', 'bucket'],
        edit: async ({ bucket, backups }) => bucket?.fake.corrupt(`backups/${backups[0]}/data-0`),
      },
      names: 'data-0: same size, other bytes',
    },
    'a version that is gone, under a later one': {
      break: {
        stores: ['vault', 'bucket'],
        edit: async ({ bucket, backups }) => {
          await bucket?.remove(`backups/${backups[0]}/data-0`);
          await bucket?.put(`backups/${backups[0]}/data-0`, Buffer.from('somebody was here'));
        },
      },
      names: 'data-0: it is not there',
    },
    'a flipped bit in the middle': {
      break: { edit: async (site) => site.vault.change(newestData(site), flipped(200)) },
      names: 'data-0: same size, other bytes',
    },
    'a flipped bit at the very end': {
      break: { edit: async (site) => site.offsite.change(newestData(site), flipped(-1)) },
      names: 'offsite: ',
    },
    'a flipped bit in the oldest one': {
      break: { edit: async (site) => site.vault.change(part(2, 'globals')(site), flipped(3)) },
      names: 'globals: same size, other bytes',
    },
    'the tail is cut off': {
      break: { edit: async (site) => site.vault.change(newestData(site), (bytes) => bytes.subarray(0, -7)) },
      names: 'data-0: cut off',
    },
    'something was appended': {
      break: {
        edit: async (site) =>
          site.vault.change(part(0, 'outline')(site), (bytes) => Buffer.concat([bytes, Buffer.from('\n')])),
      },
      names: 'outline: ',
    },
    'an object is gone': {
      break: { edit: async (site) => site.offsite.remove(part(1, 'facts')(site)) },
      names: 'facts: it is not there',
    },
    'an object is empty': {
      break: { edit: async (site) => site.vault.change(newestData(site), () => Buffer.alloc(0)) },
      names: 'data-0: cut off after 0',
    },
    'two objects have changed places': {
      break: {
        edit: async (site) => {
          const outline = await site.vault.read(part(0, 'outline')(site));
          await site.vault.change(newestData(site), () => outline);
        },
      },
      names: 'data-0: ',
    },
    'an object of an older backup in its place': {
      break: {
        edit: async (site) => {
          const { readers } = site.stage;
          const { sealText } = await import('../../testing/backup-forge.ts');
          const other = await sealText(
            'other rows',
            readers.map(({ recipient }) => recipient),
          );
          await site.vault.change(newestData(site), () => other);
        },
      },
      names: 'data-0: ',
    },
    'a manifest was edited': {
      break: {
        edit: async ({ vault, backups }) =>
          vault.change(manifestKey(backups[1] ?? ''), (bytes) => {
            const envelope: { payload: string } = JSON.parse(bytes.toString('utf8'));
            const payload = Buffer.from(envelope.payload, 'base64')
              .toString('utf8')
              .replace('"rows":40', '"rows":41');
            return Buffer.from(
              JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') }),
            );
          }),
      },
      names: 'vault: manifests that do not verify',
    },
    'a manifest was moved to another backup': {
      break: {
        edit: async ({ vault, backups }) => {
          const older = await vault.read(manifestKey(backups[1] ?? ''));
          await vault.change(manifestKey(backups[0] ?? ''), () => older);
        },
      },
      names: 'vault: manifests that do not verify',
    },
    'a manifest is empty': {
      break: {
        edit: async ({ offsite, backups }) =>
          offsite.change(manifestKey(backups[0] ?? ''), () => Buffer.alloc(0)),
      },
      names: 'offsite: manifests that do not verify',
    },
  },
});
