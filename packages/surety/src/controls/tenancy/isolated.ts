import type { Attempt } from '@surety/evidence';
import { control, supports } from '../../core/control.ts';
import type { See } from '../../core/see.ts';
import { policyDoubts, sideDoorDoubts } from '../../targets/postgres/tenancy/doubts.ts';
import type { Command, Party, PostgresTarget, Relation, TenantTable } from '../../targets/postgres/types.ts';

const hint = 'surety plan tenancy/isolated';

export default control({
  claim: "A tenant's session can neither read nor change another tenant's rows",
  why: 'One forgotten WHERE in the API must not become a data leak.',
  requirements: [
    supports('tsc:CC6.1', 'limits access to the data of the own tenant'),
    supports('phase7:rls.isolation', 'tries every command on every table as another tenant'),
    supports('phase7:rls.defence-in-depth', 'the statements tried are those of an API that forgot its WHERE'),
    supports('phase7:isolation.cross-accounts', 'reads and changes them as another tenant'),
    supports('phase7:isolation.cross-transactions', 'reads and changes them as another tenant'),
  ],
  targets: { db: 'postgres' },
  touch: 'rollback',
  async prove({ db }, see) {
    for (const table of await see.population('tenant tables', db.tenantTables())) {
      await attackTable(db, table, see);
    }
    for (const view of await db.tenantViews()) await attackView(db, view, see);
    for (const { subject, missing, hint } of await sideDoorDoubts(db)) see.blind(subject, missing, { hint });
  },
  plan: ({ db }) => db.planIsolation('db'),
});

type Act = {
  readonly command: Command;
  readonly what: string;
  readonly by: (party: Party) => Promise<Attempt>;
};

const acts: readonly Act[] = [
  { command: 'select', what: 'reads it by key', by: (party) => party.read({ where: true }) },
  { command: 'select', what: 'reads it whole', by: (party) => party.read() },
  { command: 'insert', what: 'adds a row', by: (party) => party.insert() },
  { command: 'insert', what: 'adds a row, returning', by: (party) => party.insert({ returning: true }) },
  { command: 'update', what: 'changes by key', by: (party) => party.update({ where: true }) },
  { command: 'update', what: 'changes everything', by: (party) => party.update() },
  {
    command: 'update',
    what: 'changes everything, returning',
    by: (party) => party.update({ returning: true }),
  },
  { command: 'delete', what: 'deletes by key', by: (party) => party.delete({ where: true }) },
  { command: 'delete', what: 'deletes everything', by: (party) => party.delete() },
  {
    command: 'delete',
    what: 'deletes everything, returning',
    by: (party) => party.delete({ returning: true }),
  },
];

const moves: readonly Act[] = [
  { command: 'update', what: 'takes the rows over', by: (party) => party.move('take') },
  { command: 'update', what: 'gives a row away', by: (party) => party.move('give') },
];

async function attackTable(db: PostgresTarget, table: TenantTable, see: See): Promise<void> {
  const [owner, thief] = await db.asTwoTenants(table);
  // Judged by privilege: row security is not asked, and the lock would hold everybody up.
  see.equal(`${table}: the role may truncate it`, false, table.mayTruncate);
  see.equal(`${table}: the role may put triggers on it`, false, table.mayTrigger);
  for (const { subject, missing, hint: way } of policyDoubts(table))
    see.blind(subject, missing, { hint: way });
  for (const { name, frozen, applies } of table.policies) {
    if (!applies || frozen.length === 0) continue;
    // A plan that a pooled connection keeps would answer the next tenant with the last one's rows.
    see.must(`${table}: policy ${name} asks anew each time`, false, {
      got: `${frozen.join(', ')} is IMMUTABLE`,
      hint: `alter function ${frozen.join(', ')} stable`,
    });
  }
  for (const { command, what, by } of [...acts, ...(table.movable ? moves : [])]) {
    const stolen = await by(thief);
    // What nobody may do has no witness; that somebody else may not either says nothing more.
    if (isClosed(table, command) && stolen.result === 'refused') {
      see.note(`${table}: other tenant ${what}`, `${stolen.detail}; nobody is allowed to ${command} here`);
      continue;
    }
    see.allowed(`${table}: owner ${what}`, await by(owner));
    see.refused(`${table}: other tenant ${what}`, stolen, { hint });
  }
}

/** Whether the role has no grant for the command, or no policy lets anybody use it. */
function isClosed({ grants, rowSecurity, policies }: TenantTable, command: Command): boolean {
  if (!grants.includes(command)) return true;
  const opening = policies.some(
    (policy) =>
      policy.applies && policy.permissive && (policy.command === command || policy.command === 'all'),
  );
  return rowSecurity.enabled && rowSecurity.forced && !opening;
}

/** A view is attacked where a column says whose a row is; else what guards its tables must bind it. */
async function attackView(db: PostgresTarget, view: Relation, see: See): Promise<void> {
  const attempts = view.grants.includes('select') ? await db.readAsTwoTenants(view) : null;
  if (attempts?.some(({ result }) => result !== 'refused')) {
    const [own, stolen] = attempts;
    see.allowed(`${view}: owner reads it whole`, own);
    see.refused(`${view}: other tenant reads it whole`, stolen, { hint });
    // A view that picks the tenant's rows by itself shows no others, and yet takes in any that are written to it.
    if (view.grants.every((command) => command === 'select')) return;
  }
  see.must(`${view}: row security binds what it shows`, isBound(view), {
    want: 'a view that asks as its reader, or whose owner is bound',
    got: isBound(view) ? 'bound' : `${view.kind} that row security does not reach`,
    hint: view.kind === 'view' ? hint : `revoke select on ${view} from the application's role`,
  });
}

function isBound({ kind, securityInvoker, ownerExempt }: Relation): boolean {
  return kind === 'view' && (securityInvoker || !ownerExempt);
}
