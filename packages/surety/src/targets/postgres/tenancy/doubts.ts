import type { Policy, PostgresTarget, Relation, SideDoor } from '../types.ts';

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

/** Functions and rules that may do anything with rows of other tenants. */
export async function sideDoorDoubts(db: PostgresTarget): Promise<readonly Doubt[]> {
  return (await db.sideDoors()).filter(isOpen).map((door) => ({
    subject: nameOf(door),
    missing: `nobody tried what it shows or changes as ${door.owner}, whom row security does not bind`,
    hint:
      door.kind === 'function'
        ? 'let a role own it that row security binds, or revoke execute from public and the application’s role'
        : door.kind === 'trigger'
          ? 'let a role own its function that row security binds'
          : 'drop the rule, or let a role own the table that row security binds',
  }));
}

/** The rest, for the reader: what asks for the tenant by itself, and triggers, whose work shows in other tables. */
export async function guardedSideDoors(
  db: PostgresTarget,
): Promise<readonly { readonly subject: string; readonly why: string }[]> {
  return (await db.sideDoors())
    .filter((door) => !isOpen(door))
    .map((door) => ({
      subject: nameOf(door),
      why: `runs as ${door.owner}, whom row security does not bind${door.asksForTenant ? '; asks for the tenant itself' : ''}`,
    }));
}

function isOpen({ kind, onView, asksForTenant }: SideDoor): boolean {
  return (kind !== 'trigger' || onView) && !asksForTenant;
}

function nameOf({ kind, name }: SideDoor): string {
  return `${kind} ${name}`;
}
