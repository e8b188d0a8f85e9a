import { existsSync, statSync } from 'node:fs';
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
 * @throws {SuretyError} `report/unsound-log`, or `report/no-log` where the folder that was asked for is none
 */
export async function readLogs(
  folder: string | undefined,
  { cwd, now }: Pick<Terminal, 'cwd' | 'now'>,
): Promise<Logs> {
  const place = resolve(cwd, folder ?? join('.surety', 'log'));
  const folders = await logFolders(place, folder !== undefined);
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

/** What holds any part of a log is taken for one: a log that lost its checkpoint must not go unsaid. */
async function logFolders(place: string, asked: boolean): Promise<readonly string[]> {
  if (!existsSync(place)) {
    if (!asked) return [];
    throw new SuretyError('report/no-log', `there is no ${place}`, 'name a log, or a folder of logs');
  }
  if (!statSync(place).isDirectory())
    throw new SuretyError(
      'report/no-log',
      `${place} is not a folder`,
      'surety verify checks a bundle; unpack it for a report',
    );
  if (holdsLog(place)) return [place];
  const names = (await readdir(place)).sort();
  return names.map((name) => join(place, name)).filter(holdsLog);
}

function holdsLog(folder: string): boolean {
  return logFiles.some((name) => existsSync(join(folder, name)));
}

const logFiles = ['format', 'checkpoint', 'tile', 'observations'];
