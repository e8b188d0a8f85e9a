import { control, supports } from '../../core/control.ts';
import { BlindError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import type { PairedTimes } from '../../targets/postgres/cost/paired-times.ts';
import type { PostgresTarget, TenantTable } from '../../targets/postgres/types.ts';

export default control({
  claim:
    'Row security asks for the tenant once per query, is served by an index, and costs no more than a WHERE would',
  why: 'Policies that are slow are switched off on the day that it hurts.',
  requirements: [
    supports(
      'phase7:checklist.rls.performance',
      'reads the plans, and measures pages with and without policies',
    ),
    supports('phase7:validation.rls-load-test', 'measures them on four connections at once too'),
  ],
  targets: { db: 'postgres' },
  touch: 'nothing',
  async prove({ db }, see) {
    const tables = await see.population('tenant tables', db.tenantTables());
    const asked = tables.filter((table) => table.grants.includes('select') && guarded(table));
    for (const table of asked) await readPlan(db, table, see);
    if (asked.length === 0) {
      see.blind('plans', `the role may read none of ${tables.length} tables under policies`, {
        hint: 'surety plan tenancy/every-table-covered',
      });
    }
    await measure(db, see);
  },
});

function guarded({ rowSecurity, policies }: TenantTable): boolean {
  return rowSecurity.enabled && policies.some(({ applies }) => applies);
}

async function readPlan(db: PostgresTarget, table: TenantTable, see: See): Promise<void> {
  try {
    const cost = await db.policyCost(table);
    if (cost === null) {
      see.blind(`${table}: plan`, 'nothing ties it to a tenant', {
        hint: 'add a foreign key that leads to one',
      });
      return;
    }
    const { troubles, asked, index } = cost;
    see.must(`${table}: plan of ${asked}`, troubles.length === 0, {
      want: 'an index serves the policy, and the tenant is asked for once',
      got: troubles.length === 0 ? 'served by an index, asked once' : troubles.join(', '),
      hint:
        index === null
          ? 'compare the tenant column with (select …) or = any (array(select …)), and index it'
          : `${index}, and compare what it holds with (select …) or = any (array(select …))`,
    });
  } catch (error) {
    if (!(error instanceof BlindError)) throw error;
    see.blind(`${table}: plan`, error.message, { hint: error.hint });
  }
}

/** Twice as slow is noise on a statement of microseconds; what people notice is both a multiple and milliseconds. */
const [mostTimes, mostMillis] = [3, 2];

async function measure(db: PostgresTarget, see: See): Promise<void> {
  for (const { table, alone, together } of await db.policyTimes()) {
    for (const [how, times] of [
      ['alone', alone],
      ['four at once', together],
    ] as const) {
      const { policies, byHand } = times;
      const slow = policies > byHand * mostTimes && policies - byHand > mostMillis;
      see.must(`${table}: a page, ${how}`, !slow, {
        want: `at most ${mostTimes} times the same WHERE by hand, or ${mostMillis} ms more`,
        got: describe(times),
        hint: 'explain (analyze, buffers) the page as the application’s role',
      });
    }
  }
}

function describe({ policies, byHand }: PairedTimes): string {
  return `${policies.toFixed(2)} ms with policies, ${byHand.toFixed(2)} ms by hand`;
}
