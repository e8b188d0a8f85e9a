import { control, partly, supports } from '../../core/control.ts';
import type { See } from '../../core/see.ts';
import { isBoundView } from '../../targets/postgres/bound-views.ts';
import type { Becoming } from '../../targets/postgres/paths/becoming.ts';
import { seeSearch } from '../../targets/postgres/paths/see-search.ts';
import { policyDoubts } from '../../targets/postgres/tenancy/doubts.ts';
import type { PostgresTarget } from '../../targets/postgres/types.ts';

const plan = 'surety plan tenancy/no-bypass';

export default control({
  claim: 'Nothing that the application’s role is, owns, may become or may call leads past row security',
  why: 'Policies bind nobody who owns the table, who may become its owner, or who asks a function of its owner.',
  requirements: [
    supports('tsc:CC6.1', 'no way around the access control of the database'),
    supports('tsc:CC6.3', 'the role that serves requests holds no right of those that administer'),
    supports(
      'phase7:rls.owner-applies',
      'tries to become the owner, and looks at everything that runs as one',
    ),
    supports(
      'phase7:rls.every-table',
      'row security is forced on every tenant table, so that owners are bound',
    ),
    partly('phase7:rls.after-migrations', 'a table made later is open to nobody before it has a policy'),
  ],
  targets: { db: 'postgres' },
  touch: 'rollback',
  timeout: 300_000,
  async prove({ db }, see) {
    db.setting();
    await checkTables(db, see);
    for (const { subject, want, found, hint } of await db.openWays()) {
      see.must(subject, found.length === 0, { want, got: found.join(', ') || want, hint });
    }
    const { user } = await db.session();
    seeBecoming(await db.becomeRoles(), user, see);
    await seeSearch(await db.searchMarkers(), see);
  },
  plan: ({ db }) => db.planIsolation('db'),
});

/** Forced, so that it binds owners as well; and views that ask as somebody who is bound. */
async function checkTables(db: PostgresTarget, see: See): Promise<void> {
  for (const table of await see.population('tenant tables', db.tenantTables())) {
    const { enabled, forced } = table.rowSecurity;
    see.must(`${table}: row security is forced`, enabled && forced, {
      want: 'on, and forced',
      got: enabled ? (forced ? 'on, and forced' : 'on, not forced: it does not bind the owner') : 'off',
      hint: plan,
    });
    for (const name of table.nobodys ?? []) {
      see.must(`${table}: rows of nobody are nobody’s to write`, false, {
        want: 'read by tenants, and not written',
        got: `policy ${name} lets tenants write rows that all others see`,
        hint: plan,
      });
    }
    for (const doubt of policyDoubts(table)) see.blind(doubt.subject, doubt.missing, { hint: doubt.hint });
  }
  for (const view of await db.tenantViews()) {
    see.must(`${view}: row security binds what it shows`, isBoundView(view), {
      want: 'a view that asks as its reader, or whose owner is bound',
      got: isBoundView(view)
        ? 'bound'
        : `${view.kind}, read as ${view.owner}, whom row security does not reach`,
      hint: view.kind === 'view' ? plan : `revoke select on ${view} from the application's role`,
    });
  }
}

/** The session could become itself; whatever else it became must be bound by row security just as well. */
function seeBecoming({ tried, became }: Becoming, user: string, see: See): void {
  const loose = became.filter(({ unguarded }) => unguarded > 0);
  const others = became.filter(({ role }) => role !== user && role !== 'none');
  see.must(`role ${user}: stays bound whatever it becomes`, loose.length === 0, {
    method: 'attack',
    want: 'guarded by every policy, as every role that it can become',
    got:
      loose.length === 0
        ? `tried ${tried} roles, became ${others.map(({ role }) => role).join(', ') || 'no other'}, bound as each`
        : loose
            .map(({ role, unguarded }) => `as ${role === 'none' ? user : role} ${unguarded} tables unguarded`)
            .join(', '),
    hint: `revoke these roles from ${user}, and let it own no table`,
  });
}
