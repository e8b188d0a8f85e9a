import { SuretyError } from '../../core/error.ts';
import { chosen, type Outside, type Plan, type Planned } from '../changes.ts';
import { slug } from '../slug.ts';
import { writeDrizzle } from './drizzle.ts';
import { writePrisma } from './prisma.ts';
import { sqlText, writeSql } from './sql-file.ts';
import { type Part, partsOf } from './statements.ts';

export type MigrationOptions = {
  readonly sql?: string;
  readonly prisma?: string;
  readonly drizzle?: string;
};

export function asksForMigration({ sql, prisma, drizzle }: MigrationOptions): boolean {
  return [sql, prisma, drizzle].some((place) => place !== undefined);
}

/**
 * Writes what was planned for a database as files, for those whose schema only their own migrations change.
 *
 * @throws {SuretyError} `usage/…`, and nothing was overwritten
 */
export async function writeMigration(
  plan: Plan,
  what: readonly string[],
  { sql, prisma, drizzle }: MigrationOptions,
  { terminal, redactor }: Outside,
): Promise<void> {
  const [blind] = plan.blind;
  if (blind !== undefined)
    throw new SuretyError('plan/blind', `${blind.control} could not be planned: ${blind.fact}`, blind.hint);
  const wanted = chosen(plan, what);
  if (wanted.length === 0) {
    terminal.err('nothing to change, nothing was written\n');
    return;
  }
  const parts = partsOf(wanted, redactor);
  if (sql === '-') terminal.out(sqlText(parts));
  const context = { cwd: terminal.cwd, now: terminal.now(), name: nameOf(wanted) };
  const written = [
    ...(sql === undefined || sql === '-' ? [] : await writeSql(sql, terminal.cwd, parts)),
    ...(prisma === undefined ? [] : await writePrisma(prisma, context, parts)),
    ...(drizzle === undefined ? [] : await writeDrizzle(drizzle, context, parts)),
  ];
  const say = sql === '-' ? terminal.err : terminal.out;
  say(written.map((path) => `written  ${path}\n`).join(''));
  terminal.err(notes(parts, prisma !== undefined).join(''));
}

function notes(parts: readonly Part[], prisma: boolean): readonly string[] {
  const alone = parts.filter((part) => part.alone).length;
  const requires = [...new Set(parts.flatMap(({ changes }) => changes.flatMap((change) => change.requires)))];
  return [
    ...(prisma && alone > 0
      ? [`${alone} of them alone: a concurrent index needs a migration with no other statement\n`]
      : []),
    ...requires.map((control) => `hint: before it is deployed, surety prove ${control}\n`),
  ];
}

/** `tenancy_isolated`; the same for the same plan. */
function nameOf(wanted: readonly Planned[]): string {
  const controls = [...new Set(wanted.map(({ control }) => control))];
  const [first = 'plan'] = controls;
  const text = controls.length === 1 ? first : (first.split('/')[0] ?? first);
  return slug(text, 'plan').replaceAll('-', '_');
}
