import type { Change } from '../../../core/plan.ts';
import { type CatalogRelation, isTable } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import type { Reversible } from '../roles/grant-statements.ts';
import { dropsItself } from '../server-version.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import type { Command, Policy } from '../types.ts';
import type { PlanContext } from './context.ts';
import { changeOf, listed, namesItsTenant } from './draft.ts';
import { planJoining, writing } from './joining.ts';
import type { Answers } from './judge.ts';
import { answerTo, floorName, isSound, madeHere } from './policy-meaning.ts';
import {
  altered,
  both,
  commands,
  created,
  dropped,
  forEveryone,
  type NewPolicy,
  tenantCondition,
} from './policy-statements.ts';
import { type Definer, isExempt } from './surroundings.ts';

/**
 * What is made of the policies of one table. Nothing where they let no foreign row through, or a floor that is sound
 * lies below them.
 */
export type Judged = {
  readonly tie: Tie;
  /** That let rows of others through. */
  readonly open: readonly Policy[];
  /** That are kept as they are. */
  readonly kept: readonly Policy[];
  readonly floored: boolean;
  /** Whether no policy lets the application in. */
  readonly bare: boolean;
};

export function judged(tie: Tie, answers: Answers): Judged {
  const policies = tie.relation.policies.filter(({ reachable }) => reachable);
  const permissive = policies.filter((policy) => policy.permissive);
  const floored = policies.some(
    (policy) =>
      !policy.permissive && policy.command === 'all' && policy.applies && isSound(policy, tie, answers),
  );
  const isOpen = (policy: Policy): boolean => !isSound(policy, tie, answers);
  return {
    tie,
    open: floored ? [] : permissive.filter(isOpen),
    kept: permissive.filter((policy) => !isOpen(policy)),
    floored,
    bare: !permissive.some(({ applies }) => applies),
  };
}

/** One change that keeps tenants apart in one table; `null` where they are. */
export function planTable(table: Judged, context: PlanContext, answers: Answers): Change | null {
  const { tie, kept, bare } = table;
  const { relation } = tie;
  if (!isTable(relation)) return null;
  const others = othersPolicies(relation, context);
  const parts = [
    switches(relation),
    // A floor is for everyone: one that names a role is one that the role may be able to take itself off.
    others.length === 0 ? floors(table, context, answers) : narrowed(table, context),
    named(relation, others, context),
    planJoining(tie, bare, context.around, answers),
  ];
  const said = [
    ...parts.flatMap((part) => part.said),
    ...(kept.length === 0 ? [] : [`keeps ${names(kept)}`]),
    ...others.map(({ name, roles }) => `leaves ${name} to ${listed(roles)}`),
    ...strangers(relation, context).map(
      ({ name, owner }) => `look at ${name}(), which reads it as ${owner}, whom this binds`,
    ),
  ];
  // Policies come before row security is switched on, so that nobody is without rows in between.
  const [switched, ...rest] = parts;
  return changeOf(
    {
      id: `${relation}`,
      title: `keep tenants apart in ${relation} by ${tie.path}: ${said.join('; ')}`,
      steps: [...rest.flatMap(({ steps }) => steps), ...(switched?.steps ?? [])],
      requires: namesItsTenant,
    },
    context.target,
  );
}

type Part = { readonly steps: readonly Reversible[]; readonly said: readonly string[] };

function switches(relation: CatalogRelation): Part {
  const { enabled, forced } = relation.rowSecurity;
  return {
    steps: [
      ...(enabled ? [] : [toggle(relation, 'enable', 'disable')]),
      ...(forced ? [] : [toggle(relation, 'force', 'no force')]),
    ],
    said: [...(enabled ? [] : ['switches row security on']), ...(forced ? [] : ['binds the owner too'])],
  };
}

function toggle(relation: CatalogRelation, on: string, off: string): Reversible {
  const alter = (what: string): string =>
    `alter table ${quotedRelation(relation)} ${what} row level security`;
  return { sql: alter(on), undo: alter(off) };
}

/** Policies that let in roles which row security binds and which the application cannot be. */
function othersPolicies(relation: CatalogRelation, { around }: PlanContext): readonly Policy[] {
  return relation.policies.filter(
    ({ permissive, reachable, roles }) =>
      permissive && !reachable && roles.some((role) => !isExempt(around, role)),
  );
}

/** A floor below policies that let others' rows through, and policies above it where there are none. */
function floors(table: Judged, context: PlanContext, answers: Answers): Part {
  const { tie, open, bare, floored } = table;
  const floor: Part =
    !floored && (bare || open.length > 0) ? floorBelow(table, context, answers) : { steps: [], said: [] };
  const commands_ = bare ? openings(tie) : [];
  return {
    // Which commands; which rows is for the floor to say, so that it is asked once.
    steps: [...floor.steps, ...commands_.map((command) => opening(tie.relation, command, 'true'))],
    said: [...floor.said, ...(commands_.length === 0 ? [] : [`allows ${listed(commands_)} above it`])],
  };
}

