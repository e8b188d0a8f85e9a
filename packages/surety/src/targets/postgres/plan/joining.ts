import type { Reversible } from '../roles/grant-statements.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import type { Policy } from '../types.ts';
import { listed } from './draft.ts';
import type { Answers } from './judge.ts';
import { answerTo } from './policy-meaning.ts';
import { closedToNew } from './policy-statements.ts';

/** Whether a tenant may put himself into a scope that he is not in; `null` where nobody could try it. */
export function mayJoin(tie: Tie, how: 'insert' | 'update', answers: Answers): boolean | null {
  if (!tie.isMembership || !tie.relation.grants.includes(how)) return false;
  if (how === 'update' && !columnsOf(tie).some((name) => isUpdatable(tie, name))) return false;
  const policies = tie.relation.policies.filter(
    ({ reachable, command }) => reachable && (command === how || command === 'all'),
  );
  const joins = (policy: Policy): boolean | null => answerTo(answers, 'joins', tie, policy);
  const permissive = policies.filter((policy) => policy.permissive);
  if (policies.some((policy) => !policy.permissive && joins(policy) === false)) return false;
  if (permissive.some((policy) => joins(policy) === true)) return true;
  return permissive.some((policy) => joins(policy) === null) ? null : false;
}

/** The columns that say who is in which scope. */
export function columnsOf({ columns, authors }: Tie): readonly string[] {
  return [...new Set([...columns, ...authors])];
}

export function isUpdatable({ relation }: Tie, name: string): boolean {
  return relation.columns.some((column) => column.name === name && column.grants.includes('update'));
}

/**
 * No policy can let a tenant add members only to scopes of its own: it would have to read the table that it guards. So
 * policies by which it could add itself to any let nobody in; a function with an owner of its own adds members.
 */
export function planJoining(
  tie: Tie,
  bare: boolean,
  role: string,
  answers: Answers,
): { readonly steps: readonly Reversible[]; readonly said: readonly string[] } {
  const { relation } = tie;
  const byFunction = 'members are added by a definer function that checks who asks';
  if (bare && tie.isMembership && relation.grants.includes('insert')) {
    return { steps: [], said: [`allows no insert; ${byFunction}`] };
  }
  if (mayJoin(tie, 'insert', answers) !== true) return { steps: [], said: [] };
  const open = relation.policies.filter(
    (policy) =>
      policy.reachable &&
      policy.permissive &&
      (policy.command === 'insert' || policy.command === 'all') &&
      answerTo(answers, 'joins', tie, policy) === true,
  );
  return {
    steps: open.flatMap((policy) => closedToNew(relation, policy)),
    said: [
      `lets ${role} add nobody by ${listed(open.map(({ name }) => name))}, because it could add itself to any scope: ${byFunction}`,
    ],
  };
}
