import type { Step } from '../../../core/plan.ts';
import { nameText, readIdentifier } from './sql-name.ts';
import { changedRelation } from './statement.ts';

/** Who may read which rows of one table, as its policies say. */
export type Guard = {
  readonly enabled: boolean;
  readonly forced: boolean;
  readonly policies: readonly ReadPolicy[];
};

export type ReadPolicy = {
  readonly name: string;
  readonly permissive: boolean;
  readonly command: string;
  /** Empty: everyone. */
  readonly roles: readonly string[];
  /** `null`: not understood, so nothing is taken for granted. */
  readonly using: string | null;
};

/** The guard of a table once the steps of a change are carried out. */
export function guardAfter(table: string, before: Guard, steps: readonly Step[]): Guard {
  return steps
    .flatMap((step) => ('sql' in step ? [step.sql] : []))
    .filter((sql) => {
      const changed = changedRelation(sql);
      return changed !== null && nameText(changed) === table;
    })
    .reduce(guardAfterStatement, before);
}

function guardAfterStatement(guard: Guard, sql: string): Guard {
  if (/^\s*alter\s+table\b/i.test(sql)) return afterAlter(guard, sql);
  const dropped = /^\s*drop\s+policy\s+(?:if\s+exists\s+)?/i.exec(sql)?.[0];
  if (dropped !== undefined) {
    const gone = readIdentifier(sql.slice(dropped.length)).name;
    return { ...guard, policies: guard.policies.filter(({ name }) => name !== gone) };
  }
  const created = /^\s*create\s+policy\s+/i.exec(sql)?.[0];
  if (created !== undefined)
    return { ...guard, policies: [...guard.policies, readPolicy(sql, created.length)] };
  const altered = /^\s*alter\s+policy\s+/i.exec(sql)?.[0];
  if (altered === undefined) return guard;
  const { name, rest } = readIdentifier(sql.slice(altered.length));
  const condition = clause(rest, 'using');
  return {
    ...guard,
    policies: guard.policies.map((policy) =>
      policy.name === name && condition !== null ? { ...policy, using: condition } : policy,
    ),
  };
}

function afterAlter(guard: Guard, sql: string): Guard {
  const said = (words: string) => new RegExp(String.raw`\s${words}\s+row\s+level\s+security`, 'i').test(sql);
  const noForce = said(String.raw`no\s+force`);
  return {
    ...guard,
    enabled: said('enable') || (guard.enabled && !said('disable')),
    forced: !noForce && (said('force') || guard.forced),
  };
}

function readPolicy(sql: string, from: number): ReadPolicy {
  const { name, rest } = readIdentifier(sql.slice(from));
  const head = rest.slice(0, /\s(using|with\s+check)\s*\(/i.exec(rest)?.index ?? rest.length);
  const roles = /\sto\s+(.+?)\s*$/is.exec(head)?.[1];
  const listed = roles === undefined ? [] : roles.split(',').map((role) => readIdentifier(role.trim()).name);
  return {
    name,
    permissive: !/\sas\s+restrictive\b/i.test(head),
    command: /\sfor\s+(all|select|insert|update|delete)\b/i.exec(head)?.[1]?.toLowerCase() ?? 'all',
    roles: listed.includes('public') ? [] : listed,
    using: clause(rest, 'using'),
  };
}

/** What stands in the parentheses after a word; strings and quoted names may hold parentheses of their own. */
function clause(text: string, word: string): string | null {
  const opened = new RegExp(String.raw`\s${word}\s*\(`, 'i').exec(text);
  if (opened === null) return null;
  const from = opened.index + opened[0].length;
  let depth = 1;
  for (const token of text.slice(from).matchAll(/'(?:[^']|'')*'|"(?:[^"]|"")*"|[()]/g)) {
    if (token[0] === '(') depth += 1;
    if (token[0] === ')') depth -= 1;
    if (depth === 0) return text.slice(from, from + token.index);
  }
  return null;
}

/**
 * The rows that a role may read, as a condition: any permissive policy and every restrictive one. `true` where row
 * security does not ask the role.
 */
export function readable(
  guard: Guard,
  role: { readonly owns: boolean; readonly is: (policyRole: string) => boolean },
): string {
  if (!guard.enabled || (role.owns && !guard.forced)) return 'true';
  const applying = guard.policies.filter(
    ({ command, roles }) =>
      (command === 'all' || command === 'select') && (roles.length === 0 || roles.some(role.is)),
  );
  const conditionOf = ({ using }: ReadPolicy) => (using === null ? 'false' : `(${using})`);
  const permissive = applying.filter((policy) => policy.permissive).map(conditionOf);
  if (permissive.length === 0) return 'false';
  return [
    `(${permissive.join(' or ')})`,
    ...applying.filter((policy) => !policy.permissive).map(conditionOf),
  ].join(' and ');
}
