import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, rmdir } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { BlindError, SuretyError } from '../../core/error.ts';
import { binaryFolders } from '../../targets/postgres/binaries.ts';
import { type PostgresServer, startServer } from '../../targets/postgres/server.ts';

const run = promisify(execFile);

/** A server that holds nothing yet, and is thrown away. */
export type Scratch = Pick<PostgresServer, 'url' | 'version'> & {
  /** Ends it and looks whether anything is left: gives what is, as sentences. May be called twice. */
  tearDown(): Promise<readonly string[]>;
};

/** It writes as safely as one in production, so that its times count; but nobody replicates from it. */
const settings = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
  wal_level: 'minimal',
  max_wal_senders: '0',
  max_wal_size: '4GB',
  shared_buffers: '128MB',
  maintenance_work_mem: '256MB',
} as const;

/**
 * Starts a server of that major from the programs of this machine.
 *
 * @throws {BlindError} `drill/no-server` where there are none
 */
export async function startScratch(
  major: number,
  {
    env,
    signal,
  }: { readonly env: Readonly<Record<string, string | undefined>>; readonly signal: AbortSignal },
): Promise<Scratch> {
  const programs = await folderOf(major, env);
  const folder = await mkdtemp(path.join(tmpdir(), 'surety-drill-'));
  // The account that runs the server has to get to its own folder in there.
  await chmod(folder, 0o711);
  const before = new Set(await inMemory());
  try {
    const server = await startServer({ settings, folder, signal, env: { ...env, SURETY_PG_BIN: programs } });
    return {
      url: server.url,
      version: server.version,
      async tearDown() {
        await server.stop();
        const left = await Promise.all([stillRuns(server), stillListens(server), filesLeft(folder)]);
        const memory = (await inMemory()).filter((name) => !before.has(name));
        return [...left.flat(), ...memory.map((name) => `/dev/shm/${name} is left`)];
      },
    };
  } catch (error) {
    await rmdir(folder).catch(() => undefined);
    throw error;
  }
}

async function folderOf(major: number, env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const majors = new Set<string>();
  for (const folder of await binaryFolders(env)) {
    const version = await run(path.join(folder, 'postgres'), ['--version'], { timeout: 20_000 }).then(
      ({ stdout }) => /\(PostgreSQL\) (\d+)/.exec(stdout)?.[1],
      () => undefined,
    );
    if (version === String(major)) return folder;
    if (version !== undefined) majors.add(version);
  }
  const there = majors.size === 0 ? 'none' : `only ${[...majors].join(', ')}`;
  throw new BlindError(
    'drill/no-server',
    `no server of PostgreSQL ${major} on this machine, ${there}`,
    `install one (Debian: apt-get install postgresql-${major}), or set SURETY_PG_BIN`,
  );
}

async function stillRuns({ pid }: PostgresServer): Promise<readonly string[]> {
  try {
    process.kill(pid, 0);
    return [`process ${pid} still runs`];
  } catch {
    return [];
  }
}

async function stillListens({ port }: PostgresServer): Promise<readonly string[]> {
  const answered = await new Promise<boolean>((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port, timeout: 2_000 });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(true));
  });
  return answered ? [`somebody still listens on port ${port}`] : [];
}

async function filesLeft(folder: string): Promise<readonly string[]> {
  try {
    // Not recursive: it goes only where it is empty.
    await rmdir(folder);
    return [];
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    const files = await readdir(folder).catch(() => []);
    return [`${folder} is left, with ${files.length} entries`];
  }
}

/** What of ours lies in memory, where an outline may have been. */
async function inMemory(): Promise<readonly string[]> {
  const names = await readdir('/dev/shm').catch(() => []);
  return names.filter((name) => name.startsWith('surety-'));
}

/** `15` of `15.20`. @throws {SuretyError} */
export function majorOf(version: string): number {
  const major = Number.parseInt(version, 10);
  if (major > 0) return major;
  throw new SuretyError(
    'drill/odd-version',
    `${version} is no version of PostgreSQL`,
    'look at the manifest',
  );
}
