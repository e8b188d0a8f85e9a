import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, cp, mkdtemp, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { SuretyError } from '../../core/error.ts';
import { type Binaries, findBinaries } from './binaries.ts';

const run = promisify(execFile);

/** A throw-away server on loopback. */
export type PostgresServer = {
  /** Of the superuser `postgres`, database `postgres`, with its password. */
  readonly url: string;
  readonly port: number;
  /** `15.18` */
  readonly version: string;
  readonly binaries: Binaries['origin'];
  /** Of the postmaster. */
  readonly pid: number;
  /** Ends it and removes its folder. May be called twice. */
  stop(): Promise<void>;
};

export type ServerOptions = {
  /** PEM texts. With them the server offers TLS; it still answers plaintext, unless `hba` says otherwise. */
  readonly ssl?: { readonly cert: string; readonly key: string };
  /** Server settings: `{ log_statement: 'all' }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** The whole `pg_hba.conf`. Default: scram-sha-256 for everyone on loopback. */
  readonly hba?: readonly string[];
  /** Pages with checksums. Default: as the server's own default is. */
  readonly checksums?: boolean;
  /** An existing folder to put the server's own folder in. Default: the system's temporary folder. */
  readonly folder?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
};

type Owner = { readonly uid: number; readonly gid: number };

/**
 * Starts a PostgreSQL server that nobody else knows of: own folder, own password, a free port on loopback,
 * no fsync. It ends with `stop()`, and also when this process ends, however that comes about.
 *
 * @throws {SuretyError} `postgres/no-binaries`, `postgres/no-user`, `postgres/no-start`
 */
