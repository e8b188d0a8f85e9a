import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { z } from 'zod';
import { type BackupFacts, backupFacts } from '../../backup/facts.ts';
import type { Server } from '../../backup/restore/admin.ts';
import { type BackupSet, inventory, isOf, type NotABackup, serversOf } from '../../backup/sets.ts';
import { openStore } from '../../backup/stores/open.ts';
import type { Store } from '../../backup/stores/store.ts';
import { BlindError, SuretyError } from '../../core/error.ts';
import type { Estate, EstateTarget } from '../../core/estate.ts';
import { passwordsIn } from '../../targets/postgres/passwords.ts';
import type { RunRedactor } from '../redact.ts';
import type { Terminal } from '../verb.ts';

export type Options = {
  readonly config?: string;
  readonly backup?: string;
  readonly at?: string;
  readonly store?: string;
  readonly into?: string;
  readonly table?: string;
  readonly to?: string;
  readonly server?: string;
  readonly list?: boolean;
  readonly back?: boolean;
  readonly yesIMean?: string;
  readonly endSessions?: boolean;
  readonly acceptDifferences?: boolean;
  readonly json?: boolean;
};

/** What a restore starts from: the backups of one database, as the estate names them. */
export type Situation = {
  readonly estate: Estate;
  readonly target: EstateTarget;
  readonly facts: BackupFacts;
  /** The name that applications connect to. */
  readonly database: string;
  readonly terminal: Terminal;
  readonly redactor: RunRedactor;
};

export function situate(
  estate: Estate,
  asked: string | undefined,
  terminal: Terminal,
  redactor: RunRedactor,
  verb = 'restore',
): Situation {
  const all = estate.targets.filter(({ kind }) => kind === 'backup');
  const meant = all.filter(({ name }) => asked === undefined || name === asked);
  const [target] = meant;
  if (target === undefined || meant.length > 1)
    throw new SuretyError(
      'usage/which-backup',
      asked === undefined
        ? `the estate has ${all.length} targets of kind backup`
        : `the estate has no target ${asked} of kind backup`,
      all.length === 0
        ? 'add one to surety.config.ts'
        : `surety ${verb} ${all.map(({ name }) => name).join(' | ')}`,
    );
  const facts = backupFacts.parse(target.facts);
  if (facts.identity !== undefined) redactor.secret(facts.identity);
  const database = decodeURIComponent(new URL(facts.url).pathname.slice(1));
  return { estate, target, facts, database, terminal, redactor };
}

export type Shelf = {
  readonly store: string;
  /** `null` where it could not be opened. */
  readonly open: Store | null;
  readonly sets: readonly BackupSet[];
  readonly others: readonly NotABackup[];
  /** Why it could not be looked at. */
  readonly fact: string | null;
};

/** Every store of the estate, or the one that is asked for. One that does not answer does not keep the others from being used. */
export async function openShelves(
  { facts, estate, terminal: { signal }, redactor: { secret } }: Situation,
  only: string | undefined,
): Promise<readonly Shelf[]> {
  const named = Object.entries(facts.stores).filter(([name]) => only === undefined || name === only);
  if (named.length === 0)
    throw new SuretyError(
      'usage/no-such-store',
      `the estate has no store ${only}`,
      `--store ${Object.keys(facts.stores).join(' | ')}`,
    );
  const shelves: Shelf[] = [];
  for (const [store, said] of named) {
    let open: Store | null = null;
    try {
      open = await openStore(store, said, { root: estate.root, signal, secret });
      const { sets, others } = await inventory(open, facts.signers);
      shelves.push({ store, open, sets, others, fact: null });
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error;
      shelves.push({ store, open, sets: [], others: [], fact: error.message });
    }
  }
  return shelves;
}

export async function closeShelves(shelves: readonly Shelf[]): Promise<void> {
  await Promise.allSettled(shelves.map(({ open }) => open?.close()));
}

export type Choice = { readonly set: BackupSet; readonly store: Store };

/**
 * The newest backup of the database, or of that moment, or the one with that name; in the first store that has it.
 *
 * @param systemIdentifier of the server that it is restored to, where there is one; it tells whose a backup is where others are called alike
 * @throws {SuretyError} `restore/whose`, `restore/no-backup`
 */
