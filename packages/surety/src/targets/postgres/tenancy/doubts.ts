import type { Policy, Relation } from '../types.ts';

/** What trying as two tenants cannot show, and nothing else shows either. */
export type Doubt = { readonly subject: string; readonly missing: string; readonly hint: string };

/** Policies that may let more through than two tenants see. A floor that has no such doubt ends them all. */
export function policyDoubts(relation: Relation): readonly Doubt[] {
  const policies = relation.policies.filter(({ reachable }) => reachable);
  const isFloor = ({ permissive, command, roles, asksForTenant, untried }: Policy): boolean =>
    !permissive && command === 'all' && roles.length === 0 && asksForTenant && untried.length === 0;
  if (relation.grants.length === 0 || policies.some(isFloor)) return [];
  return policies
    .filter(({ permissive }) => permissive)
    .flatMap(({ name, untried }) =>
      untried.map((why) => ({
        subject: `${relation}: policy ${name}`,
        missing: `nobody tried all that it lets through: ${why}`,
        hint: 'let policies ask for the tenant and for rows only, or put a restrictive policy below them',
      })),
    );
}
