import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Site, scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import configured from './configured.ts';

const script = '#!/bin/sh\nset -eu\nexec surety backup --scheduled "$@"\n';

async function write({ root }: Site, entry: string, text: string, mode = 0o755): Promise<void> {
  const path = join(root, 'job', entry);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, mode);
}
const entry = (text: string, mode?: number) => ({
  edit: (site: Site) => write(site, 'backup', text, mode),
});

export default specimens({
  control: configured,
  on: () =>
    scratchBackup({
      ages: [0],
      beside: true,
      facts: { job: { path: 'job' } },
      prepare: async (site) => {
        await write(site, 'backup', script);
        await write(site, 'restore', script);
      },
      needs: ['stores', 'database'],
    }),
  lookalikes: {
    'found on the PATH': { break: entry(script.replace('/bin/sh', '/usr/bin/env sh')) },
    'another shell, with options': { break: entry(script.replace('/bin/sh', '/bin/bash -e')) },
    'only its owner may execute it': { break: entry(script, 0o700) },
    'one entry point, as the estate says': {
      break: {
        facts: { job: { path: 'job', entries: ['backup'] } },
        edit: ({ root }) => rm(join(root, 'job', 'restore')),
      },
    },
    'no backup yet': { break: { ages: [] } },
  },
  sabotages: {
    'mode 644': { break: entry(script, 0o644), names: 'mode 644' },
    'not there': { break: { edit: ({ root }) => rm(join(root, 'job', 'restore')) }, names: 'job/restore' },
    'saved on Windows': { break: entry(script.replaceAll('\n', '\r\n')), names: 'as on Windows' },
    'no first line that says what runs it': {
      break: entry(script.replace('#!/bin/sh\n', '')),
      names: 'by #!',
    },
    'an interpreter that there is not': {
      break: entry(script.replace('/bin/sh', '/opt/nowhere/sh')),
      names: 'there is no /opt/nowhere/sh',
    },
    'one that is not on the PATH': {
      break: entry(script.replace('/bin/sh', '/usr/bin/env surely-nowhere')),
      names: 'there is no surely-nowhere',
    },
    'a quote that is never closed': {
      break: entry(`${script}echo "done\n`),
      names: 'its shell cannot read it',
    },
    empty: { break: entry(''), names: 'it is empty' },
    'the wrong database': { break: { connects: 'postgres' }, names: 'database of the job' },
    'a role that row security binds': {
      break: { sql: 'alter role backup nosuperuser nobypassrls' },
      names: 'row security binds it',
    },
    'no key that signs': {
      break: { edit: ({ root }) => rm(join(root, '.surety', 'keys', 'backup.pem')) },
      names: 'key that signs',
    },
  },
});
