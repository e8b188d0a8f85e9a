import { statfs } from 'node:fs/promises';
import { BlindError, SuretyError } from '../../core/error.ts';
import type { Manifest } from '../manifest.ts';
import { megabytes } from '../preflight.ts';
import { safeMinor } from '../tool-holes.ts';
import type { Tool } from '../tools.ts';
import type { Admin } from './admin.ts';

/** The server that is restored to, as it says itself. */
export type ServerState = {
  /** `15.20` */
  readonly version: string;
  readonly major: number;
  /** Whom we are. */
  readonly user: string;
  readonly systemIdentifier: string;
  readonly databases: readonly string[];
  readonly roles: readonly string[];
  readonly extensions: readonly string[];
  readonly dataFolder: string;
};

/** @throws {SuretyError} `restore/not-superuser` */
export async function readServer(admin: Admin): Promise<ServerState> {
  const [self] = await admin.rows<{
    version: string;
    number: string;
    user: string;
    super: boolean;
  }>(`select current_setting('server_version') as version, current_setting('server_version_num') as number,
      current_user as user, rolsuper as super from pg_roles where rolname = current_user`);
  if (self === undefined)
    throw new BlindError('restore/server', 'the server does not say who we are', 'look at it');
  if (!self.super) throw await notSuperuser(admin, self.user);
  const [where] = await admin.rows<{ system: string; folder: string }>(
    `select system_identifier::text as system, current_setting('data_directory') as folder from pg_control_system()`,
  );
  const names = async (sql: string): Promise<readonly string[]> =>
    (await admin.rows<{ name: string }>(sql)).map(({ name }) => name);
  return {
    version: self.version.split(' ')[0] ?? self.version,
    major: Math.floor(Number(self.number) / 10_000),
    user: self.user,
    systemIdentifier: where?.system ?? '',
    databases: await names('select datname as name from pg_database'),
    roles: await names('select rolname as name from pg_roles'),
    extensions: await names('select name from pg_available_extensions'),
    dataFolder: where?.folder ?? '',
  };
}

async function notSuperuser(admin: Admin, user: string): Promise<SuretyError> {
  const [has] = await admin.rows<{ createdb: boolean; createrole: boolean; bypassrls: boolean }>(
    `select rolcreatedb as createdb, rolcreaterole as createrole, rolbypassrls as bypassrls
     from pg_roles where rolname = current_user`,
  );
  const missing = [
    'SUPERUSER',
    ...(has?.createdb === true ? [] : ['CREATEDB']),
    ...(has?.createrole === true ? [] : ['CREATEROLE']),
    ...(has?.bypassrls === true ? [] : ['BYPASSRLS']),
  ];
  return new SuretyError(
    'restore/not-superuser',
    `${user} is no superuser of the server: it could not give everything back to its owners, and it lacks ${missing.join(', ')}`,
    'name a superuser as restore.url of the target, or with --server',
  );
}

/**
 * Whether dump, tools and server fit together; gives what is allowed and worth saying.
 *
 * @throws {SuretyError} `restore/server-older`, `restore/dump-newer`
 * @throws {BlindError} `tools/…`
 */
export function requireVersions(manifest: Manifest, server: ServerState, pgRestore: Tool): readonly string[] {
  const source = majorOf(manifest.source.server);
  if (server.major < source)
    throw new SuretyError(
      'restore/server-older',
      `the backup is of PostgreSQL ${manifest.source.server}, and the server is ${server.version}`,
      `restore to a server of major ${source} or later`,
    );
  const programs = Object.entries(manifest.tools).filter(([name]) => name.startsWith('pg_'));
  const dumped = Math.max(...programs.map(([, version]) => majorOf(version)), source);
  if (dumped > server.major)
    throw new SuretyError(
      'restore/dump-newer',
      `it was dumped by programs of PostgreSQL ${dumped}, which write what a server ${server.version} does not know`,
      `restore to a server of major ${dumped} or later`,
    );
  const { major, minor, text } = pgRestore.version;
  const safe = safeMinor(major);
  if (safe === null || minor < safe)
    throw new BlindError(
      'tools/unsafe',
      `pg_restore is ${text}, with known holes`,
      'install the latest minor release',
    );
  if (major < dumped || major > server.major)
    throw new BlindError(
      'tools/unfit',
      `pg_restore is ${text}: the dump is of ${dumped} and the server ${server.version}`,
      `install the client of major ${server.major}`,
    );
  return server.major > source
    ? [`the server is PostgreSQL ${server.version}, newer than the ${manifest.source.server} that was dumped`]
    : [];
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10) || 0;
}

/** @throws {SuretyError} `restore/exists` */
export function requireFree({ databases }: ServerState, database: string): void {
  if (!databases.includes(database)) return;
  throw new SuretyError(
    'restore/exists',
    `there is a database ${JSON.stringify(database)} already: a backup is only ever restored into a new one`,
    'name one that there is not, with --into',
  );
}

/**
 * What the outline needs of a server, by its list of contents.
 *
 * @throws {SuretyError} `restore/no-extension`
 */
export function requireExtensions(contents: string, { extensions }: ServerState): void {
  const wanted = [...contents.matchAll(/^\d+; 3079 \d+ EXTENSION - (.*?) *$/gm)].map(([, name = '']) => name);
  const missing = wanted.filter((name) => !extensions.includes(name));
  if (missing.length === 0) return;
  throw new SuretyError(
    'restore/no-extension',
    `the server lacks ${missing.length === 1 ? 'the extension' : 'the extensions'} ${missing.join(', ')}; nothing was made`,
    'install the packages that bring them, on the server',
  );
}

/** Indexes are made beside their tables, and sorted on the disk. */
const roomFactor = 1.2;

/**
 * Where the server's disk is one of this machine's.
 *
 * @throws {SuretyError} `restore/no-room`
 */
export async function requireRoom(manifest: Manifest, server: ServerState, host: string): Promise<void> {
  if (!['localhost', '127.0.0.1', '[::1]', ''].includes(host)) return;
  const disk = await statfs(server.dataFolder).catch(() => null);
  if (disk === null) return;
  const room = disk.bavail * disk.bsize;
  const wanted = Math.ceil(manifest.source.size * roomFactor);
  if (room >= wanted) return;
  throw new SuretyError(
    'restore/no-room',
    `the server's disk has room for ${megabytes(room)}, and the database needs about ${megabytes(wanted)}`,
    'make room, or restore to another server',
  );
}
