import type { Step } from '../../../core/plan.ts';
import { type Named, nameText } from './sql-name.ts';
import { changedRelation, madeTable } from './statement.ts';

export type Guarding = {
  /** Tables that the steps guard, or give to another owner, by name. */
  readonly tables: ReadonlyMap<string, Named>;
  /** Tables that the steps make where there is none, by name. */
  readonly made: ReadonlySet<string>;
  /** Statements that do so, too, on a table that could not be made out. */
  readonly unread: readonly string[];
};

/** What the steps of a change guard. */
export function guardingOf(steps: readonly Step[]): Guarding {
  const tables = new Map<string, Named>();
  const unread: string[] = [];
  const made = new Set<string>();
  for (const step of steps) {
    if (!('sql' in step)) continue;
    const { sql } = step;
    const table = changedRelation(sql);
    const creates = madeTable(sql);
    if (creates !== null) made.add(nameText(creates));
    if (table === null) {
      if (isGuarding(sql)) unread.push(sql);
    } else if (naming.test(sql)) tables.set(nameText(table), table);
  }
  return { tables, made, unread };
}

/** Wider than what guards: a table that is looked at and loses nothing costs nothing. */
const naming = /\bpolicy\b|\brow\s+level\s+security\b|\bowner\s+to\b/i;
const guarding = new RegExp(
  [
    String.raw`\b(create|alter|drop)\s+policy\b`,
    String.raw`\brow\s+level\s+security\b`,
    String.raw`\balter\s+(foreign\s+)?table\b[\s\S]*\bowner\s+to\b`,
    String.raw`\breassign\s+owned\b`,
  ].join('|'),
  'i',
);
/** What a function or a trigger holds does not run now. */
const later = /^\s*(create\s+(or\s+replace\s+)?(function|procedure|event\s+trigger)|comment\s+on)\b/i;
const comments = /\/\*[\s\S]*?\*\/|--[^\n]*/g;

/** With and without what looks like comments: they may stand between two words, and in a text that holds such words. */
function isGuarding(sql: string): boolean {
  const bare = sql.replaceAll(comments, ' ');
  return !later.test(bare) && [sql, bare].some((text) => guarding.test(text));
}
