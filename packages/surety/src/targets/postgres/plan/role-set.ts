import type { Change } from '../../../core/plan.ts';
import { quoted } from '../name.ts';
import type { Reversible } from '../roles/grant-statements.ts';
import type { PlanContext } from './context.ts';
import { changeOf, listed } from './draft.ts';
import { handOver, ownedBy, usualOwner } from './role-fixes.ts';

/**
 * The roles of a database that nobody declared: an owner that nobody logs in as, who migrates as it, who reads like the
 * application, who audits, who backs up. No passwords: they are set by whoever runs this. A proposal, because a person
 * knows what the roles that are there are for.
 */
export function proposeRoles(context: PlanContext): readonly Change[] {
  const { around, target } = context;
  const owned = ownedBy(around.role, context);
  const ownsMost = owned.length > 0 && usualOwner(context) === null;
  const schemas = schemasOf(context);
  const named = (part: string): string => `${around.database}_${part}`;
  const owner = ownsMost ? named('owner') : (usualOwner(context) ?? named('owner'));
  const wanted: readonly Wanted[] = [
    ...(ownsMost ? [{ name: owner, how: 'nologin' }] : []),
    ...(around.migrator === null
      ? [{ name: named('migrator'), how: 'login noinherit', memberOf: owner }]
      : []),
    { name: named('reader'), how: 'login', reads: true },
    { name: named('auditor'), how: 'login bypassrls', reads: true },
    { name: named('backup'), how: 'login bypassrls', memberOf: 'pg_read_all_data' },
  ];
  const missing = wanted.filter(({ name, how }) => !around.roles.has(name) && !hasLike(how, context));
  const change = changeOf(
    {
      id: 'make roles',
      title: `make roles ${listed(missing.map(({ name }) => name))}${ownsMost ? `, and let ${owner} own what ${around.role} owns` : ''}`,
      steps: [
        ...missing.flatMap((role) => make(role, schemas)),
        ...(ownsMost ? owned.flatMap((relation) => handOver(relation, owner, around)) : []),
      ],
      proposed:
        'declare the roles in the estate where these are not the ones: roles: { … }; set passwords by hand (\\password), none is ever in a plan; who makes BYPASSRLS needs a superuser',
    },
    target,
  );
  return change === null ? [] : [change];
}

type Wanted = {
  readonly name: string;
  readonly how: string;
  readonly memberOf?: string;
  readonly reads?: true;
};

function make({ name, how, memberOf, reads }: Wanted, schemas: readonly string[]): readonly Reversible[] {
  const role = quoted(name);
  const grant = (what: string): Reversible => ({
    sql: `grant ${what} to ${role}`,
    undo: `revoke ${what} from ${role}`,
  });
  return [
    { sql: `create role ${role} ${how}`, undo: `drop role ${role}` },
    ...(memberOf === undefined ? [] : [grant(quoted(memberOf))]),
    ...(reads === undefined
      ? []
      : schemas.flatMap((schema) => [
          grant(`usage on schema ${quoted(schema)}`),
          grant(`select on all tables in schema ${quoted(schema)}`),
        ])),
  ];
}

/** A role that backs up or audits may go by any name: what counts is that one is exempt, logs in and is no superuser. */
function hasLike(how: string, { around }: PlanContext): boolean {
  if (!how.includes('bypassrls')) return false;
  return [...around.roles.values()].some(
    ({ login, bypassRls, superuser }) => login && bypassRls && !superuser,
  );
}

function schemasOf({ catalog, tenancy }: PlanContext): readonly string[] {
  return [
    ...new Set(catalog.relations.filter(({ oid }) => tenancy.ties.has(oid)).map(({ schema }) => schema)),
  ];
}

/** What tables that are made later would give to the application or to everyone without anybody asking. */
export function planDefaults({ around, target }: PlanContext): readonly Change[] {
  // What looks at every new table closes it before anybody can use what he was given.
  if (around.eventTriggers.length > 0) return [];
  const steps = around.defaults
    .filter(({ kind, grantee }) => kind === 'table' && (grantee === around.role || grantee === 'PUBLIC'))
    .flatMap(({ owner, schema, grantee, rights }) => {
      const where = `alter default privileges for role ${quoted(owner)}${schema === null ? '' : ` in schema ${quoted(schema)}`}`;
      const whom = grantee === 'PUBLIC' ? 'public' : quoted(grantee);
      return rights.map((right) => ({
        sql: `${where} revoke ${right} on tables from ${whom}`,
        undo: `${where} grant ${right} on tables to ${whom}`,
      }));
    });
  const change = changeOf(
    {
      id: 'rights given later',
      title: `give ${around.role} nothing on tables that are made later: a migration that makes one says what, beside its policies`,
      steps,
    },
    target,
  );
  return change === null ? [] : [change];
}
