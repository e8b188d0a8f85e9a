import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { SuretyError } from '../../core/error.ts';
import { downText } from './sql-file.ts';
import { comment, heading, locksFor, lockTimeout, type Part } from './statements.ts';
import { writeNewFolder } from './write-new.ts';

/**
 * Writes `<timestamp>_surety_<name>/migration.sql` below the folder of Prisma's migrations, with `down.sql` beside it.
 * Prisma sends a file as one batch, which the server runs as one transaction; what it wants outside of any gets a
 * migration of its own, with one statement. Gives the folders.
 *
 * @throws {SuretyError} `usage/exists`, `usage/not-postgresql`
 */
export async function writePrisma(
  folder: string,
  { cwd, now, name }: { readonly cwd: string; readonly now: Date; readonly name: string },
  parts: readonly Part[],
): Promise<readonly string[]> {
  const migrations = basename(folder) === 'migrations' ? folder : join(folder, 'migrations');
  const root = resolve(cwd, migrations);
  await requirePostgres(root);
  const first = await nextSecond(root, now);
  const written: string[] = [];
  for (const [index, part] of parts.entries()) {
    const at = timestamp(new Date(first + index * 1000));
    const place = join(migrations, `${at}_surety_${name}${part.alone ? '_alone' : ''}`);
    await writeNewFolder(resolve(cwd, place), { 'migration.sql': batch(part), 'down.sql': downText([part]) });
    written.push(place);
  }
  return written;
}

function batch(part: Part): string {
  const lines = part.changes.flatMap(({ id, title, statements }) => [
    '',
    comment(id),
    comment(title),
    ...statements.map((sql) => `${sql};`),
  ]);
  const locks = locksFor(part.changes.flatMap(({ statements }) => statements));
  const first = part.alone ? [] : [lockTimeout, ...locks];
  return `${[...heading([part]), ...first.map((sql) => `${sql};`), ...lines].join('\n')}\n`;
}

async function requirePostgres(root: string): Promise<void> {
  const lock = join(root, 'migration_lock.toml');
  if (!existsSync(lock)) return;
  const provider = /^\s*provider\s*=\s*"([^"]*)"/m.exec(await readFile(lock, 'utf8'))?.[1];
  if (provider === undefined || provider.startsWith('postgres')) return;
  throw new SuretyError(
    'usage/not-postgresql',
    `the migrations in ${root} are for ${provider}`,
    'name the folder of those for PostgreSQL',
  );
}

/** Migrations run in the order of their names: later than all that are there. */
async function nextSecond(root: string, now: Date): Promise<number> {
  const names = existsSync(root) ? await readdir(root) : [];
  const times = names.flatMap((name) => {
    const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)_/.exec(name);
    if (found === null) return [];
    const [, year, month, day, hour, minute, second] = found.map(Number);
    return [Date.UTC(year ?? 0, (month ?? 1) - 1, day, hour, minute, second) + 1000];
  });
  return Math.max(now.getTime(), ...times);
}

function timestamp(date: Date): string {
  return date.toISOString().replaceAll(/\D/g, '').slice(0, 14);
}
