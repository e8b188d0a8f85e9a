import { control, supports } from '../../core/control.ts';
import type { See } from '../../core/see.ts';
import { type DeclaredRoles, undeclaredLogins } from '../../targets/postgres/roles/declared-roles.ts';
import {
  type EffectivePrivileges,
  nameOf,
  type RoleState,
  type Securable,
} from '../../targets/postgres/roles/privileges.ts';
import type { RoleAccess } from '../../targets/postgres/roles/role-access.ts';

export default control({
  claim: 'Each database role may do what the estate says, and nothing else',
  why: 'A right that nobody meant to give, by a group, by PUBLIC or by default, is how one stolen password opens everything.',
  requirements: [
    supports('mp22:2.3', 'compares the effective rights of every role with the declared ones'),
    supports('tsc:CC6.1', 'limits database roles to what they need'),
    supports('tsc:CC6.3', 'keeps duties apart: serving, migrating, reading, auditing, backing up'),
  ],
  targets: { db: 'postgres' },
  touch: 'rollback',
  async prove({ db }, see) {
    const roles = db.roles();
    const { declared } = roles;
    const effective = await roles.effective();
    const relations = await db.relations();
    await see.population('declared roles', {
      items: declared.names,
      how: 'the estate',
      recount: { how: 'their names', count: new Set(declared.names).size },
    });
    await see.population('tables and views', {
      items: effective.objects.filter(({ kind }) => kind === 'table'),
      how: 'pg_class',
      recount: { how: relations.how, count: relations.items.length },
    });
    for (const role of declared.names) compareRole(see, role, declared, effective);
    comparePublic(see, declared, effective);
    compareDefaults(see, declared, effective);
    compareServer(see, declared, effective);
    for (const { role, can } of undeclaredLogins(declared, effective)) {
      see.must(`${role}: undeclared`, false, {
        want: 'a declared role, or one that can do nothing',
        got: `logs in and ${can}`,
        hint: `declare ${role} in roles of the target, or take its rights away`,
      });
    }
    await tryForbidden(see, roles);
  },
  plan: ({ db }) => db.roles().plan(),
});

const attributes = ['login', 'superuser', 'createRole', 'createDb', 'replication', 'bypassRls'] as const;

function compareRole(see: See, role: string, declared: DeclaredRoles, effective: EffectivePrivileges): void {
  const facts = declared.facts(role);
  if (facts === undefined || role === 'PUBLIC') return;
  const state = effective.roles.find(({ name }) => name === role);
  if (state === undefined) {
    see.must(`${role}: exists`, false, { hint: `create the role, or remove it from roles of the target` });
    return;
  }
  see.equal(`${role}: attributes`, attributesOf(facts), attributesOf(state));
  const members = effective.memberships.filter((one) => one.role === role).map(({ via }) => via);
  see.equal(
    `${role}: member of`,
    declared.memberships(role).join(', ') || 'nothing',
    members.join(', ') || 'nothing',
  );
  if (state.superuser) return;
  const owned = effective.owned.filter((one) => one.role === role);
  const foreign = owned.filter((one) => !declared.owns(role, one));
  see.equal(`${role}: owns, undeclared`, 'nothing', foreign.map(nameOf).join(', ') || 'nothing');
  for (const object of [...effective.objects, database]) {
    const isOwner = owned.some((one) => one.kind === object.kind && nameOf(one) === nameOf(object));
    if (isOwner) continue;
    const want = declared.rights(role, object);
    const got = rightsOf(effective, role, object);
    if (want.length + got.length === 0) continue;
    see.equal(`${role}: ${object.kind} ${nameOf(object)}`, listed(want), listed(got));
  }
}

const database: Securable = { kind: 'database', schema: null, name: null };

/** What everyone may do, new roles included. Usage of schemas and connecting show with each role, and alone give no data. */
function comparePublic(see: See, declared: DeclaredRoles, effective: EffectivePrivileges): void {
  for (const object of effective.objects) {
    const want = declared.rights('PUBLIC', object);
    const more = rightsOf(effective, 'PUBLIC', object).filter(
      (right) => right !== 'usage' || object.kind !== 'schema',
    );
    const excess = more.filter((right) => !want.includes(right));
    if (excess.length > 0) see.equal(`PUBLIC: ${object.kind} ${nameOf(object)}`, listed(want), listed(more));
  }
}

/** What tables and sequences that are made later will give, to roles that may not have it. */
function compareDefaults(see: See, declared: DeclaredRoles, effective: EffectivePrivileges): void {
  for (const { owner, schema, kind, grantee, rights } of effective.defaults) {
    const gaining = declaredBehind(grantee, declared, effective);
    for (const role of gaining) {
      const later: Securable = { kind, schema: schema ?? '*', name: '*' };
      const excess = declared.owns(role, later)
        ? []
        : rights.filter((right) => !declared.rights(role, later).includes(right));
      const where = schema === null ? 'anywhere' : `in ${schema}`;
      const by = grantee === role ? '' : ` through ${grantee}`;
      see.equal(
        `${role}: default privileges on ${kind}s of ${owner} ${where}${by}`,
        'nothing undeclared',
        listed(excess, 'nothing undeclared'),
      );
    }
  }
}

/** The server's own tables, functions and settings: whatever was given of them beyond what PostgreSQL comes with. */
function compareServer(see: See, declared: DeclaredRoles, effective: EffectivePrivileges): void {
  for (const { grantee, what, rights } of effective.server) {
    for (const role of declaredBehind(grantee, declared, effective)) {
      if (declared.facts(role)?.superuser) continue;
      see.equal(
        `${role}: ${what}${grantee === role ? '' : ` through ${grantee}`}`,
        'nothing more',
        listed(rights),
        {
          hint: `revoke it as a superuser: no role has to have rights on the ${what}`,
        },
      );
    }
  }
}

/** PUBLIC itself, or the declared roles that have what the grantee has. */
function declaredBehind(
  grantee: string,
  declared: DeclaredRoles,
  effective: EffectivePrivileges,
): readonly string[] {
  if (grantee === 'PUBLIC') return ['PUBLIC'];
  return effective.roles
    .map(({ name }) => name)
    .filter((name) => declared.facts(name) !== undefined)
    .filter(
      (name) =>
        name === grantee || effective.memberships.some(({ role, via }) => role === name && via === grantee),
    );
}

/** Every forbidden statement that touches no row, as the roles that we can be, each beside one that may. */
async function tryForbidden(see: See, roles: RoleAccess): Promise<void> {
  const { statements, untried } = await roles.trials();
  for (const statement of statements) {
    see.allowed(`${statement.witness}: ${statement.act}`, await roles.attempt(statement.witness, statement));
    for (const role of statement.forbidden) {
      see.refused(`${role}: ${statement.act}`, await roles.attempt(role, statement), { because: ['42501'] });
    }
  }
  if (untried > 0) {
    see.note(
      'not tried',
      `${untried} forbidden statements: no role that may do them has a url; judged by privilege`,
    );
  }
}

function attributesOf(role: Pick<RoleState, (typeof attributes)[number]>): string {
  // A superuser may do the rest, whether it is said or not.
  const telling = role.superuser ? attributes.slice(0, 2) : attributes;
  return telling.filter((attribute) => role[attribute]).join(', ') || 'none';
}

function rightsOf({ held }: EffectivePrivileges, role: string, object: Securable): readonly string[] {
  return (
    held.find((one) => one.role === role && one.kind === object.kind && nameOf(one) === nameOf(object))
      ?.rights ?? []
  );
}

function listed(rights: readonly string[], none = 'nothing'): string {
  return rights.length === 0 ? none : rights.join(', ');
}
