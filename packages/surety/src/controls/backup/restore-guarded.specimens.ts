import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Site, scratchBackup } from '../../testing/scratch-backup.ts';
import { specimens } from '../../testing/specimens.ts';
import guarded from './restore-guarded.ts';

const healthy = '#!/bin/sh\nset -eu\ncd "$(dirname "$0")/.."\nexec surety restore "$@"\n';

const entry = (text: string) => ({
  edit: async ({ root }: Site): Promise<void> => {
    await mkdir(join(root, 'job'), { recursive: true });
    await writeFile(join(root, 'job', 'restore'), text);
    await chmod(join(root, 'job', 'restore'), 0o755);
  },
});
const edited = (from: string, to: string) => entry(healthy.replace(from, to));

export default specimens({
  control: guarded,
  on: () =>
    scratchBackup({
      ages: [],
      facts: { job: { path: 'job', entries: ['restore'] } },
      prepare: entry(healthy).edit,
      needs: ['entry point'],
    }),
  lookalikes: {
    'the verb itself': { break: { facts: { job: undefined } } },
    'a comment that speaks of psql': { break: edited('set -eu', 'set -eu\n# psql -f dump.sql') },
  },
  sabotages: {
    'a script that names the database for the person': {
      break: edited('"$@"', '--yes-i-mean budget "$@"'),
      names: 'a program that answers yes',
    },
    'a script that pipes a dump into psql': {
      break: entry('#!/bin/sh\ngunzip -c "$1" | psql "$DATABASE_URL"\n'),
      names: 'it calls psql',
    },
    'a script that drops first': { break: edited('exec', 'dropdb budget; exec'), names: 'it calls dropdb' },
    'a script that restores in another way': {
      break: entry('#!/bin/sh\n./load-all.sh\n'),
      names: 'it does not call it',
    },
  },
});
