import { resolve } from 'node:path';
import { comment, heading, lockTimeout, type Part, undoLines } from './statements.ts';
import { writeNew } from './write-new.ts';

/** The changes as one script for `psql -v ON_ERROR_STOP=1 -f`, each in a transaction of its own. */
export function sqlText(parts: readonly Part[]): string {
  const lines = parts.flatMap(({ alone, changes }) =>
    changes.flatMap(({ id, title, locks, statements }) => [
      '',
      comment(id),
      comment(title),
      ...(alone ? [] : ['begin;', `${lockTimeout};`]),
      ...[...(alone ? [] : locks), ...statements].map((sql) => `${sql};`),
      ...(alone ? [] : ['commit;']),
    ]),
  );
  return `${[...heading(parts), ...lines].join('\n')}\n`;
}

/** Writes the script, and what takes it back beside it: `x.sql` and `x.down.sql`. Gives the names. */
export async function writeSql(
  file: string,
  cwd: string,
  parts: readonly Part[],
): Promise<readonly string[]> {
  const down = `${file.replace(/\.sql$/, '')}.down.sql`;
  await writeNew(resolve(cwd, file), sqlText(parts));
  await writeNew(resolve(cwd, down), downText(parts));
  return [file, down];
}

/** What takes the parts back, as a script. */
export function downText(parts: readonly Part[]): string {
  return `${[comment('Takes back what surety planned, last change first.'), ...undoLines(parts)].join('\n')}\n`;
}
