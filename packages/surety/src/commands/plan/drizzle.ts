import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { SuretyError } from '../../core/error.ts';
import { concurrentIndex } from '../../targets/postgres/apply/statement.ts';
import { downText } from './sql-file.ts';
import { comment, heading, locksFor, lockTimeout, type Part } from './statements.ts';
import { replace, writeNew } from './write-new.ts';

const breakpoint = '--> statement-breakpoint';

const entry = z.looseObject({ idx: z.number(), version: z.string(), when: z.number(), tag: z.string() });
const journal = z.looseObject({ version: z.string(), dialect: z.string(), entries: z.array(entry) });
type Journal = z.infer<typeof journal>;

/**
 * Writes `NNNN_surety_<name>.sql` into drizzle-kit's folder and its entry into `meta/_journal.json`, with
 * `NNNN_surety_<name>.down.sql` beside it. Drizzle's migrator runs all that is pending in one transaction, so an index
 * that would be built without keeping writers out is built plainly there, unless it is there already. Gives the files.
 *
 * @throws {SuretyError} `usage/…` where the folder is not drizzle-kit's, or not for PostgreSQL
 */
export async function writeDrizzle(
  folder: string,
  { cwd, now, name }: { readonly cwd: string; readonly now: Date; readonly name: string },
  parts: readonly Part[],
): Promise<readonly string[]> {
  const place = join(folder, 'meta', '_journal.json');
  const before = await readJournal(resolve(cwd, folder), resolve(cwd, place));
  const last = before.entries.at(-1);
  const idx = (last?.idx ?? -1) + 1;
  const tag = `${String(idx).padStart(4, '0')}_surety_${name}`;
  const [file, down] = [join(folder, `${tag}.sql`), join(folder, `${tag}.down.sql`)];
  // The migrator runs what is newer than the newest that it ran.
  const newest = Math.max(...before.entries.map(({ when }) => when + 1), now.getTime());
  const added = { idx, version: last?.version ?? before.version, when: newest, tag, breakpoints: true };
  await writeNew(resolve(cwd, file), migration(parts));
  try {
    await writeNew(resolve(cwd, down), downText(parts));
  } catch (error) {
    await rm(resolve(cwd, file), { force: true });
    throw error;
  }
  const after = { ...before, entries: [...before.entries, added] };
  await replace(resolve(cwd, place), `${JSON.stringify(after, null, 2)}\n`);
  return [file, down, place];
}

async function readJournal(folder: string, place: string): Promise<Journal> {
  if (!existsSync(place)) {
    await refuseOtherLayout(folder);
    return { version: '7', dialect: 'postgresql', entries: [] };
  }
  const parsed = journal.safeParse(parse(await readFile(place, 'utf8')));
  if (!parsed.success)
    throw new SuretyError(
      'usage/not-drizzle',
      `${place} is not a journal of drizzle-kit as it is known here`,
      'use --sql FILE, and add it with drizzle-kit generate --custom',
    );
  if (parsed.data.dialect !== 'postgresql')
    throw new SuretyError(
      'usage/not-postgresql',
      `the migrations in ${folder} are for ${parsed.data.dialect}`,
      'name the folder of those for PostgreSQL',
    );
  return parsed.data;
}

/** Newer versions keep a folder for each migration, and no journal. */
async function refuseOtherLayout(folder: string): Promise<void> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  const other = names.find(
    (name) => existsSync(join(folder, name, 'migration.sql')) || name.endsWith('.sql'),
  );
  if (other === undefined) return;
  throw new SuretyError(
    'usage/not-drizzle',
    `${folder} holds ${other} and no meta/_journal.json`,
    'name the folder `out` of drizzle.config.ts; where it has no journal, use --sql FILE and drizzle-kit generate --custom',
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function migration(parts: readonly Part[]): string {
  const statements = parts.flatMap(({ alone, changes }) =>
    changes.flatMap(({ id, title, statements: list }) =>
      list.map((sql, index) =>
        [
          ...(index === 0 ? [comment(id), comment(title)] : []),
          ...(alone ? plainly(id, sql) : [`${guarded(id, sql)};`]),
        ].join('\n'),
      ),
    ),
  );
  const run = parts.flatMap(({ alone, changes }) =>
    changes.flatMap(({ statements: list }) => list.map((sql) => (alone ? withoutConcurrently(sql) : sql))),
  );
  const all = [
    [...heading(parts), `${lockTimeout};`].join('\n'),
    ...locksFor(run).map((sql) => `${sql};`),
    ...statements,
    // Migrations that come after it are in the same transaction.
    'set local lock_timeout to default;',
  ];
  return `${all.join(`\n${breakpoint}\n`)}\n`;
}

/** The migrator splits the file at this text, wherever it stands. */
function guarded(id: string, sql: string): string {
  if (!sql.includes(breakpoint)) return sql;
  throw new SuretyError(
    'usage/not-drizzle',
    `${id} holds the text that drizzle splits files at`,
    'use --sql FILE',
  );
}

function plainly(id: string, sql: string): readonly string[] {
  const made = concurrentIndex(sql);
  if (made === null)
    throw new SuretyError(
      'usage/not-drizzle',
      `${id} has to run outside of transactions, and drizzle runs all in one`,
      `surety apply ${id}, and plan the rest`,
    );
  const unless = made.act === 'create' ? 'if not exists' : 'if exists';
  const plain = withoutConcurrently(guarded(id, sql)).replace(
    /\bindex\s+(?!if\b)/i,
    (word) => `${word}${unless} `,
  );
  return [
    comment(
      'Drizzle runs migrations in one transaction, where an index keeps writers out while it is built.',
    ),
    comment('On a large table, apply this one by itself first; then this finds it done and does nothing:'),
    comment(`surety apply '${id.replaceAll("'", "'\\''")}'`),
    `${plain};`,
  ];
}

function withoutConcurrently(sql: string): string {
  return sql.replace(/\bconcurrently\s+/i, '');
}
