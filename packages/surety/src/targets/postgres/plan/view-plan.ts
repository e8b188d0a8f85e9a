import type { Change } from '../../../core/plan.ts';
import type { Catalog, CatalogRelation } from '../catalog/catalog.ts';
import { quotedRelation } from '../name.ts';
import { takeBack } from '../roles/grant-statements.ts';
import { readsTenants } from '../tenancy/reads-tenants.ts';
import { type PlanContext, reachable } from './context.ts';
import { changeOf, namesItsTenant } from './draft.ts';
import { asTable, isExempt } from './surroundings.ts';

/** Views have had `security_invoker` since this version. */
const sinceVersion = 150_000;

/** Views that ask as an owner whom row security does not bind: those that the application reaches, and those below. */
export function planViews(context: PlanContext): readonly Change[] {
  const { catalog, tenancy } = context;
  const reached = reachable(context).filter(({ kind }) => kind === 'view');
  const views = new Set(reached.flatMap((view) => [view, ...viewsBelow(view, catalog, [])]));
  return [...views]
    .filter((view) => asksAsExempt(view, context) && readsTenants(view, catalog, tenancy))
    .flatMap(
      (view) =>
        (context.around.version >= sinceVersion ? invoker(view, context) : withoutInvoker(view, context)) ??
        [],
    );
}

/** What row security does not reach at all. */
export function planCopies(context: PlanContext): readonly Change[] {
  const { catalog, tenancy } = context;
  return reachable(context)
    .filter(({ kind }) => kind === 'materialized view' || kind === 'foreign table')
    .filter((relation) => tenancy.ties.has(relation.oid) || readsTenants(relation, catalog, tenancy))
    .flatMap(
      (relation) =>
        takeAway(
          relation,
          context,
          `row security does not reach a ${relation.kind}: take it from the application, and what reads it stops, or put a view with the tenant's condition in front of it`,
        ) ?? [],
    );
}

function viewsBelow(
  view: CatalogRelation,
  catalog: Catalog,
  above: readonly number[],
): readonly CatalogRelation[] {
  return view.readsFrom.flatMap((name) => {
    const below = catalog.named(name);
    if (below === undefined || below.kind !== 'view' || above.includes(below.oid)) return [];
    return [below, ...viewsBelow(below, catalog, [...above, view.oid])];
  });
}

/** By itself, not only because a view below it does. Tables that are not forced are forced by their own change. */
function asksAsExempt(view: CatalogRelation, { catalog, around }: PlanContext): boolean {
  if (view.securityInvoker || !view.ownerExempt) return false;
  if (isExempt(around, view.owner)) return true;
  return view.readsFrom.some((name) => {
    const below = catalog.named(name);
    return (
      below !== undefined &&
      below.kind !== 'view' &&
      below.kind !== 'materialized view' &&
      !below.rowSecurity.forced
    );
  });
}

function invoker(view: CatalogRelation, { target }: PlanContext): Change | null {
  const name = quotedRelation(view);
  return changeOf(
    {
      id: `${view}`,
      title: `let ${view} ask as whoever reads it`,
      steps: [
        {
          sql: `alter view ${name} set (security_invoker = true)`,
          undo: `alter view ${name} reset (security_invoker)`,
        },
      ],
      requires: namesItsTenant,
    },
    target,
  );
}

function withoutInvoker(view: CatalogRelation, context: PlanContext): Change | null {
  return takeAway(
    view,
    context,
    `PostgreSQL 14 has no security_invoker: upgrade, or let a role own ${view} that row security binds; this takes the view from the application instead`,
  );
}

function takeAway(
  relation: CatalogRelation,
  { around, target }: PlanContext,
  proposed: string,
): Change | null {
  const grants = around.on(asTable(relation));
  const its = grants.filter(({ grantee }) => grantee === around.role || grantee === 'PUBLIC');
  return changeOf(
    {
      id: `${relation}`,
      title: `take ${relation} from ${around.role}`,
      steps: its
        .filter(
          (grant) =>
            grant.column === null ||
            !its.some(
              (one) => one.column === null && one.grantee === grant.grantee && one.right === grant.right,
            ),
        )
        .flatMap((grant) => takeBack(grant, grants)),
      proposed,
    },
    target,
  );
}
