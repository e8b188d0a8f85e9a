import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { type PostgresServer, startServer } from '../../../../src/targets/postgres/server.ts';
import { cleanRelease, plainVersion } from '../../../../src/targets/postgres/server-version.ts';
import { type PackagedRelease, packagedServer } from '../../../../src/testing/packaged-servers.ts';
import { inDatabase } from '../../../../src/testing/pg-client.ts';
import { NotHere } from '../../../../src/testing/specimens.ts';

const run = promisify(execFile);

/** A release with a number, or the first one of which no hole is known. */
export type Release = PackagedRelease | 'clean';

export type Running = { readonly server: PostgresServer } | { readonly missing: string };

/** Roles that all reproductions share: two tenants, and a login that may become the first. */
const roles = `
  create role tenant_a; create role tenant_b; create role clerk login password 'clerk';
  grant tenant_a to clerk`;

/** Starts a server of that release, or says what is missing for it here. */
export async function start(release: Release): Promise<Running> {
  try {
    const bin = release === 'clean' ? await cleanServer() : await packagedServer(release);
    const server = await startServer({ env: { SURETY_PG_BIN: bin } });
    await inDatabase(server.url, 'postgres', (client) => client.query(roles));
    return { server };
  } catch (error) {
    if (error instanceof NotHere) return { missing: error.message };
    throw error;
  }
}

const archived = '/usr/lib/postgresql/15/bin';

/** The system's own where it is clean, else the one that Debian's archive has, unpacked and not installed. */
async function cleanServer(): Promise<string> {
  const clean = cleanRelease(new Date());
  if (clean === null) throw new NotHere('no release is known to be clean');
  if (await isClean(archived, clean.minor)) return archived;
  const cache = resolve(import.meta.dirname, '../../../../../../node_modules/.cache/surety/postgres');
  const kept = join(cache, `debian-${clean.text}`);
  const bin = join(kept, archived);
  if (await stat(bin).catch(() => null)) return bin;
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, 'fetch-'));
  try {
    await run('apt-get', ['download', 'postgresql-15'], { cwd: folder, timeout: 60_000 });
    const [file = ''] = (await readdir(folder)).filter((name) => name.endsWith('.deb'));
    await run('dpkg', ['-x', join(folder, file), join(folder, 'unpacked')], { timeout: 60_000 });
    if (!(await isClean(join(folder, 'unpacked', archived), clean.minor))) {
      throw new NotHere(`Debian's archive has no PostgreSQL ${clean.text} here`);
    }
    await rename(join(folder, 'unpacked'), kept).catch(() => stat(bin));
  } catch (error) {
    if (error instanceof NotHere) throw error;
    throw new NotHere(`PostgreSQL ${clean.text} cannot be had from Debian's archive here`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return bin;
}

async function isClean(bin: string, minor: number): Promise<boolean> {
  const { stdout } = await run(join(bin, 'postgres'), ['--version']).catch(() => ({ stdout: '' }));
  const version = plainVersion(/\d+\.\d+/.exec(stdout)?.[0] ?? '0.0');
  return version.major === 15 && version.minor >= minor;
}
