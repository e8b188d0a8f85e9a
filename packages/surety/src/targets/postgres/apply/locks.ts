import type { Step } from '../../../core/plan.ts';
import { quoted } from '../name.ts';
import { type Named, nameAt, nameText, readName } from './sql-name.ts';
import { changedRelation, concurrentIndex } from './statement.ts';

/** Weakest first; each conflicts with whatever the ones before it conflict with. */
const modes = ['share update exclusive', 'share', 'share row exclusive', 'access exclusive'] as const;
type Mode = (typeof modes)[number];

export type Lock = { readonly table: Named; readonly mode: Mode };

/**
 * What the steps of one change lock, each table once and at the strongest that any step needs, by schema and name:
 * two that lock in one order never wait for each other in a circle, and no lock is raised later.
 */
export function locksOf(steps: readonly Step[]): readonly Lock[] {
  const strongest = new Map<string, Lock>();
  for (const lock of steps.flatMap((step) => ('sql' in step ? locksOfStatement(step.sql) : []))) {
    const key = JSON.stringify([lock.table.schema, lock.table.name]);
    const before = strongest.get(key);
    if (before === undefined || modes.indexOf(lock.mode) > modes.indexOf(before.mode))
      strongest.set(key, lock);
  }
  return [...strongest.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, lock]) => lock);
}

/** As people read it: `accounts (access exclusive)`. */
export function lockText({ table, mode }: Lock): string {
  return `${nameText(table)} (${mode})`;
}

/** `table` as SQL takes it. */
export function lockedName({ table: { schema, name } }: Lock): string {
  return schema === null ? quoted(name) : `${quoted(schema)}.${quoted(name)}`;
}

const references = new RegExp(String.raw`\breferences\s+${nameAt}`, 'i');

function locksOfStatement(sql: string): readonly Lock[] {
  const table = changedRelation(sql);
  if (table === null || /^\s*alter\s+(materialized\s+)?view\b/i.test(sql)) return [];
  const other = /^\s*alter\s+table\b/i.test(sql) ? references.exec(sql)?.[1] : undefined;
  const own: Lock = { table, mode: modeOf(sql) };
  return other === undefined ? [own] : [own, { table: readName(other), mode: 'share row exclusive' }];
}

function modeOf(sql: string): Mode {
  if (concurrentIndex(sql) !== null) return 'share update exclusive';
  if (/^\s*alter\s+table\s[\s\S]*\svalidate\s+constraint\b/i.test(sql)) return 'share update exclusive';
  if (/^\s*alter\s+table\s[\s\S]*\sadd\s+(constraint\s[\s\S]*\s)?foreign\s+key\b/i.test(sql))
    return 'share row exclusive';
  if (/^\s*create\s+(unique\s+)?index\b/i.test(sql)) return 'share';
  if (/^\s*create\s+(or\s+replace\s+)?(constraint\s+)?trigger\b/i.test(sql)) return 'share row exclusive';
  return 'access exclusive';
}