/** Where kept policies show rows that a floor for all would hide, floors lie below the open commands only. */
function floorBelow({ tie, open, kept }: Judged, { tenancy }: PlanContext, answers: Answers): Part {
  const { relation } = tie;
  const condition = tenantCondition(tie, tenancy);
  const more = kept.filter((policy) => answerTo(answers, 'shows more', tie, policy) === true);
  const below = open.length === 0 ? '' : ` below ${names(open)}`;
  const floor = (name: string, command: Policy['command'], using: string): readonly Reversible[] => [
    ...relation.policies.filter((policy) => policy.name === name).map((policy) => dropped(relation, policy)),
    created(relation, {
      name,
      permissive: false,
      command,
      roles: [],
      ...both(command, condition),
      ...(command === 'insert' ? {} : { using }),
    }),
  ];
  if (more.length === 0) return { steps: floor(floorName, 'all', condition), said: [`adds a floor${below}`] };
  const asked = commands.filter((command) => open.some((one) => [command, 'all'].includes(one.command)));
  // Told by its own columns; whether a parent has an owner the application could not see.
  const shared = namesTenantItself(tie, tenancy)
    ? `(not coalesce(${tie.owned(quoted(relation.name))}, false) or ${condition})`
    : condition;
  const cut = asked.includes('select')
    ? more.filter((policy) => answerTo(answers, 'shows others', tie, policy) === true)
    : [];
  return {
    steps: asked.flatMap((command) =>
      floor(`${floorName}_${command}`, command, command === 'select' ? shared : condition),
    ),
    said: [
      `adds a floor for ${listed(asked)}${below}`,
      ...(cut.length === 0 ? [] : [`hides what ${names(cut)} shows of fellow tenants`]),
    ],
  };
}

/**
 * Where roles that the application cannot be have policies of their own, a floor would cut them off: the policies that let
 * others' rows through are narrowed instead, and new ones carry the condition themselves.
 */
function narrowed({ tie, open, bare }: Judged, { tenancy }: PlanContext): Part {
  const { relation } = tie;
  const condition = tenantCondition(tie, tenancy);
  const commands_ = bare ? openings(tie) : [];
  return {
    steps: [
      ...open.map((policy) => altered(relation, policy, (part) => `(${part}) and ${condition}`)),
      ...commands_.map((command) => opening(relation, command, condition)),
    ],
    said: [
      ...(open.length === 0 ? [] : [`narrows ${names(open)} to the tenant`]),
      ...(commands_.length === 0 ? [] : [`allows ${listed(commands_)} of the tenant's rows`]),
    ],
  };
}

/** Restrictive policies that name a role of the application, on servers where that role can take itself off them. */
function named(relation: CatalogRelation, others: readonly Policy[], { around }: PlanContext): Part {
  if (others.length > 0 || !dropsItself(around.version)) return { steps: [], said: [] };
  const its = [around.role, ...around.becomes];
  const loose = relation.policies.filter(
    ({ permissive, roles }) => !permissive && roles.some((role) => its.includes(role)),
  );
  return {
    steps: loose.map((policy) => forEveryone(relation, policy)),
    said: loose.length === 0 ? [] : [`lets ${names(loose)} bind everyone, which no role can take itself off`],
  };
}

/** Whether a row says by itself whose it is, and not by a parent that has to be looked up. */
export function namesTenantItself({ links }: Tie, { ties }: PlanContext['tenancy']): boolean {
  return links.every(({ to }) => ties.get(to.oid)?.links.length === 0);
}

/** What the application may do by its grants. Nobody joins a scope, or rises in one, by a policy that is made here. */
function openings({ relation, isMembership }: Tie): readonly Command[] {
  const granted = relation.grants.length === 0 ? commands : relation.grants;
  return isMembership ? granted.filter((command) => !writing.some((one) => one === command)) : granted;
}

function opening(relation: CatalogRelation, command: Command, condition: string): Reversible {
  const policy: NewPolicy = {
    name: `${madeHere}_${command}`,
    permissive: true,
    command,
    roles: [],
    ...both(command, condition),
  };
  return created(relation, policy);
}

/** Functions that run as a role which the change binds for the first time, and which has no policy of its own. */
function strangers(relation: CatalogRelation, { around, tenancy }: PlanContext): readonly Definer[] {
  return around.definers.filter(({ owner, source, words, callable }) => {
    if (!callable || isExempt(around, owner) || source.includes(`'${tenancy.setting}'`)) return false;
    if (relation.policies.some((policy) => policy.roles.includes(owner))) return false;
    return words.has(relation.name.toLowerCase());
  });
}

function names(policies: readonly Policy[]): string {
  return listed(policies.map(({ name }) => name));
}
