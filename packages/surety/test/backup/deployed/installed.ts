import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Why a test that needs these programs is skipped; `false` where they are there. */
export function missing(...programs: readonly { readonly program: string; readonly package: string }[]) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const absent = programs.filter(
    ({ program }) => !folders.some((folder) => existsSync(join(folder, program))),
  );
  if (absent.length === 0) return false;
  return `no ${absent.map(({ program }) => program).join(', ')}: apt-get install ${absent.map((one) => one.package).join(' ')}`;
}

export const prometheus = { program: 'prometheus', package: 'prometheus' };
export const promtool = { program: 'promtool', package: 'prometheus' };
export const alertmanager = { program: 'prometheus-alertmanager', package: 'prometheus-alertmanager' };
export const systemdAnalyze = { program: 'systemd-analyze', package: 'systemd' };

/** The folder that the estate of the example keeps its backups' operation in. */
export const deployedFolder = join(import.meta.dirname, '../../../../../examples/budget/infra/backup');
