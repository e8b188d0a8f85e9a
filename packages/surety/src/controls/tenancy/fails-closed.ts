import type { Attempt } from '@surety/evidence';
import { control, supports } from '../../core/control.ts';
import type { See } from '../../core/see.ts';
import type { ActName } from '../../targets/postgres/attack/matrix.ts';
import { UntriedError } from '../../targets/postgres/attack/untried.ts';
import { seeSideDoors } from '../../targets/postgres/paths/see-search.ts';
import { policyDoubts } from '../../targets/postgres/tenancy/doubts.ts';
import {
  type ContextState,
  contexts,
  type PostgresTarget,
  type TenantTable,
} from '../../targets/postgres/types.ts';

export default control({
  claim: 'Without a tenant no row is visible or writable, and the database answers without an error',
  why: 'A request that forgot to name its tenant must get nothing: neither everything nor a crash.',
  requirements: [
    supports('tsc:CC6.1', 'a session without an identity reaches no data'),
    supports(
      'phase7:rls.fail-safe',
      'tries every command while the tenant is unset, empty, malformed, unknown or gone',
    ),
  ],
  targets: { db: 'postgres' },
  touch: 'rollback',
  timeout: 900_000,
  async prove({ db }, see) {
    for (const table of await see.population('tenant tables', db.tenantTables())) {
      for (const doubt of policyDoubts(table)) see.blind(doubt.subject, doubt.missing, { hint: doubt.hint });
      try {
        await tryAsNobody(db, table, see);
      } catch (error) {
        if (!(error instanceof UntriedError)) throw error;
        see.blind(`${table}: nobody tries everything`, error.message, { hint: error.hint });
      }
    }
    await seeSideDoors(db, see);
  },
  plan: ({ db }) => db.planIsolation('db'),
});

const names: readonly ActName[] = ['read everything', 'insert', 'update everything', 'delete everything'];

/** Text that is no value of the tenant's type, and a setting that does not exist: the API would answer 500. */
const crashes = ['22P02', '42704'];

async function tryAsNobody(db: PostgresTarget, table: TenantTable, see: See): Promise<void> {
  const [owner] = await db.asTwoTenants(table);
  for (const { name, commands, what } of owner.acts.filter((act) => names.includes(act.name))) {
    if (!commands.every((command) => table.grants.includes(command))) continue;
    const witness = await owner.try(name);
    if (witness.result !== 'refused') see.allowed(`${table}: owner ${what}`, witness);
    for (const state of contexts) {
      const attempt = await (await db.asNobody(state, table)).try(name);
      const subject = `${table}: nobody ${what}, tenant ${state}`;
      if (witness.result === 'refused' && attempt.result === 'refused' && !crashes.includes(attempt.detail)) {
        see.note(subject, `${attempt.detail}; the owner may not either`);
      } else weigh(see, subject, attempt, state);
    }
  }
}

function weigh(see: See, subject: string, attempt: Attempt, state: ContextState): void {
  // No row can be planted without naming a tenant; the other states are tried with one.
  if (state === 'never set' && attempt.detail === 'the table is empty') {
    see.note(subject, attempt.detail);
    return;
  }
  // A malformed tenant is a mistake that may be told apart from no tenant: an error is as good as no rows.
  const because = state === 'malformed' ? ['0 rows', '42501', ...crashes] : ['0 rows', '42501'];
  if (state !== 'malformed' && crashes.includes(attempt.detail)) {
    see.must(subject, false, {
      want: 'no rows, and no error',
      got: `error ${attempt.detail}`,
      method: 'attack',
      hint: "let the policy ask nullif(current_setting('…', true), '')",
    });
    return;
  }
  see.refused(subject, attempt, { because, hint: 'surety plan tenancy/fails-closed' });
}
