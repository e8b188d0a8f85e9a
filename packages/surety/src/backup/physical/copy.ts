import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { BlindError, SuretyError } from '../../core/error.ts';
import { binaryFolders } from '../../targets/postgres/binaries.ts';
import type { Account } from './account.ts';
import { plainWords } from './info.ts';

const run = promisify(execFile);

/** PostgreSQL's own programs of one release. */
export type Programs = {
  readonly major: string;
  readonly postgres: string;
  readonly waldump: string;
  readonly checksums: string;
};

/** @throws {BlindError} `physical/no-server` */
export async function findPrograms(
  major: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Programs> {
  for (const folder of await binaryFolders(env)) {
    const programs = ['postgres', 'pg_waldump', 'pg_checksums'].map((name) => path.join(folder, name));
    const versions = await Promise.all(programs.map(majorOf));
    const [postgres, waldump, checksums] = programs;
    if (versions.some((one) => one !== major) || !postgres || !waldump || !checksums) continue;
    return { major, postgres, waldump, checksums };
  }
  throw new BlindError(
    'physical/no-server',
    `no PostgreSQL ${major} with pg_waldump and pg_checksums on this machine, to start the copy with`,
    `install it (Debian: apt-get install postgresql-${major}), or set SURETY_PG_BIN`,
  );
}

async function majorOf(program: string): Promise<string | null> {
  const said = await run(program, ['--version']).catch(() => null);
  return said === null ? null : (/ (\d+)/.exec(said.stdout)?.[1] ?? null);
}

/** A restored cluster, recovered to its moment and promoted. No network reaches it. */
export type Copy = {
  /** By a socket in a folder that only the account and root can enter; hence every role is let in. */
  url(role: string, database: string): string;
  /** Ends it in order. May be called twice. */
  stop(): Promise<void>;
};

export type BootCopy = {
  readonly programs: Programs;
  readonly account: Account;
  readonly folder: string;
  /** The restored data folder. */
  readonly data: string;
  /** An empty folder for the socket. */
  readonly socket: string;
  /** As PostgreSQL reads it. */
  readonly target: string;
  readonly timeline: number;
  /** What fetches a segment. */
  readonly restoreCommand: string;
  readonly signal: AbortSignal;
};

/**
 * The settings that make of a copy of production something that touches nothing of production: no archiving, no replication,
 * no subscriptions, no preloaded schedulers, no network, and no statement in its log.
 */
const harmless = {
  listen_addresses: '',
  ssl: 'off',
  archive_mode: 'off',
  archive_command: '',
  archive_cleanup_command: '',
  recovery_end_command: '',
  primary_conninfo: '',
  synchronous_standby_names: '',
  max_logical_replication_workers: '0',
  max_wal_senders: '0',
  max_replication_slots: '0',
  wal_level: 'replica',
  shared_preload_libraries: '',
  session_preload_libraries: '',
  local_preload_libraries: '',
  autovacuum: 'off',
  fsync: 'off',
  shared_buffers: '32MB',
  huge_pages: 'off',
  // Those of the server may be higher than any file says by now: nobody reads while it recovers, so only these count.
  hot_standby: 'off',
  max_prepared_transactions: '200',
  restart_after_crash: 'off',
  unix_socket_permissions: '0700',
  logging_collector: 'off',
  log_destination: 'stderr',
  log_min_messages: 'log',
  log_statement: 'none',
  log_min_error_statement: 'panic',
  lc_messages: 'C',
  log_timezone: 'UTC',
} as const;

/**
 * Starts a restored data folder and waits until it is recovered to its moment and open for writing.
 *
 * @throws {SuretyError} `physical/recovery` with what the server said
 */
export async function bootCopy(options: BootCopy): Promise<Copy> {
  const { programs, account, folder, data, socket, signal } = options;
  signal.throwIfAborted();
  const config = path.join(folder, 'postgresql.conf');
  const hba = path.join(folder, 'pg_hba.conf');
  await writeFile(config, `hba_file = '${hba}'\n`, { mode: 0o644 });
  await writeFile(hba, 'local all all trust\n', { mode: 0o644 });
  // What the server had of its own there is for its own machine.
  await rm(path.join(data, 'postmaster.pid'), { force: true });
  const logFile = path.join(folder, 'log');
  const log = await open(logFile, 'w', 0o600);
  const child = spawn(programs.postgres, ['-D', data, ...settings(options, config, hba)], {
    ...account,
    cwd: data,
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  });
  try {
    await once(child, 'spawn').finally(() => log.close());
    if (await isOpen(child, data, signal)) return copyOf(child, socket);
  } catch (error) {
    await end(child);
    throw error;
  }
  await end(child);
  signal.throwIfAborted();
  throw notRecovered(await readFile(logFile, 'latin1'));
}

function settings(
  { programs, socket, target, timeline, restoreCommand }: BootCopy,
  config: string,
  hba: string,
): readonly string[] {
  const all = {
    ...harmless,
    ...(Number(programs.major) >= 15 && { archive_library: '' }),
    config_file: config,
    hba_file: hba,
    unix_socket_directories: socket,
    port: '5432',
    restore_command: restoreCommand,
    recovery_target_time: target,
    recovery_target_action: 'promote',
    recovery_target_timeline: String(timeline),
  };
  return Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** The eighth line of `postmaster.pid`, as `pg_ctl` reads it: it stays `starting` for as long as it recovers. */
async function isOpen(child: ChildProcess, data: string, signal: AbortSignal): Promise<boolean> {
  while (child.exitCode === null && child.signalCode === null && !signal.aborted) {
    const lines = (await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (lines[7]?.trim() === 'ready') return true;
    await sleep(20);
  }
  return false;
}

function copyOf(child: ChildProcess, socket: string): Copy {
  child.unref();
  let ending: Promise<void> | null = null;
  return {
    url: (role, database) =>
      `postgresql://${encodeURIComponent(role)}@${encodeURIComponent(socket)}:5432/${encodeURIComponent(database)}`,
    stop() {
      ending ??= end(child);
      return ending;
    },
  };
}

/** SIGINT is the fast shutdown, with a checkpoint: only then its checksums can be read. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.ref();
  const gone = once(child, 'exit');
  child.kill('SIGINT');
  const patience = setTimeout(() => child.kill('SIGQUIT'), 60_000);
  await gone;
  clearTimeout(patience);
}

function notRecovered(log: string): SuretyError {
  const fatal = log.split('\n').findLast((line) => / (FATAL|PANIC):/.test(line)) ?? 'the server said nothing';
  return new SuretyError(
    'physical/recovery',
    `the copy did not recover: ${plainWords(fatal.replace(/^.*? (?=FATAL|PANIC)/, ''))}`,
    'look whether every WAL segment between backup and moment is in the archive: pgbackrest verify does not say',
  );
}
