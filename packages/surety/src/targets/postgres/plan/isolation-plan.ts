import type { Change } from '../../../core/plan.ts';
import { isTable } from '../catalog/catalog.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import { type PlanContext, reachable } from './context.ts';
import { countAll } from './counting.ts';
import { planFrozenFunctions, planLeakproof, planPaths, proposeSideDoors } from './function-plan.ts';
import { type Answers, ask } from './judge.ts';
import { countsFor, looseKeys, proposeForeignKeys, proposeUniques } from './key-plan.ts';
import { proposeCover } from './new-tables.ts';
import { questionsAbout, questionsAboutFloor } from './policy-meaning.ts';
import { planCreation, planRights, proposeFixedTenants, proposeLargeObjects } from './rights-plan.ts';
import { planOwnership, planRole } from './role-fixes.ts';
import { planDefaults, proposeRoles } from './role-set.ts';
import { proposeSpeed } from './speed-plan.ts';
import { judged, planTable } from './table-plan.ts';
import { planCopies, planViews } from './view-plan.ts';

/**
 * The changes that keep tenants apart. What a policy means is tried on the rows that are there: one that lets no foreign
 * row through is kept as it is, and below any other lies a restrictive floor, because permissive policies add up. What only
 * a person can decide is proposed, and comes last.
 */
export async function planIsolation(context: PlanContext): Promise<readonly Change[]> {
  const ties = reachable(context)
    .filter(isTable)
    .flatMap(({ oid }) => context.tenancy.ties.get(oid) ?? []);
  const answers = await askAll(ties, context);
  const tables = ties.flatMap((tie) => planTable(judged(tie, answers), context, answers) ?? []);
  const { judge } = context;
  const counts =
    judge === null ? new Map() : await countAll(judge.inspector, looseKeys(context).map(countsFor));
  const all = [
    ...planRole(context),
    ...planOwnership(context),
    ...planFrozenFunctions(context),
    ...tables,
    ...planViews(context),
    ...planRights(context, answers),
    ...planCreation(context),
    ...planPaths(context),
    ...planLeakproof(context),
    ...planDefaults(context),
    ...planCopies(context),
    ...proposeSideDoors(context),
    ...proposeFixedTenants(context, answers),
    ...proposeSpeed(context, answers),
    ...proposeForeignKeys(context, counts),
    ...proposeUniques(context),
    ...proposeCover(context),
    ...proposeLargeObjects(context),
    ...(context.around.declared ? [] : proposeRoles(context)),
  ];
  return [
    ...all.filter(({ proposed }) => proposed === undefined),
    ...all.filter(({ proposed }) => proposed !== undefined),
  ];
}

/** First what each policy means, then, where a floor is needed, what that would hide. */
async function askAll(ties: readonly Tie[], { judge, tenancy }: PlanContext): Promise<Answers> {
  if (judge === null) return new Map();
  const first = await ask(
    judge,
    tenancy,
    ties.flatMap((tie) => questionsAbout(tie, tenancy)),
  );
  const floors = ties.flatMap((tie) => {
    const { open, kept } = judged(tie, first);
    return open.length === 0 ? [] : questionsAboutFloor(tie, kept, tenancy);
  });
  return new Map([...first, ...(await ask(judge, tenancy, floors))]);
}
