import { access, constants } from 'node:fs/promises';
import path from 'node:path';
import { BlindError, SuretyError } from '../../core/error.ts';
import { serverOwner } from '../../targets/postgres/server.ts';
import { type Account, type Ended, runAs } from './account.ts';
import { type Configuration, readConfiguration } from './config.ts';
import { plainWords, readInfo, type StanzaInfo } from './info.ts';
import { readVerified } from './verify-output.ts';

/** What the copy of a restore must not have in common with the server that it is a copy of. */
export type Restoring = {
  /** The backup to begin with: `20261122-122625F`. */
  readonly label: string;
  /** A folder that is not there yet; its parent belongs to the account. */
  readonly data: string;
  /** An empty folder, where all tablespaces go. */
  readonly tablespaces: string;
  /** Where its own lock lies, so that no backup waits for it. */
  readonly locks: string;
};

/** The real program, for one stanza. Every method throws {@link SuretyError} `physical/…` with what it said, secrets left out. */
export type PgBackRest = {
  readonly version: string;
  readonly account: Account;
  readonly configuration: Configuration;
  /** @throws {BlindError} `physical/repository` */
  info(): Promise<StanzaInfo>;
  /** Reads the whole repository. */
  verify(): Promise<ReturnType<typeof readVerified>>;
  stanzaCreate(): Promise<void>;
  /** Writes a restore point into the WAL, switches to the next segment and waits until the archive has it. */
  check(): Promise<void>;
  backup(type: 'full' | 'diff' | 'incr'): Promise<void>;
  restore(options: Restoring): Promise<void>;
  /** Names below a folder of the repository. */
  list(folder: string): Promise<readonly string[]>;
  /** Content of a file in the repository, deciphered, still compressed. @param limit bytes */
  get(file: string, limit?: number): Promise<Buffer>;
  /** Puts a WAL segment or a history file at `to`. @param data a data folder of the cluster. `false`: the archive has it not */
  fetchWal(name: string, to: string, data: string): Promise<boolean>;
  /** `restore_command` for a copy in `data`: only from this repository, and not by way of the spool of the server. */
  restoreCommand(data: string): string;
};

export type OpenPgBackRest = {
  readonly stanza: string;
  /** Path of `pgbackrest.conf`. */
  readonly config: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  readonly secret?: (value: string) => void;
};

/** Of Debian 12; older ones neither know PostgreSQL 15 nor write what `verify` found as text. */
const oldest = { major: 2, minor: 45 };

/** @throws {BlindError} `physical/no-pgbackrest`, `physical/old-pgbackrest`, `physical/config` */
export async function openPgBackRest(options: OpenPgBackRest): Promise<PgBackRest> {
  const { stanza, config, env, signal, secret } = options;
  const program = await findProgram(env);
  const configuration = await readConfiguration(config, stanza);
  const secrets = [...configuration.secrets, ...environmentSecrets(env)];
  for (const value of secrets) secret?.(value);
  const account = await serverOwner();
  const call = { program, account, env: environment(env), signal, secrets };
  const { version } = await readVersion(call);
  const repository = configuration.repositories[0]?.key ?? 1;
  const fixed = ['--config', config, '--stanza', stanza, '--log-level-file=off', '--log-level-stderr=off'];
  const said = (command: readonly string[], limit?: number): Promise<Buffer> =>
    output(call, [...fixed, '--log-level-console=off', ...command], limit);
  const done = async (command: readonly string[]): Promise<void> => {
    // What went wrong is said on standard error; nothing else is.
    await output(call, [...fixed, '--log-level-console=off', ...command]);
  };
  const inRepository = `--repo=${repository}`;
  const forCopy = (data: string): readonly string[] => [
    inRepository,
    `--pg1-path=${data}`,
    '--reset-pg1-host',
    '--no-archive-async',
  ];
  return {
    version,
    account,
    configuration,
    info: async () => readInfo((await said(['info', '--output=json'])).toString('utf8'), stanza),
    verify: async () =>
      readVerified((await said(['verify', inRepository, '--output=text', '--verbose'])).toString('utf8')),
    stanzaCreate: () => done(['stanza-create']),
    check: () => done(['check']),
    backup: (type) => done(['backup', inRepository, `--type=${type}`]),
    restore: (restoring) => done(['restore', inRepository, ...restoreArguments(restoring)]),
    list: async (folder) =>
      (await said(['repo-ls', inRepository, folder])).toString('utf8').split('\n').filter(Boolean),
    get: (file, limit) => said(['repo-get', inRepository, file], limit),
    async fetchWal(name, to, data) {
      const place = [...forCopy(data), 'archive-get', name, to];
      const ended = await run(call, [...fixed, '--log-level-console=off', ...place]);
      if (ended.code === 1) return false;
      if (ended.code !== 0) throw refused(call, 'archive-get', ended);
      return true;
    },
    restoreCommand: (data) =>
      [program, ...fixed, ...forCopy(data), 'archive-get', '%f', '%p'].map(shellWord).join(' '),
  };
}

