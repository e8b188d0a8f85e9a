import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type PgBackRestSite, scratchPgBackRest } from '../../testing/scratch-pgbackrest.ts';
import { specimens } from '../../testing/specimens.ts';
import pointInTime from './point-in-time.ts';

const archive = 'archive/main/15-1/0000000100000000';

/** Archived segments, oldest first. */
async function segments(site: PgBackRestSite): Promise<readonly string[]> {
  return (await site.files(archive)).filter((file) => /\/[0-9A-F]{24}-\w+\.zst$/.test(file)).sort();
}

/** The last byte but forty: within the content, whatever the file is. */
async function flip(file: string | undefined): Promise<void> {
  if (file === undefined) throw new Error('nothing to change');
  const bytes = await readFile(file);
  const at = bytes.length - 40;
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  await writeFile(file, bytes);
}

async function fullBackup({ folder }: PgBackRestSite): Promise<string> {
  const backups = path.join(folder, 'repo/backup/main');
  const label = (await readdir(backups))
    .filter((name) => /^\d{8}-\d{6}F$/.test(name))
    .sort()
    .at(-1);
  return path.join(backups, label ?? 'none');
}

const edited = (edit: (site: PgBackRestSite) => Promise<unknown>) => ({
  edit: async (site: PgBackRestSite) => {
    await edit(site);
    return undefined;
  },
});

export default specimens({
  control: pointInTime,
  on: scratchPgBackRest,
  lookalikes: {
    'an incremental backup on the full one': {
      break: edited(async (site) => {
        await site.backup('incr');
        await site.work();
      }),
    },
    'an incremental backup, and nothing written since': {
      break: edited((site) => site.backup('incr')),
    },
    'archiving failed for a while, and made good since': {
      break: edited(async (site) => {
        await site.set('archive_command', 'false');
        await site.work();
        await site.settle();
      }),
    },
    'another timeline, of a copy that somebody once promoted': {
      break: edited(async (site) => {
        const [first = ''] = await segments(site);
        const branch = path.join(path.dirname(path.dirname(first)), '00000002.history');
        await writeFile(branch, '1\t0/9000000\tno recovery target specified\n', { mode: 0o644 });
      }),
    },
  },
  sabotages: {
    'a WAL segment is missing': {
      break: edited(async (site) => rm((await segments(site)).at(-2) ?? '')),
      names: 'WAL is missing',
    },
    'a WAL segment was changed': {
      break: edited(async (site) => flip((await segments(site)).at(-1))),
      names: 'main: repository',
    },
    'a file of the backup was changed': {
      break: edited(async (site) => {
        const full = await fullBackup(site);
        const files = await site.files(path.relative(path.join(site.folder, 'repo'), full));
        await flip(files.find((file) => file.includes('/base/1/1255')));
      }),
      names: 'checksum invalid',
    },
    'the full backup was removed below an incremental one': {
      break: edited(async (site) => {
        await site.backup('incr');
        await site.work();
        await rm(await fullBackup(site), { recursive: true });
      }),
      names: 'missing',
    },
    'the list of the backup was exchanged': {
      break: edited(async (site) => {
        const full = await fullBackup(site);
        for (const name of ['backup.manifest', 'backup.manifest.copy']) await flip(path.join(full, name));
      }),
      names: 'signed manifest',
    },
    'a backup that nobody signed': {
      break: edited(async (site) => {
        await site.pgbackrest.backup('full');
        await site.work();
      }),
      names: 'no signed manifest',
    },
    'the stanza is gone': {
      break: edited(async ({ folder }) => {
        for (const place of ['archive', 'backup'])
          await rm(path.join(folder, 'repo', place), { recursive: true });
      }),
      names: 'missing stanza',
    },
    'archiving off': {
      break: { edit: async (site) => ({ url: await site.another() }) },
      names: 'archiving: on',
    },
    'archive_command fails': {
      break: edited(async (site) => {
        await site.set('archive_command', 'false');
        await site.work();
      }),
      names: 'archiving: last attempt',
    },
    'archive_command only says yes': {
      break: edited(async (site) => {
        await site.set('archive_command', 'true');
        await site.work();
      }),
      names: 'handed over',
    },
    'a segment waits until it is full': {
      break: edited((site) => site.set('archive_timeout', '0')),
      names: 'archive_timeout',
    },
  },
});
