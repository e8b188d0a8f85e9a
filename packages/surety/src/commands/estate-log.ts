import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import {
  type Log,
  type LoggedRecord,
  type Observation,
  openLog,
  privateKeyFromPem,
  readLog,
} from '@surety/evidence';
import { SuretyError } from '../core/error.ts';
import type { Estate } from '../core/estate.ts';
import { slug } from './slug.ts';
import type { Terminal } from './verb.ts';

/** Where the log of one writer lives: one origin for a laptop, one for CI, one for the server. */
export type LogPlace = { readonly origin: string; readonly folder: string };

export function logPlace(estate: Pick<Estate, 'name' | 'root' | 'writer'>, env: Terminal['env']): LogPlace {
  const writer = estate.writer ?? (env.CI ? 'ci' : slug(hostname(), 'here'));
  return { origin: `surety/${estate.name}/${writer}`, folder: join(estate.root, '.surety', 'log', writer) };
}

/** Opens the estate's log for writing, with the keys below `.surety/keys/`. */
export async function openEstateLog(estate: Estate, terminal: Pick<Terminal, 'env' | 'now'>): Promise<Log> {
  const { origin, folder } = logPlace(estate, terminal.env);
  const [logKey, proberKey] = await Promise.all([
    readKey(estate.root, 'log'),
    readKey(estate.root, 'prober'),
  ]);
  return openLog({ folder, origin, logKey, proberKey, now: terminal.now });
}

/** A private key of this machine. @throws {SuretyError} `keys/…` */
export async function readKey(root: string, name: 'log' | 'prober'): Promise<KeyObject> {
  const path = join(root, '.surety', 'keys', `${name}.pem`);
  if (!existsSync(path)) throw new SuretyError('keys/missing', `there is no ${path}`, 'surety init');
  const pem = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new SuretyError(
      'keys/unreadable',
      `${path} cannot be read`,
      'make it a file that this user can read',
      {
        cause,
      },
    );
  });
  return privateKeyFromPem(pem);
}

/** The records of this writer so far; none where the log does not exist yet. */
export async function recordsSoFar(estate: Estate, env: Terminal['env']): Promise<readonly LoggedRecord[]> {
  const { folder } = logPlace(estate, env);
  if (!existsSync(join(folder, 'checkpoint'))) return [];
  return (await readLog(folder)).records;
}

/** What the last proof of a control and binding saw; nothing where there was none. */
export async function lastObservations(
  estate: Estate,
  control: string,
  binding: string,
  env: Terminal['env'],
): Promise<readonly Observation[]> {
  const { folder } = logPlace(estate, env);
  if (!existsSync(join(folder, 'checkpoint'))) return [];
  const log = await readLog(folder);
  const last = log.records.findLast(
    ({ record }) => record.type === 'verdict' && record.control.id === control && record.binding === binding,
  );
  return last?.record.type === 'verdict' ? log.observations(last.record.observations.sha256) : [];
}
