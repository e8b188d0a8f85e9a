import type { Step } from '../../../core/plan.ts';
import { identifier, nameText, readName } from './sql-name.ts';
import { changedRelation } from './statement.ts';

/** What keeps row security from binding a role. */
export type Power = 'superuser' | 'bypassrls';

/** What the steps of a change take from a role. */
export type Loss = { readonly powers: readonly Power[]; readonly roles: readonly string[] };

const altered = new RegExp(String.raw`^\s*alter\s+(?:role|user)\s+(${identifier})\s+(.*)$`, 'is');
const revoked = new RegExp(
  String.raw`^\s*revoke\s+(${identifier})\s+from\s+(${identifier})\s*(?:cascade|restrict)?\s*$`,
  'i',
);
const owned = new RegExp(String.raw`^\s*alter\s+table\s[\s\S]*\sowner\s+to\s+(${identifier})`, 'i');

/** By role. */
export function lossesOf(steps: readonly Step[]): ReadonlyMap<string, Loss> {
  const losses = new Map<string, Loss>();
  const add = (role: string, { powers = [], roles = [] }: Partial<Loss>) => {
    const before = losses.get(role) ?? { powers: [], roles: [] };
    losses.set(role, { powers: [...before.powers, ...powers], roles: [...before.roles, ...roles] });
  };
  for (const step of steps) {
    if (!('sql' in step)) continue;
    const [, role, options = ''] = altered.exec(step.sql) ?? [];
    const powers = (['superuser', 'bypassrls'] as const).filter((power) =>
      new RegExp(String.raw`\bno${power}\b`, 'i').test(options),
    );
    if (role !== undefined && powers.length > 0) add(readName(role).name, { powers });
    const [, given, member] = revoked.exec(step.sql) ?? [];
    if (given !== undefined && member !== undefined)
      add(readName(member).name, { roles: [readName(given).name] });
  }
  return losses;
}

/** Who owns the table once the steps are carried out; `null`: who owns it now. */
export function ownerAfter(table: string, steps: readonly Step[]): string | null {
  const owners = steps.flatMap((step) => {
    if (!('sql' in step)) return [];
    const changed = changedRelation(step.sql);
    const owner = changed !== null && nameText(changed) === table ? owned.exec(step.sql)?.[1] : undefined;
    return owner === undefined ? [] : [readName(owner).name];
  });
  return owners.at(-1) ?? null;
}
