import { type EffectivePrivileges, nameOf, type Securable } from './privileges.ts';
import type { RoleFacts, RolesFacts } from './roles.ts';

/** What the estate says that roles may do, memberships included. */
export type DeclaredRoles = {
  readonly names: readonly string[];
  facts(role: string): RoleFacts | undefined;
  /** Roles that it may become or inherit from, by declared chains; not itself. */
  memberships(role: string): readonly string[];
  owns(role: string, object: Securable): boolean;
  /** Rights on an object, sorted; those on columns as `update (kind, name)`. */
  rights(role: string, object: Securable): readonly string[];
  /** The same without memberships: what is to be given to the role itself. */
  ownRights(role: string, object: Securable): readonly string[];
};

/** What PostgreSQL's own roles stand for, as far as objects go. */
const predefined: Readonly<Record<string, Partial<RoleFacts>>> = {
  pg_read_all_data: {
    schemas: { '*': ['usage'] },
    tables: { '*': ['select'] },
    sequences: { '*': ['select'] },
  },
  pg_write_all_data: {
    schemas: { '*': ['usage'] },
    tables: { '*': ['insert', 'update', 'delete'] },
    sequences: { '*': ['update'] },
  },
  pg_maintain: { tables: { '*': ['maintain'] } },
};

export function declaredRoles(facts: RolesFacts): DeclaredRoles {
  const own = (role: string): RoleFacts | undefined => (Object.hasOwn(facts, role) ? facts[role] : undefined);
  const memberships = (role: string, seen: readonly string[] = [role]): readonly string[] =>
    (own(role)?.memberOf ?? [])
      .filter((via) => !seen.includes(via))
      .flatMap((via) => [via, ...memberships(via, [...seen, via])]);
  const chain = (role: string): readonly Partial<RoleFacts>[] =>
    [role, ...memberships(role)].flatMap((name) => own(name) ?? predefined[name] ?? []);
  return {
    names: Object.keys(facts),
    facts: own,
    memberships: (role) => [...new Set(memberships(role))].sort(),
    owns: (role, object) =>
      chain(role).some(({ owns = [] }) => owns.some((pattern) => covers(pattern, object))),
    ownRights: (role, object) => merged(rightsOf(own(role) ?? {}, object)),
    rights: (role, object) => merged(chain(role).flatMap((link) => rightsOf(link, object))),
  };
}

function rightsOf(facts: Partial<RoleFacts>, object: Securable): readonly string[] {
  switch (object.kind) {
    case 'table':
      return narrowest(facts.tables ?? {}, object) ?? [];
    case 'sequence':
      return narrowest(facts.sequences ?? {}, object) ?? [];
    case 'function':
      return facts.functions?.some((pattern) => covers(pattern, object)) ? ['execute'] : [];
    case 'schema':
      return facts.schemas?.[object.schema ?? ''] ?? facts.schemas?.['*'] ?? [];
    case 'database':
      return facts.database ?? (facts.login ? ['connect'] : []);
  }
}

function narrowest<T>(patterns: Readonly<Record<string, T>>, { schema, name }: Securable): T | undefined {
  return patterns[`${schema}.${name}`] ?? patterns[`${schema}.*`] ?? patterns['*'];
}

function covers(pattern: string, object: Securable): boolean {
  return pattern === '*' || pattern === nameOf(object) || pattern === `${object.schema}.*`;
}

/** Whole rights swallow those on columns, and columns of one right come together. */
function merged(rights: readonly string[]): readonly string[] {
  const columns = new Map<string, Set<string>>();
  const whole = new Set<string>();
  for (const right of rights) {
    const [, name, list] = /^(\w+) ?\((.*)\)$/.exec(right) ?? [];
    if (name === undefined || list === undefined) whole.add(right);
    else
      columns.set(name, new Set([...(columns.get(name) ?? []), ...list.split(',').map((one) => one.trim())]));
  }
  const partial = [...columns].flatMap(([name, names]) =>
    whole.has(name) ? [] : [`${name} (${[...names].sort().join(', ')})`],
  );
  return [...whole, ...partial].sort();
}

/** Log-in roles that nobody declared, with what they can do all the same. Roles that can do nothing are left out. */
export function undeclaredLogins(
  declared: DeclaredRoles,
  { roles, held, owned, memberships }: EffectivePrivileges,
): readonly { readonly role: string; readonly can: string }[] {
  const dangerous = /^pg_(read_server_files|write_server_files|execute_server_program)$/;
  return roles
    .filter(({ name, login }) => login && declared.facts(name) === undefined)
    .flatMap((role) => {
      const mayConnect = held.some(
        (one) => one.role === role.name && one.kind === 'database' && one.rights.includes('connect'),
      );
      if (!mayConnect && !role.superuser) return [];
      const its = held.filter((one) => one.role === role.name);
      const tables = its.filter(({ kind }) => kind === 'table').length;
      const functions = its.filter(({ kind }) => kind === 'function').length;
      const creates = its.some(({ kind, rights }) => kind === 'schema' && rights.includes('create'));
      const owns = owned.filter((one) => one.role === role.name).length;
      const can = [
        ...(role.superuser ? ['is a superuser'] : []),
        ...(role.createRole ? ['may make roles'] : []),
        ...(role.replication ? ['may replicate'] : []),
        ...(role.bypassRls ? ['bypasses row security'] : []),
        ...(tables > 0 ? [`reaches ${tables} tables`] : []),
        ...(functions > 0 ? [`may call ${functions} functions that have the rights of others`] : []),
        ...(creates ? ['may create objects'] : []),
        ...(owns > 0 ? [`owns ${owns} objects`] : []),
        ...memberships
          .filter(({ role: member, via }) => member === role.name && dangerous.test(via))
          .map(({ via }) => `is in ${via}`),
      ];
      return can.length === 0 ? [] : [{ role: role.name, can: can.join(', ') }];
    });
}
