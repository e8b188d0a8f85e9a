import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rmdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { BlindError, SuretyError } from '../../core/error.ts';
import { binaryFolders } from '../../targets/postgres/binaries.ts';
import { type PostgresServer, startServer } from '../../targets/postgres/server.ts';
import { memoryPrefix } from '../restore/outline.ts';

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
  try {
    const server = await startServer({ settings, folder, signal, env: { ...env, SURETY_PG_BIN: programs } });
    return {
      url: server.url,
      version: server.version,
      async tearDown() {
        const shared = await sharedMemoryOf(server);
        await server.stop();
        const left = await Promise.all([stillRuns(server), stillAnswers(server), filesLeft(folder)]);
        return [...left.flat(), ...(await leftInMemory(shared))];
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

/** With its own password: somebody else may have got the port meanwhile. */
async function stillAnswers({ url, port }: PostgresServer): Promise<readonly string[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return [`it still answers on port ${port}`];
  } catch {
    return [];
  } finally {
    await client.end().catch(() => undefined);
  }
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

const looks = 5;

/** Files in memory that a running server shares with its own processes: they may hold rows. */
async function sharedMemoryOf({ pid }: PostgresServer): Promise<readonly string[]> {
  const maps = await readFile(`/proc/${pid}/maps`, 'utf8').catch(() => '');
  return [
    ...new Set([...maps.matchAll(/\/dev\/shm\/(PostgreSQL\.\d+)$/gm)].flatMap(([, name]) => name ?? [])),
  ];
}

/** Where an outline may have been as well. What is there for a moment only belongs to another restore of this process. */
async function leftInMemory(shared: readonly string[]): Promise<readonly string[]> {
  const look = async (): Promise<readonly string[]> =>
    (await readdir('/dev/shm').catch(() => [])).filter(
      (name) => shared.includes(name) || name.startsWith(memoryPrefix),
    );
  let left = await look();
  for (let again = 1; again < looks && left.length > 0; again += 1) {
    await sleep(100);
    const now = new Set(await look());
    left = left.filter((name) => now.has(name));
  }
  return left.map((name) => `/dev/shm/${name} is left`);
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
