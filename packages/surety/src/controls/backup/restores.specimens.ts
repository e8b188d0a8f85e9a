import { scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import { tenantSetting } from '../../testing/tenant-schema.ts';
import restores from './restores.ts';

export default specimens({
  control: restores,
  on: () =>
    scratchBackup({
      real: true,
      ages: [0],
      identity: true,
      facts: { drill: { as: 'api', setting: tenantSetting, smoke: ['select count(*) > 0 from accounts'] } },
      needs: ['identity', 'attacker'],
    }),
  lookalikes: {
    'the database is gone': { break: { sql: 'drop schema public cascade' } },
    'the newest in the other store lost its data': {
      break: { edit: async ({ offsite, backups }) => offsite.remove(`backups/${backups[0]}/data-0`) },
    },
  },
  sabotages: {
    'a policy left out of the dump': {
      break: { dumped: 'drop policy mine on notes' },
      names: 'catalog',
    },
    'row security not forced any more': {
      break: { dumped: 'alter table notes no force row level security' },
      names: 'catalog',
    },
    'a grant left out': { break: { dumped: 'revoke select on notes from api' }, names: 'catalog' },
    'another owner': { break: { dumped: 'alter table accounts owner to postgres' }, names: 'catalog' },
    'rows left out': { break: { dumped: 'delete from transactions' }, names: 'rows' },
    'one row otherwise, as many rows': {
      break: { dumped: `update notes set body = 'other' where id = (select min(id) from notes)` },
      names: 'rows',
    },
    'a sequence set back': {
      break: { dumped: `select setval('notes_id_seq', 1, false)` },
      names: 'notes_id_seq',
    },
    'an index left out': {
      break: { dumped: 'alter table users drop constraint users_email_key' },
      names: 'catalog',
    },
    'a flipped bit': {
      break: {
        edit: async ({ shelves, backups }) => {
          for (const shelf of shelves) {
            await shelf.change(`backups/${backups[0]}/data-0`, (bytes) => {
              bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
              return bytes;
            });
          }
        },
      },
      names: 'authentic',
    },
    'sealed for others, whose key is not in escrow': {
      break: { strangers: true },
      names: 'decrypts',
    },
    'no backup at all': { break: { ages: [] }, names: 'authentic' },
  },
});
