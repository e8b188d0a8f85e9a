import { resolve } from 'node:path';
import { control, optional, partly, supports } from '../../core/control.ts';
import { SuretyError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import type { Handle } from '../../core/target.ts';
import { eachStore } from '../../targets/backup/each-store.ts';
import { whyNotRun } from '../../targets/backup/entry-points.ts';
import type { BackupTarget } from '../../targets/backup/target.ts';

export default control({
  claim:
    'The backup job reaches the right database, its stores and its key, and its entry points can be started',
  why: 'A job that dumps the staging database every night reports success every night.',
  requirements: [
    supports(
      'phase7:backup.configurable',
      'every value that the job is given resolves, and to the right thing',
    ),
    supports(
      'phase7:backup.executable',
      'the entry points are there, may be executed, and are understood by what runs them',
    ),
    supports(
      'phase7:checklist.backup.database-url',
      'the job connects, to the database that the estate means',
    ),
    supports('phase7:checklist.backup.scripts', 'the entry points are there and can be started'),
    supports('phase7:files.backup-script', 'the entry point that makes backups is where the estate says'),
    supports('phase7:files.restore-script', 'the entry point that restores is where the estate says'),
    partly('phase7:checklist.backup.offsite-bucket', 'each store answers with the credentials of the job'),
    partly('tsc:A1.2', 'what makes backups is in place'),
  ],
  targets: { backups: 'backup', db: optional('postgres') },
  touch: 'nothing',
  async prove({ backups, db }, see) {
    await rightDatabase(backups, db, see);
    await eachStore(backups.stores, see, async (store) => {
      await store.open();
      see.must(`store ${store.name}: answers`, true, { got: store.kind });
    });
    await signs(backups, see);
    await entryPoints(backups, see);
  },
});

async function rightDatabase(backups: BackupTarget, db: Handle | undefined, see: See): Promise<void> {
  try {
    const { database, systemIdentifier, role } = await backups.source();
    const sees = role.superuser || role.bypassRls;
    see.must(`role ${role.name}: sees every row`, sees, {
      want: 'superuser, or bypassrls with pg_read_all_data',
      got: sees ? 'so it does' : 'row security binds it',
      hint: `alter role ${role.name} bypassrls; grant pg_read_all_data to ${role.name}`,
    });
    if (db === undefined) {
      see.note('database', `${database}; the estate has no postgres target to hold it against`);
      return;
    }
    const meant = await db.identity();
    const hint = 'mend url of the target: the job has the connection string of something else';
    see.equal('database of the job', meant.database ?? null, database, { hint });
    // An application's role may not be allowed to ask which cluster it is in.
    if (typeof meant.systemIdentifier === 'string' && systemIdentifier !== null) {
      see.equal('server of the job', meant.systemIdentifier, systemIdentifier, { hint });
    } else see.note('server of the job', 'one of the roles may not ask which it is');
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    see.blind('database of the job', error.message, { hint: error.hint });
  }
}

/** Backups that no signer signed are none. */
async function signs(backups: BackupTarget, see: See): Promise<void> {
  const keys = await backups.signingKeys();
  if (keys.length === 0 && backups.holdsIdentity) {
    see.note('key that signs', 'none here, where backups are restored');
    return;
  }
  see.must('key that signs', keys.length > 0, {
    want: 'one of the signers of the estate, below .surety/keys/',
    got: keys.join(', ') || 'none here',
    hint: 'add what `surety backup --signer` prints to signers',
  });
}

async function entryPoints({ job, root }: BackupTarget, see: See): Promise<void> {
  if (job === undefined) {
    see.blind('entry points', 'the estate does not say what the schedule runs', {
      hint: "job: { path: 'infra/backup' }",
    });
    return;
  }
  for (const entry of job.entries) {
    const why = await whyNotRun(resolve(root, job.path, entry));
    see.must(`${job.path}/${entry}`, why === null, {
      want: 'a program that can be started',
      got: why ?? 'so it is',
      hint: `chmod +x ${job.path}/${entry}, and see its first line`,
    });
  }
}
