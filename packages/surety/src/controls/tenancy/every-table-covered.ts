import { control, partly, supports } from '../../core/control.ts';
import type { See } from '../../core/see.ts';
import { isBoundView } from '../../targets/postgres/bound-views.ts';
import { seeSideDoors } from '../../targets/postgres/paths/see-search.ts';
import { policyDoubts } from '../../targets/postgres/tenancy/doubts.ts';
import type { Policy, Relation, Session } from '../../targets/postgres/types.ts';

const hint = 'surety plan tenancy/every-table-covered';

export default control({
  claim:
    'Every table, partition and view that the application reaches keeps tenants apart, or is shared on purpose',
  why: 'The table that was added last is the one that nobody guarded.',
  requirements: [
    supports('tsc:CC6.1', 'no data store of the application is outside of access control'),
    supports('phase7:rls.every-table', 'compares the whole catalog with what is guarded'),
    supports(
      'phase7:rls.after-migrations',
      'a table that a migration added is in the catalog, guarded or not',
    ),
    partly('phase7:rls.owner-applies', 'sees that the application is neither owner nor exempt'),
  ],
  targets: { db: 'postgres' },
  // Only where something runs above row security, which is then set off.
  touch: 'rollback',
  timeout: 300_000,
  async prove({ db }, see) {
    const setting = db.setting();
    const relations = await see.population('relations', db.relations());
    const named = new Map(relations.map((relation) => [`${relation}`, relation]));
    for (const relation of relations) {
      const gaps = gapsOf(relation, named, setting);
      see.must(`${relation}`, gaps.length === 0, {
        want: 'kept apart by tenant, or out of reach',
        got: gaps.length === 0 ? describe(relation) : gaps.join(', '),
        hint: hintFor(relation),
      });
      for (const doubt of policyDoubts(relation))
        see.blind(doubt.subject, doubt.missing, { hint: doubt.hint });
    }
    await seeSideDoors(db, see);
    checkRole(await db.session(), relations, see);
  },
  plan: ({ db }) => db.planIsolation('db'),
});

/** What somebody can do about it: only tables that lead to a tenant, and views, can be planned for. */
function hintFor(relation: Relation): string {
  const { kind, path, reachable } = relation;
  if (!reachable || kind === 'view') return hint;
  if (kind === 'materialized view' || kind === 'foreign table') {
    return `revoke select on ${relation} from the application’s role, and read it through a view or function that asks for the tenant`;
  }
  return path === undefined
    ? `add a column that leads to the tenant, or say so under tenancy.paths of the target; if everybody may see its rows: surety except tenancy/every-table-covered --subject '${relation}' --reason …`
    : hint;
}

/** By `schema.name`. */
type Named = ReadonlyMap<string, Relation>;

/** What keeps the relation from being covered; nothing where the application cannot reach it. */
function gapsOf(relation: Relation, all: Named, setting: string): readonly string[] {
  if (!relation.reachable) return [];
  switch (relation.kind) {
    case 'foreign table':
      return ['a foreign table, which row security does not reach'];
    case 'materialized view':
      return ['a materialized view, which row security does not reach'];
    case 'view':
      return isBoundView(relation)
        ? []
        : [`asks as its owner ${relation.owner}, whom row security does not bind`];
    default:
      return tableGaps(relation, all, setting);
  }
}

function tableGaps(table: Relation, all: Named, setting: string): readonly string[] {
  const { enabled, forced } = table.rowSecurity;
  const policies = table.policies.filter(({ reachable }) => reachable);
  const asks = (policy: Policy): boolean => isScoped(policy, table, all, []);
  const floored = policies.some(
    (policy) => !policy.permissive && policy.command === 'all' && policy.applies && asks(policy),
  );
  const open = policies.filter((policy) => policy.permissive && !asks(policy));
  const pathless = !enabled && table.path === undefined;
  return [
    ...(pathless ? ['nothing says whose its rows are'] : []),
    ...(enabled ? [] : ['row security is off']),
    ...(forced ? [] : ['row security is not forced']),
    ...(policies.some(({ permissive, applies }) => permissive && applies)
      ? []
      : ['no policy lets a tenant in']),
    ...(floored ? [] : open.map(({ name }) => `policy ${name} does not ask for ${setting}`)),
    ...policies.flatMap(({ name, frozen }) =>
      frozen.length === 0
        ? []
        : [`policy ${name} asks by ${frozen.join(', ')}, which is IMMUTABLE: plans keep its answer`],
    ),
    ...(table.nobodys ?? []).map((name) => `policy ${name} lets tenants write rows of nobody, which all see`),
    ...(table.mayTruncate ? ['the role may truncate it'] : []),
    ...(table.mayTrigger ? ['the role may put triggers on it'] : []),
  ];
}

/** Asks for the tenant itself, or reads another table whose own policies do. */
function isScoped(policy: Policy, table: Relation, all: Named, above: readonly Relation[]): boolean {
  if (isAlwaysTrue(policy.using) || isAlwaysTrue(policy.check)) return false;
  if (policy.asksForTenant) return true;
  return policy.reads.some((name) => {
    const other = all.get(name);
    if (other === undefined || other === table || above.includes(other)) return false;
    return (
      other.rowSecurity.enabled &&
      other.policies.some((inner) => isScoped(inner, other, all, [...above, table]))
    );
  });
}

function isAlwaysTrue(expression: string | null): boolean {
  return expression !== null && /^\(*true\)*$/i.test(expression);
}

function describe({ reachable, kind, policies, path }: Relation): string {
  if (!reachable) return 'out of reach';
  if (kind === 'view') return 'asks as its reader, or as an owner who is bound';
  const way = path === undefined ? '' : `, ${path}`;
  return `forced, ${policies.length === 1 ? '1 policy' : `${policies.length} policies`}${way}`;
}

/** Row security binds nobody who is above it or can put himself there. */
function checkRole(session: Session, relations: readonly Relation[], see: See): void {
  const subject = `role ${session.user}`;
  see.equal(`${subject}: superuser`, false, session.superuser);
  see.equal(`${subject}: bypasses row security`, false, session.bypassRls);
  see.equal(`${subject}: may make roles`, false, session.createRole);
  see.equal(`${subject}: may read the stream of all changes`, false, session.replication);
  const owners = new Set(relations.map(({ owner }) => owner));
  const above = session.memberOf.filter(
    ({ role, superuser, bypassRls }) => superuser || bypassRls || owners.has(role),
  );
  see.must(`${subject}: owns no table`, !owners.has(session.user), {
    got: owners.has(session.user) ? 'an owner can switch row security off' : 'owns none',
    want: 'owns none',
    hint: 'let a role own the tables that the application does not connect as',
  });
  see.must(`${subject}: cannot become an owner or an exempt role`, above.length === 0, {
    want: 'a member of no such role',
    got: above.length === 0 ? 'none' : `a member of ${above.map(({ role }) => role).join(', ')}`,
    hint: `revoke these memberships from ${session.user}`,
  });
}
