import type { Manifest } from '../../backup/manifest.ts';
import { scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import complete from './complete.ts';

const without =
  (part: string) =>
  (manifest: Manifest): Manifest => ({
    ...manifest,
    parts: manifest.parts.filter((one) => one.part !== part),
  });
const source = (of: Partial<Manifest['source']>) => (manifest: Manifest) => ({
  ...manifest,
  source: { ...manifest.source, ...of },
});
const payroll = 'create database payroll template surety_template';

export default specimens({
  control: complete,
  on: () => scratchBackup({ ages: [0, 12], needs: ['stores', 'some backup', 'database'] }),
  lookalikes: {
    'where an identity is: by name': { break: { identity: true } },
    'a role without superuser that sees all': {
      break: { sql: 'alter role backup nosuperuser bypassrls; grant pg_read_all_data to backup' },
    },
    'a table that was dropped since': { break: { sql: 'drop table notes' } },
    'rows that came since': {
      break: { sql: `insert into notes select n, 't', 'new' from generate_series(100, 200) n` },
    },
    'another database that is backed up here as well': {
      break: {
        sql: payroll,
        forge: (manifest, { nth }) => (nth === 1 ? source({ database: 'payroll' })(manifest) : manifest),
      },
    },
    'an older one without globals': {
      break: { forge: (manifest, { nth }) => (nth === 1 ? without('globals')(manifest) : manifest) },
    },
  },
  sabotages: {
    'globals left out': { break: { forge: without('globals') }, names: 'globals' },
    'the facts left out': { break: { forge: without('facts') }, names: 'facts' },
    'the rows left out': { break: { forge: without('data-0') }, names: 'data-0' },
    'passwords of roles left out': {
      break: { forge: (manifest) => ({ ...manifest, leftOut: ['role-passwords'] }) },
      names: 'role-passwords',
    },
    'row security filters what the role dumps': {
      break: { sql: 'alter role backup nosuperuser nobypassrls; grant pg_read_all_data to backup' },
      names: 'public.notes',
    },
    'a table that the role may not read': {
      break: { sql: 'alter role backup nosuperuser bypassrls; revoke pg_read_all_data from backup' },
      names: 'public.accounts',
    },
    'a large object that the role may not read': {
      break: {
        sql: `alter role backup nosuperuser bypassrls; grant pg_read_all_data to backup; select lo_create(0)`,
      },
      names: 'large objects',
    },
    'a table that was excluded': {
      // One that is in the backup is younger than it.
      break: {
        identity: true,
        sql: 'drop table notes; create table ledgers (id int); create table notes (id int)',
      },
      names: 'public.ledgers',
    },
    'another database that nobody backs up': { break: { sql: payroll }, names: 'database payroll' },
    'the job dumps another server': {
      break: { forge: source({ systemIdentifier: '7000000000000000000' }) },
      names: 'backups are of this server',
    },
    'the manifest counts more rows than were there': {
      break: { identity: true, forge: source({ rows: 4_000 }) },
      names: 'tables and rows as signed',
    },
  },
});
