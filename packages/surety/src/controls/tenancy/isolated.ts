import { control, supports } from '../../core/control.ts';
import { BlindError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import { isImpossible, isStuck } from '../../targets/postgres/attack/outcome.ts';
import { referable } from '../../targets/postgres/attack/references.ts';
import { seeLapsed } from '../../targets/postgres/attack/survey/lapsed.ts';
import { seeSurvey } from '../../targets/postgres/attack/survey/see-survey.ts';
import { UntriedError } from '../../targets/postgres/attack/untried.ts';
import { isBoundView } from '../../targets/postgres/bound-views.ts';
import { seeSearch } from '../../targets/postgres/paths/see-search.ts';
import { policyDoubts } from '../../targets/postgres/tenancy/doubts.ts';
import type {
  Command,
  Party,
  PostgresTarget,
  Relation,
  TenantTable,
  Tried,
} from '../../targets/postgres/types.ts';

const hint = 'surety plan tenancy/isolated';

/** Whether a table let itself be attacked; whatever it is asked next would only wait as long again. */
type Ending = 'tried' | 'untried';

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
  timeout: 900_000,
  async prove({ db }, see) {
    const tables = await see.population('tenant tables', db.tenantTables());
    const named = await referable(
      db,
      tables.map(({ oid }) => oid),
    );
    const untried = new Set<number>();
    for (const table of tables) {
      see.equal(`${table}: the role may point foreign keys at it`, false, named.has(table.oid));
      if ((await attackTable(db, table, see)) === 'untried') untried.add(table.oid);
    }
    for (const doubt of [...(await db.rivalDoubts()), ...(await db.membershipDoubts())])
      see.blind(doubt.subject, doubt.missing, { hint: doubt.hint });
    for (const view of await db.tenantViews()) await attackView(db, view, see);
    await attackAsOthers(db, untried, see);
    await seeSearch(await db.searchMarkers(), see);
  },
  plan: ({ db }) => db.planIsolation('db'),
});

async function attackTable(db: PostgresTarget, table: TenantTable, see: See): Promise<Ending> {
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
  try {
    return await tryMatrix(table, await db.asTwoTenants(table), see);
  } catch (error) {
    if (!(error instanceof UntriedError)) throw error;
    see.blind(`${table}: other tenant tries everything`, error.message, { hint: error.hint });
    return 'untried';
  }
}

/** As tenants of every kind, and with what sessions keep from one tenant to the next. */
async function attackAsOthers(db: PostgresTarget, untried: ReadonlySet<number>, see: See): Promise<void> {
  try {
    const survey = await db.survey(untried);
    if (survey !== null) {
      seeSurvey(survey, see);
      seeLapsed(survey.lapsed, survey.everyTenant.beyond, survey.tables, see);
    } else see.blind('each kind of tenant reads every table', 'nobody can say which tenants there are');
  } catch (error) {
    if (!(error instanceof BlindError)) throw error;
    see.blind('each kind of tenant reads every table', error.message, { hint: error.hint });
  }
}

/** All that the other tenant does comes first: to change sides costs more than to stay. */
async function tryMatrix(
  table: TenantTable,
  [owner, thief]: readonly [Party, Party],
  see: See,
): Promise<Ending> {
  for (const { act, why } of thief.leftOut) see.note(`${table}: other tenant ${act.what}`, why);
  const stolen = await thief.tryAll(thief.acts);
  const isBroken = ({ attempt }: Tried): boolean => attempt.result === 'broken' && !isImpossible(attempt);
  seeBroken(table, stolen.filter(isBroken), thief.acts.length - stolen.length, see);
  // What nobody may do has no witness; that somebody else may not either says nothing more.
  const closedFor = ({ act, attempt }: Tried): Command | undefined =>
    attempt.result === 'refused' ? act.commands.find((command) => isClosed(table, command)) : undefined;
  const open = stolen.filter((tried) => !isBroken(tried) && closedFor(tried) === undefined);
  const asked = open.map(({ act }) => act);
  const witnesses = new Map((await owner.tryAll(asked)).map(({ act, attempt }) => [act.name, attempt]));
  for (const tried of stolen) {
    const { act, attempt } = tried;
    const subject = `${table}: other tenant ${act.what}`;
    const witness = witnesses.get(act.name);
    const closed = closedFor(tried);
    if (closed !== undefined) see.note(subject, `${attempt.detail}; nobody is allowed to ${closed} here`);
    else if (isImpossible(attempt) && attempt.detail === witness?.detail) see.note(subject, attempt.detail);
    else if (!isBroken(tried)) {
      if (witness !== undefined) see.allowed(`${table}: owner ${act.what}`, witness);
      see.refused(subject, attempt, { hint });
    }
  }
  return [...stolen.map(({ attempt }) => attempt), ...witnesses.values()].some(isStuck) ? 'untried' : 'tried';
}

/** One line for each reason, however many acts it keeps from being tried. */
function seeBroken(table: TenantTable, broken: readonly Tried[], left: number, see: See): void {
  for (const detail of new Set(broken.map(({ attempt }) => attempt.detail))) {
    const [first, ...others] = broken.filter(({ attempt }) => attempt.detail === detail);
    if (first === undefined) continue;
    const more = others.length + left;
    const missing = more === 0 ? detail : `${detail}; ${more} more acts could not be tried either`;
    see.blind(`${table}: other tenant ${first.act.what}`, missing, { method: 'attack' });
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
    const onlyReads = view.grants.every((command) => command === 'select');
    // Whose a row is says nothing of what is joined to it, or summed up beside it.
    if (onlyReads && (view.plain || isBoundView(view))) return;
  }
  see.must(`${view}: row security binds what it shows`, isBoundView(view), {
    want: 'a view that asks as its reader, or whose owner is bound',
    got: isBoundView(view)
      ? 'bound'
      : view.plain || view.kind !== 'view'
        ? `${view.kind} that row security does not reach`
        : `view that joins or sums up what row security does not reach`,
    hint: view.kind === 'view' ? hint : `revoke select on ${view} from the application's role`,
  });
}
