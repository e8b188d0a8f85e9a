import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type LoggedRecord, mergeRecords, readLog, verifyLog } from '@surety/evidence';
import { SuretyError } from '../core/error.ts';
import type { Terminal } from './verb.ts';

/** The records of every writer, in one order, and where they came from. */
export type Logs = { readonly records: readonly LoggedRecord[]; readonly folders: readonly string[] };

/**
 * Reads the logs of all writers below a folder. A report must not be made from a log that was tampered with;
 * a hole in one is no tampering, and shows in the report.
 *
 * @param folder one log, or a folder of logs; default `.surety/log`
 * @throws {SuretyError} `report/unsound-log`
 */
export async function readLogs(
  folder: string | undefined,
  { cwd, now }: Pick<Terminal, 'cwd' | 'now'>,
): Promise<Logs> {
  const place = resolve(cwd, folder ?? join('.surety', 'log'));
  const folders = await logFolders(place);
  for (const one of folders) {
    const { problems } = await verifyLog(one, { now: now() });
    const [first] = problems.filter(({ kind }) => kind !== 'dropped');
    if (first !== undefined) {
      throw new SuretyError(
        'report/unsound-log',
        `${one}: ${first.where}: ${first.message}`,
        `surety verify ${one}`,
      );
    }
  }
  const logs = await Promise.all(folders.map((one) => readLog(one)));
  return { records: mergeRecords(logs.map(({ records }) => records)), folders };
}

async function logFolders(place: string): Promise<readonly string[]> {
  if (existsSync(join(place, 'checkpoint'))) return [place];
  if (!existsSync(place)) return [];
  const names = (await readdir(place)).sort();
  return names.map((name) => join(place, name)).filter((one) => existsSync(join(one, 'checkpoint')));
}