export async function startServer(options: ServerOptions = {}): Promise<PostgresServer> {
  const { signal } = options;
  signal?.throwIfAborted();
  const found = await findBinaries(options.env ?? process.env);
  const owner = await serverOwner();
  const folder = await mkdtemp(path.join(options.folder ?? tmpdir(), 'surety-pg-'));
  try {
    if (owner !== null) await chown(folder, owner.uid, owner.gid);
    const bin = await reachableBinaries(found, folder, owner);
    const password = randomBytes(18).toString('base64url');
    const data = path.join(folder, 'data');
    await initialise({ bin, folder, data, password, owner, signal, checksums: options.checksums });
    await configure(data, options, owner);
    const version = await serverVersion(bin);
    const { port, child, pid } = await startOnFreePort({ bin, folder, data, owner, signal });
    const watchdog = guard(pid, folder);
    return {
      url: `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`,
      port,
      version,
      binaries: found.origin,
      pid,
      stop: onlyOnce(async () => {
        watchdog.kill('SIGKILL');
        await end(child);
        await rm(folder, { recursive: true, force: true });
      }),
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** PostgreSQL refuses to run as root; then it runs as `postgres`, else as `nobody`. `null`: as ourselves. */
export async function serverOwner(): Promise<Owner | null> {
  if (process.getuid?.() !== 0) return null;
  const accounts = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = accounts.find(([account]) => account === name) ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new SuretyError(
    'postgres/no-user',
    'PostgreSQL refuses to run as root, and there is no account postgres or nobody',
    'run this as an ordinary user, or create the account: useradd --system postgres',
  );
}

/** The binaries, or a copy of them where the account that runs them may not enter their folder. */
async function reachableBinaries(found: Binaries, folder: string, owner: Owner | null): Promise<string> {
  if (owner === null || (await isReachable(found.folder))) return found.folder;
  const copy = path.join(folder, 'server');
  await cp(path.dirname(found.folder), copy, { recursive: true, verbatimSymlinks: true });
  await chmod(copy, 0o755);
  return path.join(copy, path.basename(found.folder));
}

async function isReachable(folder: string): Promise<boolean> {
  const { mode } = await stat(folder);
  if ((mode & 0o001) === 0) return false;
  const parent = path.dirname(folder);
  return parent === folder || isReachable(parent);
}

type Place = {
  readonly bin: string;
  readonly folder: string;
  readonly data: string;
  readonly owner: Owner | null;
  readonly signal: AbortSignal | undefined;
};

async function initialise({
  bin,
  folder,
  data,
  password,
  owner,
  signal,
  checksums,
}: Place & { readonly password: string; readonly checksums: boolean | undefined }): Promise<void> {
  const passwordFile = path.join(folder, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (owner !== null) await chown(passwordFile, owner.uid, owner.gid);
  const locale = process.platform === 'linux' ? 'C.UTF-8' : 'C';
  const args = [
    '--no-sync',
    '--encoding=UTF8',
    `--locale=${locale}`,
    '--auth=scram-sha-256',
    '-U',
    'postgres',
    ...(checksums === true ? ['--data-checksums'] : []),
  ];
  try {
    await run(path.join(bin, 'initdb'), [...args, `--pwfile=${passwordFile}`, '-D', data], {
      cwd: folder,
      ...owner,
      ...(signal && { signal }),
    });
  } catch (error) {
    signal?.throwIfAborted();
    throw noStart('initdb failed', error instanceof Error ? error.message : String(error));
  }
  await rm(passwordFile);
}

const scratchSettings = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '60',
  shared_buffers: '32MB',
  // Nothing here is worth a checkpoint, and a stopped server is thrown away.
  checkpoint_timeout: '1h',
} as const;

async function configure(
  data: string,
  { ssl, settings, hba }: ServerOptions,
  owner: Owner | null,
): Promise<void> {
  const write = async (name: string, text: string) => {
    const file = path.join(data, name);
    await writeFile(file, text, { mode: 0o600 });
    if (owner !== null) await chown(file, owner.uid, owner.gid);
  };
  if (ssl !== undefined) {
    await write('server.crt', ssl.cert);
    await write('server.key', ssl.key);
  }
  if (hba !== undefined) await write('pg_hba.conf', `${hba.join('\n')}\n`);
  const all = { ...scratchSettings, ssl: ssl === undefined ? 'off' : 'on', ...settings };
  const lines = Object.entries(all).map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'`);
  await write('postgresql.auto.conf', `${lines.join('\n')}\n`);
}

async function serverVersion(bin: string): Promise<string> {
  const { stdout } = await run(path.join(bin, 'postgres'), ['--version']);
  return /\d+(\.\d+)*\w*/.exec(stdout)?.[0] ?? stdout.trim();
}

type Started = { readonly port: number; readonly child: ChildProcess; readonly pid: number };

async function startOnFreePort(place: Place, attempts = 5): Promise<Started> {
  const port = await freePort();
  const logFile = path.join(place.folder, 'log');
  const log = await open(logFile, 'w', 0o600);
  const child = spawn(path.join(place.bin, 'postgres'), ['-D', place.data, '-p', String(port)], {
    cwd: place.data,
    stdio: ['ignore', log.fd, log.fd],
    // Its own process group, so that Ctrl-C reaches us first and we end it in order.
    detached: true,
    ...place.owner,
  });
  child.unref();
  try {
    await once(child, 'spawn');
    const { pid } = child;
    if (pid !== undefined && (await becomesReady(child, place))) return { port, child, pid };
  } finally {
    await log.close();
  }
  await end(child);
  place.signal?.throwIfAborted();
  const output = await readFile(logFile, 'utf8');
  if (attempts > 1 && output.includes('could not bind')) return startOnFreePort(place, attempts - 1);
  throw noStart('the server did not start', output);
}

/** `postmaster.pid` says `ready` in its eighth line once connections are welcome, as `pg_ctl` reads it. */
async function becomesReady(child: ChildProcess, { data, signal }: Place): Promise<boolean> {
  for (let waited = 0; waited < 30_000 && child.exitCode === null && signal?.aborted !== true; waited += 10) {
    const lines = (await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
    if (lines[7]?.trim() === 'ready') return true;
    await sleep(10);
  }
  return false;
}

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw noStart('no free port', '');
  return address.port;
}

/**
 * A small process that waits for the end of its standard input, which comes when this process is gone, even
 * by SIGKILL. Then it ends the server and removes its folder.
 */
function guard(pid: number, folder: string): ChildProcess {
  const script = 'cat >/dev/null; kill -QUIT "$1" 2>/dev/null; sleep 0.3; rm -rf -- "$2"';
  const watchdog = spawn('/bin/sh', ['-c', script, 'surety-pg-guard', String(pid), folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  return watchdog;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.ref();
  const gone = once(child, 'exit');
  // SIGQUIT is the immediate shutdown: nothing has to be kept.
  child.kill('SIGQUIT');
  const patience = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(patience);
}

function onlyOnce(act: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null;
  return () => {
    running ??= act();
    return running;
  };
}

function noStart(fact: string, output: string): SuretyError {
  const last = output.trim().split('\n').slice(-3).join('; ');
  return new SuretyError(
    'postgres/no-start',
    last === '' ? fact : `${fact}: ${last}`,
    'mend the cause above, or name another server with SURETY_PG_BIN',
  );
}
