import type { Reversible } from '../roles/grant-statements.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import type { Command, Policy } from '../types.ts';
import { listed } from './draft.ts';
import type { Answers } from './judge.ts';
import { answerTo } from './policy-meaning.ts';
import { closedToNew } from './policy-statements.ts';
import type { Surroundings } from './surroundings.ts';

/** What makes somebody a member, or another one than he was: no policy that is made for the application allows it. */
export const writing = ['insert', 'update'] as const;

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
 * policies by which it could add itself to any let nobody in; a function or a role with rights of its own writes them. Where
 * no policy lets the application in yet, none is made for writing: its own role in a scope is a column too. Where it owns
 * the table, rights on columns do not hold it, so that policies by which it could move itself are closed as well.
 */
export function planJoining(
  tie: Tie,
  bare: boolean,
  { role, becomes }: Pick<Surroundings, 'role' | 'becomes'>,
  answers: Answers,
): { readonly steps: readonly Reversible[]; readonly said: readonly string[] } {
  const { relation } = tie;
  const byOthers = 'memberships are written by a definer function that checks who asks, or a role of its own';
  const refused = bare && tie.isMembership ? writing.filter((how) => relation.grants.includes(how)) : [];
  if (refused.length > 0) return { steps: [], said: [`allows no ${refused.join(' or ')}; ${byOthers}`] };
  const owns = [role, ...becomes].includes(relation.owner);
  const closed: readonly Command[] = writing.filter(
    (how) => (how === 'insert' || owns) && mayJoin(tie, how, answers) === true,
  );
  if (closed.length === 0) return { steps: [], said: [] };
  const open = relation.policies.filter(
    (policy) =>
      policy.reachable &&
      policy.permissive &&
      (policy.command === 'all' || closed.includes(policy.command)) &&
      answerTo(answers, 'joins', tie, policy) === true,
  );
  const moved = closed.includes('update');
  const nothing = closed.length > 1 ? 'neither add nor change anybody' : `${moved ? 'change' : 'add'} nobody`;
  return {
    steps: open.flatMap((policy) => closedToNew(relation, policy, moved ? 'unchanging' : 'changing')),
    said: [
      `lets ${role} ${nothing} by ${listed(open.map(({ name }) => name))}, because it could add itself to any scope: ${byOthers}`,
    ],
  };
}