export function choose(
  shelves: readonly Shelf[],
  { database }: Situation,
  { backup, at }: Options,
  systemIdentifier: string | null,
): Choice {
  const until = at === undefined ? null : readTime(at);
  const servers = serversOf(
    shelves.flatMap(({ sets }) => sets),
    database,
  );
  const own = servers.length > 1 ? (servers.find((server) => server === systemIdentifier) ?? null) : null;
  if (backup === undefined && servers.length > 1 && own === null)
    throw new SuretyError(
      'restore/whose',
      `there are backups of databases called ${database} on ${servers.length} servers: ${servers.join(', ')}`,
      'surety restore --list shows them; name the one that is meant by --backup',
    );
  const found = shelves
    .flatMap(({ open, sets }) => (open === null ? [] : sets.map((set) => ({ set, store: open }))))
    .filter(({ set: { manifest } }) =>
      backup === undefined
        ? isOf({ manifest }, { database, systemIdentifier: own })
        : manifest.backup === backup,
    )
    .filter(({ set }) => until === null || set.manifest.snapshot <= until)
    .reduce<Choice | null>(
      (best, one) => (best === null || one.set.manifest.snapshot > best.set.manifest.snapshot ? one : best),
      null,
    );
  if (found !== null) return found;
  const blind = shelves.flatMap(({ store, fact }) => (fact === null ? [] : [`${store}: ${fact}`]));
  const why = shelves
    .flatMap(({ others }) => others)
    .filter((other) => backup === undefined || other.backup === backup)
    .map((other) => `${other.backup} in ${other.store}: ${other.why}`);
  const fact = `no verified backup of ${database}${backup === undefined ? '' : ` called ${backup}`}${until === null ? '' : ` from before ${until}`}`;
  const details = [...blind, ...why.slice(0, 3)].map((line) => `\n  ${line}`).join('');
  if (blind.length > 0)
    throw new BlindError('restore/no-backup', `${fact}${details}`, 'mend the stores named above');
  throw new SuretyError(
    'restore/no-backup',
    `${fact}${details}`,
    'surety restore --list shows what there is',
  );
}

/** With its zone, and of a day that the calendar has: a moment that is guessed restores another one. */
const moment = z.iso.datetime({ offset: true });

function readTime(text: string): string {
  if (!moment.safeParse(text).success)
    throw new SuretyError(
      'usage/no-time',
      `--at ${text} is no moment with a zone`,
      '--at 2026-11-22T02:00:00Z, or 2026-11-22T04:00:00+02:00',
    );
  return new Date(text).toISOString();
}

export function identityIn({ facts, target }: Situation): string {
  if (facts.identity !== undefined) return facts.identity;
  throw new SuretyError(
    'restore/no-identity',
    `the estate names no identity that opens the backups of ${target.name}`,
    'identity: file("…") in surety.config.ts, on the machine that restores',
  );
}

/** The server that takes the backup: by the name of an environment variable, else as the estate says. */
export async function serverIn(
  { facts, estate, terminal, redactor }: Situation,
  { server: variable }: Options,
): Promise<Server> {
  const url = variable === undefined ? facts.restore?.url : urlIn(variable, terminal);
  if (url === undefined || !URL.canParse(url))
    throw new SuretyError(
      'restore/no-server',
      url === undefined
        ? 'nothing says which server takes the backup'
        : 'the connection string of the server that takes the backup cannot be read',
      'restore: { url: env("…") } in surety.config.ts, or --server NAME of an environment variable that holds it',
    );
  redactor.secret(url);
  for (const password of passwordsIn(url)) redactor.secret(password);
  const ca = facts.restore?.ca ?? facts.ca;
  if (ca === undefined) return { url };
  const pem = await readFile(resolve(estate.root, ca), 'utf8').catch((cause: unknown) => {
    throw new BlindError('restore/no-ca', `${ca} cannot be read`, 'mend ca of the target', { cause });
  });
  return { url, ca: pem };
}

function urlIn(variable: string, { env }: Terminal): string {
  if (variable.includes('://'))
    throw new SuretyError(
      'usage/secret-in-arguments',
      '--server takes the name of an environment variable; what stands in arguments, everybody on this machine can read',
      'put the connection string into a variable: --server RESTORE_URL; and change that password',
    );
  const url = env[variable];
  if (url !== undefined && url !== '') return url;
  throw new SuretyError(
    'usage/no-variable',
    `there is no ${variable} in the environment`,
    `export ${variable}=…`,
  );
}
