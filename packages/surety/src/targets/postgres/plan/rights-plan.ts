import type { Change } from '../../../core/plan.ts';
import { quoted } from '../name.ts';
import { fallsWith, give, partyOf, type Reversible, revoke, takeBack } from '../roles/grant-statements.ts';
import type { Grant } from '../roles/privileges.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import { type PlanContext, reachable } from './context.ts';
import { changeOf, listed } from './draft.ts';
import { columnsOf, isUpdatable, mayJoin } from './joining.ts';
import type { Answers } from './judge.ts';
import { isAbove } from './role-fixes.ts';
import { asTable, type Surroundings } from './surroundings.ts';
import { namesTenantItself } from './table-plan.ts';

/** Rights on a table that row security is not asked about. */
const besides = ['truncate', 'references', 'trigger'];

/**
 * Rights of the application, given to it or to everyone, that row security cannot bind: to empty a table, to put triggers
 * on it, to probe it with a foreign key; and the right to move a membership, where that is how one joins a scope.
 */
export function planRights(context: PlanContext, answers: Answers): readonly Change[] {
  const { around, tenancy, target } = context;
  // Also of roles that it may become; those above row security it must leave.
  const groups = around.becomes.filter((role) => !isAbove(role, context));
  const whose = new Set([around.role, 'PUBLIC', ...groups]);
  return reachable(context).flatMap((relation) => {
    const grants = around.on(asTable(relation));
    const taken = outermost(
      grants.filter(({ grantee, right }) => whose.has(grantee) && besides.includes(right)),
    );
    const tie = tenancy.ties.get(relation.oid);
    const fixed =
      tie !== undefined && mayJoin(tie, 'update', answers) === true ? fixedColumns(tie, around) : [];
    const said = [
      ...[...new Set(taken.map(({ right }) => right))],
      ...(fixed.length === 0 || tie === undefined ? [] : [`update of ${listed(columnsOf(tie))}`]),
    ];
    return (
      changeOf(
        {
          id: `rights on ${relation}`,
          title: `take from ${around.role} on ${relation}: ${listed(said)}`,
          steps: [...taken.flatMap((grant) => takeBack(grant, grants)), ...fixed],
        },
        target,
      ) ?? []
    );
  });
}

/** A row that changes its tenant takes what hangs below it along. Whether that is a feature only a person can say. */
export function proposeFixedTenants(
  { tenancy, around, target, catalog }: PlanContext,
  answers: Answers,
): readonly Change[] {
  return (
    catalog.relations
      .flatMap((relation) => tenancy.ties.get(relation.oid) ?? [])
      // What hangs below a parent moves with it, and may move to another one: that is what applications do.
      .filter((tie) => namesTenantItself(tie, tenancy))
      .filter((tie) => mayJoin(tie, 'update', answers) !== true)
      .flatMap(
        (tie) =>
          changeOf(
            {
              id: `tenant of ${tie.relation}`,
              title: `keep ${around.role} from changing whose a row of ${tie.relation} is: ${listed(columnsOf(tie))}`,
              steps: fixedColumns(tie, around),
              proposed:
                'a member of two tenants can move rows from one to the other: refuse it where the application has no such feature and no statement that writes these columns back',
            },
            target,
          ) ?? [],
      )
  );
}

/** The right to create, on schemas that hold tables of tenants and on the database, and to make temporary tables. */
export function planCreation({ catalog, around, tenancy, target }: PlanContext): readonly Change[] {
  const schemas = new Set(
    catalog.relations.filter(({ oid }) => tenancy.ties.has(oid)).map(({ schema }) => schema),
  );
  const ofSchemas = [...schemas].flatMap((schema) => {
    const grants = around.on({ kind: 'schema', schema, name: null });
    const taken = grants.filter((grant) => isIts(grant, around) && grant.right === 'create');
    return (
      changeOf(
        {
          id: `rights on schema ${schema}`,
          title: `let ${around.role} create nothing in schema ${schema}, where it could stand in for what others call`,
          steps: taken.flatMap((grant) => takeBack(grant, grants)),
        },
        target,
      ) ?? []
    );
  });
  const onDatabase = around.on({ kind: 'database', schema: null, name: null });
  const created = onDatabase.filter(
    (grant) => isIts(grant, around) && ['temporary', 'create'].includes(grant.right),
  );
  const steps = created.flatMap((grant) => takeBack(grant, onDatabase));
  const everyone = created.some(({ grantee }) => grantee === 'PUBLIC') ? ' and everyone else' : '';
  const ofDatabase = changeOf(
    {
      id: 'rights on the database',
      title: `let ${around.role}${everyone} create nothing in the database, and no temporary tables`,
      steps,
      proposed:
        'a temporary table can stand in for one that a careless function names: refuse them where nothing makes any',
    },
    target,
  );
  return [...ofSchemas, ...(ofDatabase === null ? [] : [ofDatabase])];
}

/** Large objects know no row security, and their ids are listed for everyone. */
export function proposeLargeObjects({ around, target }: PlanContext): readonly Change[] {
  const { functions, used } = around.largeObjects;
  const change = changeOf(
    {
      id: 'rights on large objects',
      title: 'let nobody but superusers call the functions of large objects',
      steps: functions.map((name) => ({
        sql: `revoke execute on function ${name} from public`,
        undo: `grant execute on function ${name} to public`,
      })),
      proposed: used
        ? 'row security does not reach large objects, and there are some: move them into tables, then refuse these; needs a superuser'
        : 'row security does not reach large objects; there are none yet; needs a superuser',
    },
    target,
  );
  return change === null ? [] : [change];
}

function isIts({ grantee }: Grant, { role }: Surroundings): boolean {
  return grantee === role || grantee === 'PUBLIC';
}

/** Without rights on columns that fall with the same right on the table. */
function outermost(grants: readonly Grant[]): readonly Grant[] {
  return grants.filter((grant) => !fallsWith(grant, grants));
}

/** UPDATE on every column but those that say whose a row is, to whoever had it on all. */
function fixedColumns(tie: Tie, around: Surroundings): readonly Reversible[] {
  const { relation } = tie;
  const fixed = columnsOf(tie);
  if (!fixed.some((name) => isUpdatable(tie, name))) return [];
  const grants = around.on(asTable(relation));
  const updates = grants.filter((grant) => isIts(grant, around) && grant.right === 'update');
  return outermost(updates).flatMap((grant): readonly Reversible[] => {
    if (grant.column !== null)
      return fixed.includes(grant.column) ? [{ sql: revoke(grant), undo: give(grant) }] : [];
    const others = relation.columns.filter(({ name }) => !fixed.includes(name));
    const fallen = updates.filter((one) => fallsWith(one, [grant]));
    const on = `update (${others.map(({ name }) => quoted(name)).join(', ')}) on ${grant.target}`;
    const whom = partyOf(grant.grantee);
    return [
      ...fallen.map((one) => ({ sql: revoke(one), undo: give(one) })),
      { sql: revoke(grant), undo: give(grant) },
      ...(others.length === 0
        ? []
        : [
            {
              sql: `grant ${on} to ${whom}${grant.grantable ? ' with grant option' : ''}`,
              undo: `revoke ${on} from ${whom}`,
            },
          ]),
    ];
  });
}
