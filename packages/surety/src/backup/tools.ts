import { execFile } from 'node:child_process';
import { access, constants, readdir } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { BlindError } from '../core/error.ts';
import { safeMinor, toolHoles } from './tool-holes.ts';

const run = promisify(execFile);

/** As `--version` says it: `{ major: 15, minor: 20, text: '15.20' }`. */
export type ToolVersion = { readonly major: number; readonly minor: number; readonly text: string };

/** One of PostgreSQL's programs. */
export type Tool = { readonly path: string; readonly version: ToolVersion };

/** What dumps and what restores, all of one release. */
export type Tools = { readonly pgDump: Tool; readonly pgDumpall: Tool; readonly pgRestore: Tool };

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The dump programs that fit a server: those in `folder`, else the system's, those of the server's own major before newer ones.
 *
 * @param serverMajor `15`
 * @throws {BlindError} `tools/missing`, `tools/mixed`, `tools/older`, `tools/unsafe`
 */
export async function findTools(
  folder: string | undefined,
  serverMajor: number,
  env: Environment,
): Promise<Tools> {
  const folders = folder === undefined ? await systemFolders(env) : [folder];
  const refusals: BlindError[] = [];
  const fitting: Tools[] = [];
  for (const candidate of folders) {
    try {
      const tools = await toolsIn(candidate);
      if (tools === null) continue;
      refuseUnfit(tools, serverMajor);
      fitting.push(tools);
    } catch (error) {
      if (!(error instanceof BlindError)) throw error;
      refusals.push(error);
    }
  }
  const [best] = fitting.sort((a, b) => a.pgDump.version.major - b.pgDump.version.major);
  if (best !== undefined) return best;
  throw refusals[0] ?? missing(folder, serverMajor);
}

const names = ['pg_dump', 'pg_dumpall', 'pg_restore'] as const;

/** `null` where not all of them are there. */
async function toolsIn(folder: string): Promise<Tools | null> {
  const found: Tool[] = [];
  for (const name of names) {
    const file = path.join(folder, name);
    try {
      await access(file, constants.X_OK);
    } catch {
      return null;
    }
    found.push({ path: file, version: await versionOf(file) });
  }
  const [pgDump, pgDumpall, pgRestore] = found;
  if (pgDump === undefined || pgDumpall === undefined || pgRestore === undefined) return null;
  const versions = new Set(found.map(({ version }) => version.text));
  if (versions.size > 1)
    throw new BlindError(
      'tools/mixed',
      `${folder} holds programs of several releases: ${[...versions].join(', ')}`,
      'install one release of the PostgreSQL client, or name its folder as tools of the target',
    );
  return { pgDump, pgDumpall, pgRestore };
}

async function versionOf(file: string): Promise<ToolVersion> {
  const { stdout } = await run(file, ['--version'], { env: { LC_ALL: 'C' }, timeout: 20_000 }).catch(
    (cause: unknown) => {
      throw new BlindError(
        'tools/missing',
        `${file} does not say its version`,
        'install the PostgreSQL client again',
        { cause },
      );
    },
  );
  const [, text = '', major, minor] = /\(PostgreSQL\) ((\d+)(?:\.(\d+))?\w*)/.exec(stdout) ?? [];
  if (major === undefined || minor === undefined || text !== `${major}.${minor}`)
    throw new BlindError(
      'tools/unsafe',
      `${file} is no release of PostgreSQL: ${text === '' ? 'it does not say which' : text}`,
      'install a release of the PostgreSQL client',
    );
  return { major: Number(major), minor: Number(minor), text };
}

function refuseUnfit({ pgDump: { path: file, version } }: Tools, serverMajor: number): void {
  const { major, minor, text } = version;
  if (major < serverMajor)
    throw new BlindError(
      'tools/older',
      `${file} is ${text}, and the server is ${serverMajor}: an older program cannot dump a newer server`,
      install(serverMajor),
    );
  const safe = safeMinor(major);
  if (safe !== null && minor >= safe) return;
  const open = toolHoles.filter(({ mendedIn }) => minor < (mendedIn[major] ?? Number.POSITIVE_INFINITY));
  throw new BlindError(
    'tools/unsafe',
    `${file} is ${text}, with known holes: ${open.map(({ id }) => id).join(', ')}`,
    safe === null
      ? `PostgreSQL ${major} gets no fixes any more: ${install(Math.max(serverMajor, 15))}`
      : install(major),
  );
}

function missing(folder: string | undefined, serverMajor: number): BlindError {
  return new BlindError(
    'tools/missing',
    `no ${names.join(', ')} ${folder === undefined ? 'on this machine' : `in ${folder}`}`,
    install(serverMajor),
  );
}

function install(major: number): string {
  const safe = safeMinor(major);
  return `install the client ${safe === null ? major : `${major}.${safe}`} or later (Debian: apt-get install postgresql-client-${major})`;
}

async function systemFolders(env: Environment): Promise<readonly string[]> {
  const root = '/usr/lib/postgresql';
  const versions = await readdir(root).catch(() => []);
  const packaged = versions.filter((name) => /^\d+$/.test(name)).map((name) => path.join(root, name, 'bin'));
  const configured = await run('pg_config', ['--bindir']).then(
    ({ stdout }) => [stdout.trim()],
    () => [],
  );
  const onPath = (env.PATH ?? '').split(path.delimiter).filter((name) => name !== '');
  return [...new Set([...packaged, ...configured, ...onPath])];
}
