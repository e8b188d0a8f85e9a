import type { CatalogRelation, Column } from '../catalog/catalog.ts';
import { literal, quoted, quotedRelation } from '../name.ts';
import type { Reversible } from '../roles/grant-statements.ts';
import type { Tenancy, Tie } from '../tenancy/tenancy.ts';
import type { Policy } from '../types.ts';

export const commands = ['select', 'insert', 'update', 'delete'] as const;

export type NewPolicy = Pick<Policy, 'name' | 'permissive' | 'command' | 'roles' | 'using' | 'check'>;

export function created(relation: CatalogRelation, policy: NewPolicy): Reversible {
  return { sql: createText(relation, policy), undo: dropText(relation, policy) };
}

export function dropped(relation: CatalogRelation, policy: NewPolicy): Reversible {
  return { sql: dropText(relation, policy), undo: createText(relation, policy) };
}

/** Other conditions for the parts that the policy has. */
export function altered(
  relation: CatalogRelation,
  policy: NewPolicy,
  other: (part: string) => string,
): Reversible {
  const alter = ({ using, check }: Pick<NewPolicy, 'using' | 'check'>): string =>
    `alter policy ${quoted(policy.name)} on ${quotedRelation(relation)}${conditions({ using, check })}`;
  const part = (text: string | null): string | null => (text === null ? null : other(text));
  return { sql: alter({ using: part(policy.using), check: part(policy.check) }), undo: alter(policy) };
}

/** It lets no new row in any more, nor an old one change where that is refused too; what else it says stays as it is. */
export function closedToNew(
  relation: CatalogRelation,
  policy: NewPolicy,
  changing: 'changing' | 'unchanging',
): readonly Reversible[] {
  const { name, command, using, check } = policy;
  if (command !== 'all') return [dropped(relation, policy)];
  const part = (
    one: 'select' | 'update' | 'delete',
    parts: Pick<NewPolicy, 'using' | 'check'>,
  ): NewPolicy => ({
    ...policy,
    ...parts,
    name: one === 'select' ? name : `${name}_${one}`,
    command: one,
  });
  return [
    dropped(relation, policy),
    created(relation, part('select', { using, check: null })),
    ...(changing === 'changing' ? [created(relation, part('update', { using, check }))] : []),
    created(relation, part('delete', { using, check: null })),
  ];
}

/** For everyone, whom it names instead now. */
export function forEveryone(relation: CatalogRelation, { name, roles }: NewPolicy): Reversible {
  const alter = (to: string): string =>
    `alter policy ${quoted(name)} on ${quotedRelation(relation)} to ${to}`;
  return { sql: alter('public'), undo: alter(roles.map(quoted).join(', ')) };
}

/** The same condition in the parts that a policy for the command takes. */
export function both(command: Policy['command'], condition: string): Pick<NewPolicy, 'using' | 'check'> {
  return {
    using: command === 'insert' ? null : condition,
    check: command === 'select' || command === 'delete' ? null : condition,
  };
}

function createText(relation: CatalogRelation, policy: NewPolicy): string {
  const { name, permissive, command, roles } = policy;
  const to = roles.length === 0 ? 'public' : roles.map(quoted).join(', ');
  return `create policy ${quoted(name)} on ${quotedRelation(relation)} as ${permissive ? 'permissive' : 'restrictive'} for ${command} to ${to}${conditions(policy)}`;
}

function dropText(relation: CatalogRelation, { name }: Pick<NewPolicy, 'name'>): string {
  return `drop policy ${quoted(name)} on ${quotedRelation(relation)}`;
}

function conditions({ using, check }: Pick<NewPolicy, 'using' | 'check'>): string {
  return `${using === null ? '' : ` using (${using})`}${check === null ? '' : ` with check (${check})`}`;
}

/** What a row of the table must meet to be the tenant's that is set. */
export function tenantCondition(tie: Tie, { setting, key }: Pick<Tenancy, 'setting' | 'key'>): string {
  // In a sub-select of its own, so that the server asks once for the statement and not for each row.
  const tenant = `(select nullif(current_setting(${literal(setting)}, true), '')::${castTo(key)})`;
  return tie.policy(quoted(tie.relation.name), tenant);
}

const plainTypes = new Set(['uuid', 'int2', 'int4', 'int8', 'numeric', 'text', 'bpchar', 'name', 'oid']);

/**
 * What to read the setting as: below domains, whose checks would turn a malformed tenant into an error of their own, and
 * without a length, to which a cast would cut a longer tenant down.
 */
export function castTo({ base, type }: Pick<Column, 'base' | 'type'>): string {
  if (base === 'varchar') return 'text';
  return plainTypes.has(base) ? base : type;
}
