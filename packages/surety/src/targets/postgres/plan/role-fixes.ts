import type { Change } from '../../../core/plan.ts';
import type { CatalogRelation } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import type { Reversible } from '../roles/grant-statements.ts';
import type { PlanContext } from './context.ts';
import { changeOf, namesItsTenant } from './draft.ts';
import { isExempt, membershipsOf, type Surroundings } from './surroundings.ts';

/** What puts the application's role above row security, or lets it put itself there. */
export function planRole(context: PlanContext): readonly Change[] {
  const { around, target } = context;
  const me = around.roles.get(around.role);
  if (me === undefined) return [];
  const flags = [
    ['superuser', me.superuser],
    ['bypassrls', me.bypassRls],
    ['createrole', me.createRole],
    ['replication', me.replication],
  ] as const;
  const set = flags.filter(([, on]) => on).map(([flag]) => flag);
  const alter = (flag: string): string => `alter role ${quoted(me.name)} ${flag}`;
  const above = membershipsOf(around, me.name).filter(({ role }) => leadsAbove(role, context));
  const steps: readonly Reversible[] = [
    ...set.map((flag) => ({ sql: alter(`no${flag}`), undo: alter(flag) })),
    ...above.map(({ role, options }) => ({
      sql: `revoke ${quoted(role)} from ${quoted(me.name)}`,
      undo: `grant ${quoted(role)} to ${quoted(me.name)} ${options}`.trim(),
    })),
  ];
  const said = [...set.map((flag) => `no${flag}`), ...above.map(({ role }) => `no member of ${role}`)];
  const hides = me.superuser || me.bypassRls || above.length > 0;
  const change = changeOf(
    {
      id: `role ${me.name}`,
      title: `bind ${me.name} by row security: ${said.join(', ')}`,
      steps,
      ...(hides && { requires: namesItsTenant }),
      ...(hides && !standsAlone(context)
        ? {
            proposed: `${me.name} has few rights of its own and would be left without: give it what it needs first`,
          }
        : {}),
    },
    target,
  );
  return change === null ? [] : [change];
}

/** Tables that the application's role owns, where another role owns most; else see `proposeRoles`. */
export function planOwnership(context: PlanContext): readonly Change[] {
  const { around, target } = context;
  const owner = usualOwner(context);
  if (owner === null) return [];
  const functions = new Set(
    around.policyFunctions.filter((one) => one.owner === around.role).map(({ signature }) => signature),
  );
  const ofFunctions = [...functions].flatMap(
    (signature) =>
      changeOf(
        {
          id: `owner of ${signature}`,
          title: `let ${owner} own ${signature}, which policies ask`,
          steps: [
            {
              sql: `alter function ${signature} owner to ${quoted(owner)}`,
              undo: `alter function ${signature} owner to ${quoted(around.role)}`,
            },
          ],
        },
        target,
      ) ?? [],
  );
  const ofTables = ownedBy(around.role, context).flatMap(
    (relation) =>
      changeOf(
        {
          id: `owner of ${relation}`,
          title: `let ${owner} own ${relation}, so that ${around.role} cannot switch its row security off`,
          steps: handOver(relation, owner, around),
        },
        target,
      ) ?? [],
  );
  return [...ofFunctions, ...ofTables];
}

export function ownedBy(role: string, { catalog }: Pick<PlanContext, 'catalog'>): readonly CatalogRelation[] {
  // A partition follows by itself only where it is made; who owns it is its own affair.
  return catalog.relations.filter(({ owner }) => owner === role);
}

/** The role that owns most of what the application does not; never one that it can be. */
export function usualOwner({ catalog, around }: PlanContext): string | null {
  const counts = Map.groupBy(
    catalog.relations.filter(({ owner }) => owner !== around.role && !around.becomes.includes(owner)),
    ({ owner }) => owner,
  );
  const [first] = [...counts].sort(([, a], [, b]) => b.length - a.length);
  if (first === undefined) return null;
  return first[1].length >= ownedBy(around.role, { catalog }).length ? first[0] : null;
}

const commandsOf: Readonly<Record<string, string>> = {
  table: 'select, insert, update, delete',
  'partitioned table': 'select, insert, update, delete',
  partition: 'select, insert, update, delete',
  'foreign table': 'select, insert, update, delete',
  view: 'select, insert, update, delete',
  'materialized view': 'select',
};

/** The new owner, and to the old one what an application needs. */
export function handOver(
  relation: CatalogRelation,
  owner: string,
  { role, sequences }: Pick<Surroundings, 'role' | 'sequences'>,
): readonly Reversible[] {
  const { kind } = relation;
  const name = quotedRelation(relation);
  const what = kind === 'view' || kind === 'materialized view' || kind === 'foreign table' ? kind : 'table';
  const grant = (rights: string, on: string): Reversible => ({
    sql: `grant ${rights} on ${on} to ${quoted(role)}`,
    undo: `revoke ${rights} on ${on} from ${quoted(role)}`,
  });
  return [
    {
      sql: `alter ${what} ${name} owner to ${quoted(owner)}`,
      undo: `alter ${what} ${name} owner to ${quoted(role)}`,
    },
    grant(commandsOf[kind] ?? 'select', `table ${name}`),
    ...sequences
      .filter((sequence) => sequence.relation === relation.oid)
      .map((sequence) => grant('usage', `sequence ${sequence.name}`)),
  ];
}

/** Predefined roles that read or write past every policy; pg_read_all_data also reads the server's samples of all columns. */
const pastPolicies =
  /^pg_(read_server_files|read_all_data|write_server_files|execute_server_program|create_subscription)$/;

/** It, or a role that it is a member of by any chain, is above row security. */
function leadsAbove(role: string, context: PlanContext, seen: readonly string[] = []): boolean {
  if (seen.includes(role)) return false;
  return (
    isAbove(role, context) ||
    membershipsOf(context.around, role).some((via) => leadsAbove(via.role, context, [...seen, role]))
  );
}

/** Whether a role owns tables, or is not bound by row security. */
export function isAbove(role: string, { catalog, around }: PlanContext): boolean {
  return (
    isExempt(around, role) || pastPolicies.test(role) || catalog.relations.some(({ owner }) => owner === role)
  );
}

/** Whether the application's role was given what it uses itself, so that it can lose what it has through others. */
function standsAlone({ around, catalog, tenancy }: PlanContext): boolean {
  const own = new Set(
    around.grants
      .filter(({ kind, grantee }) => kind === 'table' && (grantee === around.role || grantee === 'PUBLIC'))
      .map(({ schema, name }) => JSON.stringify([schema, name])),
  );
  const tied = catalog.relations.filter(({ oid, kind }) => tenancy.ties.has(oid) && kind !== 'partition');
  const given = tied.filter(({ schema, name }) => own.has(JSON.stringify([schema, name])));
  return given.length * 2 > tied.length;
}
