import { lstat, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import pg from 'pg';
import { SuretyError } from '../core/error.ts';

/** How one of PostgreSQL's programs is told where to connect: by environment and files, never by arguments. */
export type ConnectionFiles = {
  readonly env: Readonly<Record<string, string>>;
  /** That nobody else may enter; what the program needs besides can be put there. */
  readonly folder: string;
  /** What must show in no output. */
  readonly secrets: readonly string[];
  remove(): Promise<void>;
};

/** Of the folders that hold a password while a program runs. */
export const connectionFolderPrefix = 'surety-tool-';

/**
 * Writes the password into a file that only we may read, in a folder of its own, and says to the program what pg's own client takes
 * from the same connection string: also how far the server's certificate is checked.
 *
 * @param ca PEM text; overrules what the connection string says of TLS
 * @throws {SuretyError} `tool/password`, `tool/url`
 */
export async function connectionFiles(url: string, ca: string | undefined): Promise<ConnectionFiles> {
  const { client, options } = parse(url);
  const folder = await mkdtemp(path.join(tmpdir(), connectionFolderPrefix));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  const write = async (name: string, text: string): Promise<string> => {
    const file = path.join(folder, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  try {
    const password = client.password ?? '';
    if (/[\n\r\0]/.test(password))
      throw new SuretyError(
        'tool/password',
        'the password holds a line break, which no password file can',
        'choose another password for this role',
      );
    const env = {
      LC_ALL: 'C',
      // Nothing of the user's own: no ~/.pgpass, no ~/.pg_service.conf, no ~/.postgresql.
      HOME: folder,
      PGAPPNAME: 'surety',
      PGHOST: client.host,
      PGPORT: String(client.port),
      PGUSER: client.user ?? '',
      PGDATABASE: client.database ?? '',
      PGCONNECT_TIMEOUT: '20',
      PGPASSFILE: await write('password', passwordLine(password)),
      ...(options === null ? {} : { PGOPTIONS: options }),
      ...(await tlsSettings(ca === undefined ? client.ssl : { ca, rejectUnauthorized: true }, write)),
    };
    return { env, folder, secrets: password === '' ? [] : [password, encodeURIComponent(password)], remove };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Milliseconds. A program reads its password when it connects: at once, or not at all. */
const longestUse = 3_600_000;

/**
 * Removes what runs that were killed have left of passwords, of our own account. By the clock of the file system alone: one that is ahead of it would
 * take the passwords of others from under them.
 */
export async function sweepConnectionFiles(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => []);
  for (const name of names.filter((one) => one.startsWith(connectionFolderPrefix))) {
    const folder = path.join(tmpdir(), name);
    const found = await lstat(folder).catch(() => null);
    if (found === null || !found.isDirectory() || found.uid !== process.getuid?.()) continue;
    // Somebody else's program may be about to read it.
    if (Date.now() - found.mtimeMs < longestUse) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
  }
}

function parse(url: string): { readonly client: pg.Client; readonly options: string | null } {
  try {
    return {
      client: new pg.Client({ connectionString: url }),
      options: new URL(url, 'postgresql://localhost').searchParams.get('options'),
    };
  } catch {
    // The message may quote it.
    throw new SuretyError(
      'tool/url',
      'the connection string cannot be read',
      'write it as postgresql://role:password@host:port/database',
    );
  }
}

/** Of a password file that one program reads once: it holds for whatever that program connects to. */
export function passwordLine(password: string): string {
  return `*:*:*:*:${password.replace(/[\\:]/g, '\\$&')}\n`;
}

type Write = (name: string, text: string) => Promise<string>;

async function tlsSettings(
  ssl: boolean | tls.ConnectionOptions | null | undefined,
  write: Write,
): Promise<Record<string, string>> {
  if (ssl === false || ssl === null || ssl === undefined) return { PGSSLMODE: 'disable' };
  const given = ssl === true ? {} : ssl;
  const own = {
    ...(await pemFile('PGSSLCERT', given.cert, write)),
    ...(await pemFile('PGSSLKEY', given.key, write)),
  };
  if (given.rejectUnauthorized === false) return { ...own, PGSSLMODE: 'require' };
  const authorities = given.ca ?? tls.getCACertificates('default').join('\n');
  const checked = given.checkServerIdentity === undefined ? 'verify-full' : 'verify-ca';
  return { ...own, ...(await pemFile('PGSSLROOTCERT', authorities, write)), PGSSLMODE: checked };
}

async function pemFile(name: string, pem: unknown, write: Write): Promise<Record<string, string>> {
  if (pem === undefined || pem === null) return {};
  const text = Array.isArray(pem) ? pem.map(String).join('\n') : String(pem);
  return { [name]: await write(name.toLowerCase(), text) };
}
