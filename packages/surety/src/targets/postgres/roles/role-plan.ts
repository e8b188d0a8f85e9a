import type { Change } from '../../../core/plan.ts';
import { quoted } from '../name.ts';
import type { DeclaredRoles } from './declared-roles.ts';
import { fallsWith, give, partyOf, type Reversible, revoke, takeBack } from './grant-statements.ts';
import type { DefaultGrant, EffectivePrivileges, Grant, Grants, RoleState, Securable } from './privileges.ts';

/**
 * Statements that make effective rights the declared ones, one change for each role. Rights are given before those
 * of PUBLIC go, so that nobody is without in between. Roles that are missing are made, without a password: none is ever in
 * a plan. Ownership and log-in roles that nobody declared are left to a person.
 */
export function planRoles(
  declared: DeclaredRoles,
  effective: EffectivePrivileges,
  { grants, edges }: Grants,
): readonly Change[] {
  const unwanted = grants.filter((grant) => isSuperfluous(grant, declared, effective));
  const superfluous = unwanted.filter((grant) => !fallsWith(grant, unwanted));
  const kept = grants.filter((grant) => !unwanted.includes(grant) && !fallsWith(grant, superfluous));
  const present = effective.roles.filter(({ name }) => declared.facts(name) !== undefined);
  const missing = inOrder(
    declared.names.filter((name) => name !== 'PUBLIC' && !present.some((state) => state.name === name)),
    declared,
  );
  const ofRoles = [...missing.map(unmade), ...present].map((state) =>
    change(state.name, [
      ...(missing.includes(state.name) ? [made(state.name)] : []),
      ...attributeSteps(state, declared),
      ...membershipSteps(state.name, declared, edges),
      ...superfluous
        .filter(({ grantee }) => grantee === state.name)
        .flatMap((grant) => takeBack(grant, grants)),
      ...missingSteps(state, declared, effective, kept),
      ...defaultSteps(state.name, declared, effective),
    ]),
  );
  const ofPublic = change('PUBLIC', [
    ...superfluous.filter(({ grantee }) => grantee === 'PUBLIC').flatMap((grant) => takeBack(grant, grants)),
    ...defaultSteps('PUBLIC', declared, effective),
  ]);
  return [...ofRoles, ofPublic].filter(({ steps }) => steps.length > 0);
}

function made(name: string): Reversible {
  return { sql: `create role ${quoted(name)}`, undo: `drop role ${quoted(name)}` };
}

/** A role as CREATE ROLE makes it. */
function unmade(name: string): RoleState {
  return {
    name,
    login: false,
    superuser: false,
    createRole: false,
    createDb: false,
    replication: false,
    bypassRls: false,
  };
}

/** Each after the roles that it is to be a member of. */
function inOrder(names: readonly string[], declared: DeclaredRoles): readonly string[] {
  const depth = (name: string): number =>
    declared.memberships(name).filter((via) => names.includes(via)).length;
  return names.toSorted((a, b) => depth(a) - depth(b));
}

const prefix = 'role ';

/** The role that such a change is about; `null` for changes of another kind. */
export function roleOfChange({ id }: Pick<Change, 'id'>): string | null {
  return id.startsWith(prefix) ? id.slice(prefix.length) : null;
}

function change(role: string, reversible: readonly Reversible[]): Change {
  return {
    id: `${prefix}${role}`,
    title: `${role}: ${reversible.length} statements to what is declared`,
    target: 'db',
    steps: reversible.map(({ sql }) => ({ sql })),
    undo: reversible.toReversed().map(({ undo }) => ({ sql: undo })),
    requires: [],
  };
}

const keywords = {
  login: 'login',
  superuser: 'superuser',
  createRole: 'createrole',
  createDb: 'createdb',
  replication: 'replication',
  bypassRls: 'bypassrls',
} as const;

function attributeSteps(state: RoleState, declared: DeclaredRoles): readonly Reversible[] {
  const facts = declared.facts(state.name);
  if (facts === undefined) return [];
  const names = ['login', 'superuser', 'createRole', 'createDb', 'replication', 'bypassRls'] as const;
  const alter = (name: (typeof names)[number], value: boolean) =>
    `alter role ${quoted(state.name)} ${value ? '' : 'no'}${keywords[name]}`;
  return names
    .filter(
      (name) => facts[name] !== state[name] && (!facts.superuser || name === 'login' || name === 'superuser'),
    )
    .map((name) => ({ sql: alter(name, facts[name]), undo: alter(name, state[name]) }));
}

function membershipSteps(
  member: string,
  declared: DeclaredRoles,
  edges: Grants['edges'],
): readonly Reversible[] {
  const wanted = declared.facts(member)?.memberOf ?? [];
  const own = edges.filter((edge) => edge.member === member);
  const give = (role: string, options: string) =>
    `grant ${quoted(role)} to ${quoted(member)} ${options}`.trim();
  const take = (role: string) => `revoke ${quoted(role)} from ${quoted(member)}`;
  return [
    ...own
      .filter(({ role }) => !wanted.includes(role))
      .map(({ role, options }) => ({ sql: take(role), undo: give(role, options) })),
    ...wanted
      .filter((role) => !own.some((edge) => edge.role === role))
      .map((role) => ({ sql: give(role, ''), undo: take(role) })),
  ];
}

