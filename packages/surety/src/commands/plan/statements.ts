import { SuretyError } from '../../core/error.ts';
import type { Change, Step } from '../../core/plan.ts';
import { lockedName, locksOf } from '../../targets/postgres/apply/locks.ts';
import { nameText } from '../../targets/postgres/apply/sql-name.ts';
import { madeTable } from '../../targets/postgres/apply/statement.ts';
import type { Planned } from '../changes.ts';
import type { RunRedactor } from '../redact.ts';

/** Changes as SQL for a file: what can be carried out together, and what the server wants outside of transactions. */
export type Part =
  | { readonly alone: false; readonly changes: readonly SqlChange[] }
  | { readonly alone: true; readonly changes: readonly [SqlChange] };

export type SqlChange = {
  readonly id: string;
  readonly title: string;
  readonly requires: readonly string[];
  /** Statements without semicolon, first those that lock. */
  readonly locks: readonly string[];
  readonly statements: readonly string[];
  readonly undo: readonly string[] | { readonly manual: string };
};

/** How long a migration waits for a lock; whoever comes after it waits as long. */
export const lockTimeout = "set local lock_timeout = '3s'";

/**
 * The parts of a migration, in order.
 *
 * @throws {SuretyError} `usage/…` where the changes are not SQL for one database
 */
export function partsOf(changes: readonly Planned[], redactor: RunRedactor): readonly Part[] {
  const targets = [...new Set(changes.map(({ target }) => target.name))];
  if (targets.length > 1)
    throw new SuretyError(
      'usage/several-targets',
      `these changes are for ${targets.join(' and ')}, and a migration is for one database`,
      `name one: surety plan ${targets[0] ?? ''}`,
    );
  const parts: Part[] = [];
  let together: SqlChange[] | null = null;
  for (const planned of changes) {
    const change = sqlChange(planned, redactor);
    if (planned.change.steps.some((step) => 'sql' in step && step.alone === true)) {
      parts.push({ alone: true, changes: [change] });
      together = null;
    } else if (together === null) {
      together = [change];
      parts.push({ alone: false, changes: together });
    } else together.push(change);
  }
  return parts;
}

function sqlChange({ id, change }: Planned, redactor: RunRedactor): SqlChange {
  const { steps, undo } = change;
  const statements = statementsOf(id, steps, redactor);
  return {
    id,
    title: change.title,
    requires: change.requires,
    locks: locksFor(statements),
    statements,
    undo: undoOf(id, undo, redactor),
  };
}

/**
 * What the statements of one transaction lock, each table once, in order: for its beginning. One statement alone does
 * that itself, and what the statements make is nobody else's yet.
 */
export function locksFor(statements: readonly string[]): readonly string[] {
  if (statements.length < 2) return [];
  const made = new Set(statements.flatMap((sql) => madeTable(sql) ?? []).map(nameText));
  return locksOf(statements.map((sql) => ({ sql })))
    .filter(({ table }) => !made.has(nameText(table)))
    .map((lock) => `lock table only ${lockedName(lock)} in ${lock.mode} mode`);
}

function undoOf(id: string, undo: Change['undo'], redactor: RunRedactor): SqlChange['undo'] {
  return 'manual' in undo ? undo : statementsOf(id, undo, redactor);
}

function statementsOf(id: string, steps: readonly Step[], redactor: RunRedactor): readonly string[] {
  return steps.map((step) => {
    if (!('sql' in step))
      throw new SuretyError(
        'usage/not-sql',
        `${id} changes a file, and a migration holds SQL`,
        'name the changes of a database: surety plan AREA/CONTROL or TARGET',
      );
    if (redactor.redactText(step.sql) !== step.sql)
      throw new SuretyError(
        'plan/secret-in-step',
        `${id} holds a secret, so it is not written to a file`,
        'take the secret out of the schema first',
      );
    return step.sql.replace(/[\s;]+$/, '');
  });
}

/** A comment of one line, whatever the text holds. */
export function comment(text: string): string {
  return `-- ${text.replaceAll(/\s+/g, ' ')}`;
}

/** What every file says of itself at its top; the same for the same plan. */
export function heading(parts: readonly Part[]): readonly string[] {
  const changes = parts.flatMap((part) => part.changes);
  const requires = [...new Set(changes.flatMap((change) => change.requires))];
  return [
    comment(`${changes.length === 1 ? '1 change' : `${changes.length} changes`} planned by surety.`),
    ...requires.map((control) => comment(`Apply it only while ${control} passes: surety prove ${control}`)),
  ];
}

/** The statements that take the parts back, last first. */
export function undoLines(parts: readonly Part[]): readonly string[] {
  const changes = parts
    .flatMap(({ alone, changes }) => changes.map((change) => ({ alone, change })))
    .toReversed();
  const lines: string[] = [];
  let open = false;
  const set = (want: boolean) => {
    if (open && !want) lines.push('commit;', '');
    if (!open && want) lines.push('begin;', `${lockTimeout};`);
    open = want;
  };
  for (const { alone, change } of changes) {
    set('manual' in change.undo ? open : !alone);
    lines.push('', comment(change.id));
    if ('manual' in change.undo) lines.push(comment(`no undo: ${change.undo.manual}`));
    else lines.push(...change.undo.map((sql) => `${sql};`));
  }
  set(false);
  return lines;
}
