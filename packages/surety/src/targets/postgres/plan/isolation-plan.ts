import type { Change } from '../../../core/plan.ts';
import { freshValue } from '../attack/rows.ts';
import { type Catalog, type CatalogRelation, isTable } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import { literal, quoted, quotedRelation } from '../name.ts';
import { SqlError } from '../sql-error.ts';
import type { Tenancy, Tie } from '../tenancy/tenancy.ts';
import type { TwoTenants } from '../tenancy/tenants.ts';
import type { Policy } from '../types.ts';

const floorName = 'surety_tenant_floor';
const policyName = 'surety_tenant';
/** What proves that the application names its tenant, before rows are hidden from it when it does not. */
const requires = ['tenancy/context-per-request'] as const;

/** The inspector inside a read-only transaction, and two tenants to try policies on. */
export type Judge = { readonly inspector: Connection; readonly tenants: TwoTenants };

/**
 * The changes that keep tenants apart, one per relation. A policy that lets no foreign row through, tried on
 * the rows that are there, is kept as it is; any other gets a restrictive floor beneath it, because permissive
 * policies add up. Without a judge every table gets a floor.
 *
 * @param target the control's name for this database
 */
export async function planIsolation(
  catalog: Catalog,
  tenancy: Tenancy,
  judge: Judge | null,
  target: string,
): Promise<readonly Change[]> {
  const changes: Change[] = [];
  for (const relation of catalog.relations.filter(({ reachable }) => reachable)) {
    const change =
      relation.kind === 'view'
        ? planView(relation, catalog, tenancy, target)
        : await planTable(relation, tenancy, judge, target);
    if (change !== null) changes.push(change);
  }
  return changes;
}

type Reversible = { readonly step: string; readonly undo: string };

async function planTable(
  relation: CatalogRelation,
  tenancy: Tenancy,
  judge: Judge | null,
  target: string,
): Promise<Change | null> {
  const tie = tenancy.ties.get(relation.oid);
  if (tie === undefined || !isTable(relation)) return null;
  const steps = [
    ...(await policySteps(tie, tenancy, judge)),
    ...(relation.rowSecurity.enabled ? [] : [toggle(relation, 'enable', 'disable')]),
    ...(relation.rowSecurity.forced ? [] : [toggle(relation, 'force', 'no force')]),
  ];
  return steps.length === 0 ? null : change(relation, `keep tenants apart in ${relation}`, target, steps);
}

function toggle(relation: CatalogRelation, on: string, off: string): Reversible {
  const table = quotedRelation(relation);
  return {
    step: `alter table ${table} ${on} row level security`,
    undo: `alter table ${table} ${off} row level security`,
  };
}

async function policySteps(tie: Tie, tenancy: Tenancy, judge: Judge | null): Promise<readonly Reversible[]> {
  const { relation } = tie;
  const permissive = relation.policies.filter((policy) => policy.permissive && policy.applies);
  if (permissive.length === 0) return [create(tie, tenancy, policyName, 'permissive')];
  const floors = relation.policies.filter(
    ({ permissive: isPermissive, command, roles }) =>
      !isPermissive && command === 'all' && roles.length === 0,
  );
  for (const floor of floors) if (await letsNoneThrough(floor, tie, tenancy, judge)) return [];
  if (await allLetNoneThrough(permissive, tie, tenancy, judge)) return [];
  const stale = relation.policies.find(({ name }) => name === floorName);
  return [
    ...(stale === undefined ? [] : [dropped(relation, stale)]),
    create(tie, tenancy, floorName, 'restrictive'),
  ];
}

function create(tie: Tie, tenancy: Tenancy, name: string, kind: 'permissive' | 'restrictive'): Reversible {
  const table = quotedRelation(tie.relation);
  const condition = tie.policy(quoted(tie.relation.name), contextOf(tenancy));
  return {
    step: `create policy ${quoted(name)} on ${table} as ${kind} for all to public using (${condition}) with check (${condition})`,
    undo: `drop policy ${quoted(name)} on ${table}`,
  };
}

/** In a sub-select of its own, so that the server asks once per statement and not per row. */
function contextOf({ setting, key }: Tenancy): string {
  return `(select nullif(current_setting(${literal(setting)}, true), '')::${key.type})`;
}

function dropped(relation: CatalogRelation, policy: Policy): Reversible {
  const table = quotedRelation(relation);
  const roles = policy.roles.length === 0 ? 'public' : policy.roles.map(quoted).join(', ');
  const using = policy.using === null ? '' : ` using (${policy.using})`;
  const check = policy.check === null ? '' : ` with check (${policy.check})`;
  const kind = policy.permissive ? 'permissive' : 'restrictive';
  return {
    step: `drop policy ${quoted(policy.name)} on ${table}`,
    undo: `create policy ${quoted(policy.name)} on ${table} as ${kind} for ${policy.command} to ${roles}${using}${check}`,
  };
}

