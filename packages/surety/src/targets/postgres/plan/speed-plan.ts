import type { Change } from '../../../core/plan.ts';
import { isTable } from '../catalog/catalog.ts';
import { type PlanContext, reachable } from './context.ts';
import { changeOf, listed } from './draft.ts';
import type { Answers } from './judge.ts';
import { answerTo, isPerRow } from './policy-meaning.ts';
import { altered, tenantCondition } from './policy-statements.ts';

/** Policies that are right and ask for the tenant with each row: the same condition, asked once for a statement. */
export function proposeSpeed(context: PlanContext, answers: Answers): readonly Change[] {
  const { tenancy, target } = context;
  return reachable(context).flatMap((relation) => {
    const tie = tenancy.ties.get(relation.oid);
    if (tie === undefined || !isTable(relation)) return [];
    const slow = relation.policies.filter(
      (policy) => policy.reachable && isPerRow(policy) && answerTo(answers, 'differs', tie, policy) === false,
    );
    const condition = tenantCondition(tie, tenancy);
    return (
      changeOf(
        {
          id: `speed of ${relation}`,
          title: `let ${listed(slow.map(({ name }) => name))} of ${relation} ask for the tenant once for a statement, not for each row`,
          steps: slow.map((policy) => altered(relation, policy, () => condition)),
          proposed:
            'the new condition gave the same rows as the old one on the rows that are there: is it meant to be the same?',
        },
        target,
      ) ?? []
    );
  });
}
