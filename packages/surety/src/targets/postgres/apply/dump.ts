import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { SuretyError } from '../../../core/error.ts';
import { binaryFolders } from '../binaries.ts';
import { passwordsIn } from '../passwords.ts';

const run = promisify(execFile);

/** What can dump a server of that major version: one of the same or a newer. `null` where there is none. */
export async function findDump(
  env: Readonly<Record<string, string | undefined>>,
  major: number,
): Promise<string | null> {
  for (const folder of await binaryFolders(env)) {
    const program = path.join(folder, 'pg_dump');
    const version = await run(program, ['--version']).then(
      ({ stdout }) => Number(/\s(\d+)/.exec(stdout)?.[1]),
      () => 0,
    );
    if (version >= major) return program;
  }
  return null;
}

/** What connection strings may say that libpq knows as well. Others, such as an ORM's, it would refuse. */
const known = ['host', 'port', 'sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'options', 'channel_binding'];
const largest = 512 * 1024 * 1024;

/**
 * The schema as SQL: no rows, no subscriptions, and no user mappings, which hold passwords.
 *
 * @throws {SuretyError} `postgres/no-dump`
 */
export async function dumpSchema(
  program: string,
  {
    url,
    ca,
    signal,
  }: { readonly url: string; readonly ca: string | undefined; readonly signal: AbortSignal },
): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'surety-dump-'));
  try {
    const from = new URL(url);
    const password = passwordsIn(url).at(-1) ?? '';
    from.password = '';
    for (const name of [...from.searchParams.keys()])
      if (!known.includes(name)) from.searchParams.delete(name);
    if (ca !== undefined) {
      const file = path.join(folder, 'ca.pem');
      await writeFile(file, ca);
      from.searchParams.set('sslrootcert', file);
      from.searchParams.set('sslmode', 'verify-full');
    }
    const { stdout } = await run(
      program,
      [
        '--schema-only',
        '--no-subscriptions',
        '--no-tablespaces',
        '--lock-wait-timeout=5s',
        `--dbname=${from.href}`,
      ],
      { maxBuffer: largest, signal, env: { PATH: process.env.PATH, HOME: folder, PGPASSWORD: password } },
    );
    return forClient(stdout);
  } catch (error) {
    signal.throwIfAborted();
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr) : String(error);
    throw new SuretyError(
      'postgres/no-dump',
      `the schema could not be copied: ${said.trim().split('\n')[0]?.slice(0, 200) || 'pg_dump failed'}`,
      'grant the migrator SELECT on what it names, or say --without-shadow',
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Without what only psql understands, or only the newest servers. */
function forClient(sql: string): string {
  return sql
    .replaceAll(/^\\(un)?restrict .*$/gm, '')
    .replaceAll(/^SET transaction_timeout = .*$/gm, '')
    .replaceAll(/^CREATE USER MAPPING [^;]*?(\([\s\S]*?\n\))?;$/gm, '')
    .replaceAll(/^CREATE SCHEMA public;$/gm, 'CREATE SCHEMA IF NOT EXISTS public;');
}
