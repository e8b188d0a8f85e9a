import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { control, partly, supports } from '../../core/control.ts';
import type { See } from '../../core/see.ts';
import type { BackupTarget } from '../../targets/backup/target.ts';

/** What restores past every guard, or may reach something that is not the scratch server. */
const past = /\b(psql|pg_restore|dropdb|createdb|curl|wget|ssh|kubectl)\b|postgres(ql)?:\/\//;
const refusals = [
  'terminal/nobody',
  'restore/declined',
  'usage/other-name',
  'restore/exists',
  'restore/altered',
  'restore/no-backup',
];

export default control({
  claim: 'A restore changes a database only for who names it, from a backup that verifies, or not at all',
  why: 'The restore that destroys what was left is started in a hurry, by a script that answers yes.',
  requirements: [
    supports('phase7:backup.restore-confirmed', 'what answers yes, or another name, restores nothing'),
    supports('phase7:backup.no-overwrite', 'a database that is there is never written into'),
    partly('phase7:backup.restore-validated', 'an altered backup is refused before anything is changed'),
    partly('tsc:A1.2', 'recovery does no harm'),
  ],
  targets: { backups: 'backup' },
  touch: 'scratch',
  timeout: 600_000,
  async prove({ backups }, see) {
    const entry = await entryPoint(backups, see);
    if (entry === 'unsafe') return;
    const { witness, attacks } = await backups.guardTrial(entry);
    see.allowed(witness.subject, witness.attempt);
    for (const { subject, attempt } of attacks) {
      see.refused(subject, attempt, {
        because: refusals,
        hint: 'restore by `surety restore`, with nothing that answers for the person',
      });
    }
  },
});

/** The one of the estate, where it can be tried without harm; `null` where the estate names none. */
async function entryPoint(
  { job, root }: BackupTarget,
  see: See,
): Promise<{ readonly path: string; readonly as: string } | 'unsafe' | null> {
  const name = job?.entries.find((one) => /restore/.test(one));
  if (job === undefined || name === undefined) {
    see.note('entry point', 'the estate names none that restores: `surety restore` itself is attacked');
    return null;
  }
  const as = join(job.path, name);
  const path = resolve(root, as);
  const text = await readFile(path, 'utf8').catch(() => null);
  if (text === null) {
    see.blind(as, 'it cannot be read', { hint: 'surety prove backup/configured' });
    return 'unsafe';
  }
  const code = text.replace(/^\s*#.*$/gm, '');
  const found = past.exec(code)?.[0];
  const safe = found === undefined && /\bsurety\s+restore\b/.test(code);
  see.must(`${as}: restores by surety restore alone`, safe, {
    want: 'surety restore',
    got: found === undefined ? (safe ? 'so it does' : 'it does not call it') : `it calls ${found}`,
    hint: 'what goes past the guards can be piped yes: let the entry point call `surety restore "$@"`',
  });
  return safe ? { path, as } : 'unsafe';
}