async function allLetNoneThrough(
  policies: readonly Policy[],
  tie: Tie,
  tenancy: Tenancy,
  judge: Judge | null,
): Promise<boolean> {
  for (const policy of policies) if (!(await letsNoneThrough(policy, tie, tenancy, judge))) return false;
  return true;
}

/**
 * Whether the policy's own expressions hold for no row of another tenant: for each of two tenants, for one
 * that does not exist, and for none at all.
 */
async function letsNoneThrough(
  policy: Policy,
  tie: Tie,
  tenancy: Tenancy,
  judge: Judge | null,
): Promise<boolean> {
  if (followsParent(policy, tie)) return true;
  const { relation, owned, belongsTo } = tie;
  const trusted = looksPlain(policy);
  if (judge === null) return trusted;
  const alias = quoted(relation.name);
  const { type } = tenancy.key;
  const { owner, thief } = judge.tenants;
  for (const expression of [policy.using, policy.check]) {
    if (expression === null) continue;
    for (const tenant of [owner, thief, freshValue(tenancy.key), '']) {
      const foreign = await countOrNull(
        judge.inspector,
        tenancy.setting,
        tenant,
        `select exists (select from ${quotedRelation(relation)} where (${expression}) and ${owned(alias)}
          and (${belongsTo(alias, `nullif($1, '')::${type}`)}) is not true) as found`,
      );
      if (foreign === true || (foreign === null && !trusted)) return false;
    }
  }
  return true;
}

/** For what cannot be tried: made here, or asks for the tenant without a word that could widen it. */
function looksPlain({ name, asksForTenant, using, check }: Policy): boolean {
  if (!asksForTenant) return false;
  return name === floorName || name === policyName || [using, check].every(isNarrow);
}

/**
 * Leaves it to the table above, by the columns that lead there. The inspector sees all of that table, so it
 * cannot try this; whether that table is guarded is asked for that table.
 */
function followsParent({ asksForTenant, reads, columns, using, check }: Policy, { links }: Tie): boolean {
  return (
    !asksForTenant &&
    [using, check].every(isNarrow) &&
    links.some(
      ({ to, columns: leading }) =>
        reads.includes(`${to}`) && leading.every((column) => columns.includes(column)),
    )
  );
}

/** No word that could widen it; `current_setting(…, true)` asks for no error, not for everything. */
function isNarrow(expression: string | null): boolean {
  const words = (expression ?? '').replaceAll(/, true\)/gi, ')');
  return !/\b(or|case|coalesce|null|not|true)\b/i.test(words);
}

/** `null`: the expression could not be tried. */
async function countOrNull(
  inspector: Connection,
  setting: string,
  tenant: string,
  sql: string,
): Promise<boolean | null> {
  await inspector.rows('savepoint surety_policy');
  try {
    await inspector.rows('select set_config($1, $2, true)', [setting, tenant]);
    const [row] = await inspector.rows<{ found: boolean }>(sql, [tenant]);
    return row?.found ?? null;
  } catch (error) {
    if (error instanceof SqlError) return null;
    throw error;
  } finally {
    await inspector.rows('rollback to savepoint surety_policy');
  }
}

function planView(view: CatalogRelation, catalog: Catalog, tenancy: Tenancy, target: string): Change | null {
  if (view.securityInvoker || !view.ownerExempt || !readsTenants(view, catalog, tenancy)) return null;
  const name = quotedRelation(view);
  return change(view, `let ${view} ask as whoever reads it`, target, [
    {
      step: `alter view ${name} set (security_invoker = true)`,
      undo: `alter view ${name} reset (security_invoker)`,
    },
  ]);
}

/** Whether rows of tenants show through it, also through views below it. */
export function readsTenants(
  relation: CatalogRelation,
  catalog: Catalog,
  tenancy: Tenancy,
  above: readonly number[] = [],
): boolean {
  return relation.readsFrom.some((name) => {
    const below = catalog.named(name);
    if (below === undefined || above.includes(below.oid)) return false;
    return tenancy.ties.has(below.oid) || readsTenants(below, catalog, tenancy, [...above, relation.oid]);
  });
}

function change(
  relation: CatalogRelation,
  title: string,
  target: string,
  steps: readonly Reversible[],
): Change {
  return {
    id: `${relation}`,
    title,
    target,
    steps: steps.map(({ step }) => ({ sql: step })),
    undo: steps.toReversed().map(({ undo }) => ({ sql: undo })),
    requires,
  };
}