/** A right of a declared role or of PUBLIC that it must not have, or must not pass on. */
function isSuperfluous(grant: Grant, declared: DeclaredRoles, effective: EffectivePrivileges): boolean {
  if (grant.grantee === 'PUBLIC') return isSuperfluousForAll(grant, declared, effective);
  const facts = declared.facts(grant.grantee);
  if (facts === undefined || facts.superuser || declared.owns(grant.grantee, grant)) return false;
  return grant.grantable || !allows(declared.rights(grant.grantee, grant), grant);
}

/** Usage of schemas and the rights on the database go only where some declared role must not have them. */
function isSuperfluousForAll(grant: Grant, declared: DeclaredRoles, { roles }: EffectivePrivileges): boolean {
  if (allows(declared.rights('PUBLIC', grant), grant)) return false;
  const harmless = grant.kind === 'database' || (grant.kind === 'schema' && grant.right === 'usage');
  if (!harmless) return true;
  return roles.some(({ name, superuser }) => {
    const facts = declared.facts(name);
    return (
      facts !== undefined &&
      !superuser &&
      !declared.owns(name, grant) &&
      !allows(declared.rights(name, grant), grant)
    );
  });
}

/** Whether rights as they are declared, `update (kind, name)`, contain one as it is given. */
function allows(rights: readonly string[], { right, column }: Pick<Grant, 'right' | 'column'>): boolean {
  if (rights.includes(right)) return true;
  if (column === null) return false;
  return rights.some((one) => one.startsWith(`${right} (`) && columnsOf(one).includes(column));
}

function columnsOf(right: string): readonly string[] {
  return /\((.*)\)/.exec(right)?.[1]?.split(', ') ?? [];
}

/** Rights that the role is to have by itself and that nothing that stays gives it. */
function missingSteps(
  { name, superuser }: RoleState,
  declared: DeclaredRoles,
  effective: EffectivePrivileges,
  kept: readonly Grant[],
): readonly Reversible[] {
  if (superuser) return [];
  const sources = new Set([name, ...declared.memberships(name), 'PUBLIC']);
  const objects: readonly Securable[] = [
    ...effective.objects,
    { kind: 'database', schema: null, name: null },
  ];
  return objects.flatMap((object) => {
    const owned = effective.owned.some((one) => one.role === name && sameObject(one, object));
    const target = targetOf(object, kept);
    if (owned || target === null) return [];
    const stays = kept.filter((grant) => sources.has(grant.grantee) && sameObject(grant, object));
    return declared.ownRights(name, object).flatMap((wanted) => {
      const right = wanted.split(' ')[0] ?? wanted;
      const columns = wanted === right ? [null] : columnsOf(wanted);
      return columns
        .filter(
          (column) => !stays.some((grant) => grant.right === right && [null, column].includes(grant.column)),
        )
        .map((column): Reversible => {
          const given = { target, column, grantee: name, right, grantable: false };
          return { sql: give(given), undo: revoke(given) };
        });
    });
  });
}

function sameObject(a: Securable, b: Securable): boolean {
  return a.kind === b.kind && a.schema === b.schema && a.name === b.name;
}

/** As GRANT takes it. Functions are named with their arguments, which only an earlier grant tells. */
function targetOf(object: Securable, grants: readonly Grant[]): string | null {
  const known = grants.find((grant) => sameObject(grant, object))?.target;
  if (known !== undefined) return known;
  const { kind, schema, name } = object;
  if (kind === 'schema' && schema !== null) return `schema ${quoted(schema)}`;
  if ((kind === 'table' || kind === 'sequence') && schema !== null && name !== null)
    return `${kind} ${quoted(schema)}.${quoted(name)}`;
  return null;
}

function defaultSteps(
  grantee: string,
  declared: DeclaredRoles,
  { defaults }: EffectivePrivileges,
): readonly Reversible[] {
  return defaults
    .filter((one) => one.grantee === grantee)
    .flatMap((one) => {
      const later: Securable = { kind: one.kind, schema: one.schema ?? '*', name: '*' };
      if (declared.owns(grantee, later)) return [];
      const wanted = declared.rights(grantee, later);
      return one.rights
        .filter((right) => !wanted.includes(right))
        .map((right) => ({
          sql: `${forOwner(one)} revoke ${right} on ${one.kind}s from ${partyOf(grantee)}`,
          undo: `${forOwner(one)} grant ${right} on ${one.kind}s to ${partyOf(grantee)}`,
        }));
    });
}

function forOwner({ owner, schema }: DefaultGrant): string {
  return `alter default privileges for role ${quoted(owner)}${schema === null ? '' : ` in schema ${quoted(schema)}`}`;
}