function shellWord(word: string): string {
  return /^[\w%@+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/**
 * Everything in the configuration that would let the copy reach beyond its own folders is taken back: the host and
 * paths of the server, its tablespaces, and its recovery options, which may run commands.
 */
function restoreArguments({ label, data, tablespaces, locks }: Restoring): readonly string[] {
  return [
    `--set=${label}`,
    `--pg1-path=${data}`,
    '--reset-pg1-host',
    '--no-delta',
    `--tablespace-map-all=${tablespaces}`,
    `--lock-path=${locks}`,
    '--reset-recovery-option',
    '--reset-db-include',
    '--no-link-all',
    '--archive-mode=off',
    '--type=default',
  ];
}

type Call = {
  readonly program: string;
  readonly account: Account;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly secrets: readonly string[];
};

async function run(call: Call, args: readonly string[], limit?: number): Promise<Ended> {
  try {
    return await runAs(call.program, args, { ...call, cwd: '/', ...(limit !== undefined && { limit }) });
  } catch (cause) {
    call.signal.throwIfAborted();
    throw new BlindError(
      'physical/no-pgbackrest',
      'pgbackrest could not be started',
      'run it by hand as the account of the server: pgbackrest version',
      { cause },
    );
  }
}

async function output(call: Call, args: readonly string[], limit?: number): Promise<Buffer> {
  const ended = await run(call, args, limit);
  if (ended.code === 0) return ended.stdout;
  throw refused(call, args.find((word) => /^[a-z]+(-[a-z]+)?$/.test(word)) ?? 'pgbackrest', ended);
}

/** Exit codes of pgBackRest that say that it could not look, not that something is wrong with what it looked at. */
const blindness: Readonly<Record<number, { readonly fact: string; readonly hint: string }>> = {
  37: { fact: 'an option is missing in its configuration', hint: 'run it by hand and add what it asks for' },
  41: {
    fact: 'it may not open a file',
    hint: 'let the account of the server read pgbackrest.conf and the repository',
  },
  50: { fact: 'another pgbackrest holds the lock', hint: 'try again when that has ended' },
  55: { fact: 'a file is missing', hint: 'mend the paths in pgbackrest.conf, or `config` of the estate' },
  56: {
    fact: 'it cannot connect to the database',
    hint: 'mend pg1-socket-path, pg1-port and pg1-user in pgbackrest.conf',
  },
  62: { fact: 'there is already a stop file', hint: 'pgbackrest start' },
  122: { fact: 'an option is not right', hint: 'run it by hand and mend what it names' },
};

function refused({ secrets }: Call, command: string, { code, stderr, stdout }: Ended): SuretyError {
  const said = stderr.trim() === '' ? stdout.subarray(0, 2000).toString('utf8') : stderr;
  const line = said.split('\n').find((one) => one.includes('ERROR')) ?? said;
  const words = secrets.reduce((text, value) => text.replaceAll(value, '…'), plainWords(line.trim()));
  const known = code === null ? undefined : blindness[code];
  if (known !== undefined)
    return new BlindError(
      `physical/pgbackrest-${code}`,
      `pgbackrest ${command}: ${known.fact}: ${words}`,
      known.hint,
    );
  return new SuretyError(
    'physical/refused',
    `pgbackrest ${command} ended with ${code ?? 'a signal'}${words === '' ? '' : `: ${words}`}`,
    `run it by hand to see all that it says: pgbackrest --log-level-console=detail ${command}`,
  );
}

async function findProgram(env: OpenPgBackRest['env']): Promise<string> {
  const folders = (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  for (const folder of folders) {
    const file = path.join(folder, 'pgbackrest');
    if (
      await access(file, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return file;
  }
  throw new BlindError(
    'physical/no-pgbackrest',
    'there is no pgbackrest on this machine',
    'install it (Debian: apt-get install pgbackrest), or run this where it is',
  );
}

async function readVersion(call: Call): Promise<{ readonly version: string }> {
  const text = (await output(call, ['version'])).toString('utf8');
  const [, version = '', major, minor] = /((\d+)\.(\d+)\S*)/.exec(text) ?? [];
  const isOld =
    Number(major) < oldest.major || (Number(major) === oldest.major && Number(minor) < oldest.minor);
  if (version !== '' && !isOld) return { version };
  throw new BlindError(
    'physical/old-pgbackrest',
    `pgbackrest is ${version === '' ? 'of an unknown version' : version}, older than ${oldest.major}.${oldest.minor}`,
    'install a newer one',
  );
}

/** Passwords come from its own configuration, or from variables that are for it. Nothing else of ours goes there. */
function environment(env: OpenPgBackRest['env']): Readonly<Record<string, string>> {
  const wanted = /^(PATH|HOME|TMPDIR|PGPASSFILE|PGSERVICEFILE|PGBACKREST_.+|AWS_.+)$/;
  const passed = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && wanted.test(name) ? [[name, value] as const] : [],
  );
  return { ...Object.fromEntries(passed), LC_ALL: 'C.UTF-8', TZ: 'UTC' };
}

function environmentSecrets(env: OpenPgBackRest['env']): readonly string[] {
  return Object.entries(env).flatMap(([name, value]) =>
    /^(PGBACKREST_.*(PASS|KEY|SECRET|TOKEN)|AWS_(SECRET|SESSION).*)$/.test(name) &&
    value !== undefined &&
    value.length > 3
      ? [value]
      : [],
  );
}
