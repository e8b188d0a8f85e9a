import type { Change, Impact } from '../../../core/plan.ts';
import type { Connection } from '../connection.ts';
import { quoted } from '../name.ts';
import { perRequest } from '../plan/draft.ts';
import { takenBack } from '../savepoint.ts';
import { guardingOf } from './guarding.ts';
import { type Guard, guardAfter, readable } from './policies-after.ts';
import { type Loss, lossesOf, ownerAfter, type Power } from './role-losses.ts';
import { type Named, nameText } from './sql-name.ts';

/** A role that may read a table. */
type Reader = {
  readonly role: string;
  /** Whether it is the owner, or a member of the owner. */
  readonly owns: boolean;
  /** Roles whose policies apply to it: itself, and those it is a member of. */
  readonly is: readonly string[];
  /** Sessions that are open as it now, ours left out. */
  readonly sessions: number;
  /** What keeps row security from binding it. */
  readonly powers: readonly Power[];
};

type ReadTable = Guard & {
  readonly oid: number;
  readonly owner: string;
  /** Rows as the last ANALYZE estimated them, by the size of the table where there was none. */
  readonly estimate: number;
  readonly readers: readonly Reader[];
};

export type ImpactContext = {
  /** Who counts: a role that row security does not bind where `seesAll`, else the application's. Its transaction is read only. */
  readonly connection: Connection;
  readonly seesAll: boolean;
  /** The role that the application uses, and those that the estate says only surety uses. */
  readonly application: string;
  readonly ours: readonly string[];
  /** Whether there is still time to count; after that everything is estimated. */
  readonly mayCount: () => boolean;
};

/** Counting must not be the outage. */
const countMillis = 3_000;
/** Tables that are larger are estimated. */
const countedRows = 2_000_000;

/**
 * Rows that roles read now while no tenant is set and would not read once the change is carried out: for every table that
 * the change guards, and every role that may read it, logs in or lends its rights, and that row security will bind; and
 * for roles that the change takes a power from, every table that is guarded now. A statement that guards a table which
 * cannot be made out, or found, is an impact of its own.
 */
export async function impactOf(
  { steps }: Pick<Change, 'steps'>,
  context: ImpactContext,
): Promise<readonly Impact[]> {
  const { tables, made, unread } = guardingOf(steps);
  const impacts = unread.map((sql) => unknownImpact(statementText(sql)));
  for (const [name, table] of tables) {
    const before = await readTable(table, null, context.connection);
    if (before === null) {
      // What is made with it holds no rows yet.
      if (!made.has(name)) impacts.push(unknownImpact(`${name}, which is not found`));
      continue;
    }
    const after = guardAfter(name, before, steps);
    const newOwner = ownerAfter(name, steps);
    const later = ({ owns, is }: Reader): Who =>
      whoIs({ owns: newOwner === null ? owns : is.includes(newOwner), is });
    const groups = byConditions(before.readers, (reader) => ({
      now: readable(before, whoIs(reader)),
      later: readable(after, later(reader)),
    }));
    impacts.push(...(await countGroups(table, before, groups, context)));
  }
  for (const [role, loss] of lossesOf(steps)) {
    for (const table of await guardedFor(role, context.connection)) {
      const before = await readTable(table, role, context.connection);
      const reader = before?.readers.find((one) => one.role === role);
      if (before === null || reader === undefined) continue;
      const groups = byConditions([reader], () => ({
        now: reader.powers.length > 0 ? 'true' : readable(before, whoIs(reader)),
        later: readableWithout(loss, reader, before),
      }));
      impacts.push(...(await countGroups(table, before, groups, context)));
    }
  }
  return impacts.filter(({ count }) => count > 0);
}

/** Of no known size, so one that only a person can accept. */
function unknownImpact(subject: string): Impact {
  return { subject: `${subject}: nobody can tell whose rows this hides`, count: 1, unit: 'statement' };
}

/** `do $$ begin create policy…`: the beginning of a statement, in one line. */
function statementText(sql: string): string {
  const line = sql.trim().replaceAll(/\s+/g, ' ');
  return line.length > 120 ? `${line.slice(0, 120)}…` : line;
}

type Who = Parameters<typeof readable>[1];

function whoIs({ owns, is }: Pick<Reader, 'owns' | 'is'>): Who {
  return { owns, is: (role) => is.includes(role) };
}

function readableWithout({ powers, roles }: Loss, reader: Reader, table: ReadTable): string {
  if (reader.powers.some((power) => !powers.includes(power))) return 'true';
  const is = reader.is.filter((role) => !roles.includes(role));
  return readable(table, whoIs({ owns: reader.owns && is.includes(table.owner), is }));
}

async function countGroups(
  table: Named,
  before: ReadTable,
  groups: ReadonlyMap<Conditions, readonly Reader[]>,
  context: ImpactContext,
): Promise<readonly Impact[]> {
  const impacts: Impact[] = [];
  for (const [conditions, readers] of groups) {
    const rows = await countVanishing(table, before, conditions, readers, context);
    for (const reader of readers) impacts.push(impactOn(nameText(table), reader, rows, context));
  }
  return impacts;
}

type Conditions = { readonly now: string; readonly later: string };
type Rows = { readonly count: number; readonly about: boolean };

/** Readers whom the same conditions hold for, so that each is counted once; those who lose nothing are left out. */
function byConditions(
  readers: readonly Reader[],
  conditionsOf: (reader: Reader) => Conditions,
): ReadonlyMap<Conditions, readonly Reader[]> {
  const groups = new Map<string, readonly [Conditions, Reader[]]>();
  for (const reader of readers) {
    const conditions = conditionsOf(reader);
    if (conditions.now === conditions.later || conditions.later === 'true') continue;
    const key = JSON.stringify(conditions);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [conditions, [reader]]);
    else group[1].push(reader);
  }
  return new Map(groups.values());
}

function impactOn(table: string, reader: Reader, rows: Rows, { application, ours }: ImpactContext): Impact {
  const { role, sessions } = reader;
  const aside =
    ours.includes(role) && sessions === 0 ? 'the estate says that only surety uses it' : undefined;
  return {
    subject: `${table} as ${role}: read while no tenant is set`,
    count: rows.count,
    unit: 'rows',
    ...(rows.about && { about: true as const }),
    ...(role === application && { unless: perRequest }),
    ...(aside !== undefined && { aside }),
  };
}

/** Where a condition cannot be tried as who counts, all rows that could vanish are taken to do so. */
async function countVanishing(
  table: Named,
  { estimate }: ReadTable,
  { now, later }: Conditions,
  readers: readonly Reader[],
  { connection, seesAll, application, mayCount }: ImpactContext,
): Promise<Rows> {
  if (now === 'false') return { count: 0, about: false };
  const name = `${quoted(table.schema ?? 'public')}.${quoted(table.name)}`;
  const all = { count: Math.round(estimate), about: true };
  if (estimate > countedRows || !mayCount()) return all;
  if (!seesAll) {
    // Only what the application reads itself can be counted; the server leaves out what it may not.
    const own = readers.some(({ role }) => role === application);
    const seen = own ? await countOrNull(connection, `select count(*)::float8 as count from ${name}`) : null;
    return seen === null ? all : { count: seen, about: false };
  }
  const exact = await countOrNull(
    connection,
    `select count(*)::float8 as count from ${name} as ${quoted(table.name)}
     where (${now}) and (${later}) is not true`,
  );
  const count = exact ?? (await countOrNull(connection, `select count(*)::float8 as count from ${name}`));
  return count === null ? all : { count, about: exact === null };
}

/** Tables that row security guards and that the role may read. */
async function guardedFor(role: string, connection: Connection): Promise<readonly Named[]> {
  return connection.rows<{ schema: string; name: string }>(
    `select n.nspname::text as schema, c.relname::text as name
     from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace,
       pg_catalog.pg_roles r
     where r.rolname = $1 and c.relrowsecurity and has_any_column_privilege(r.oid, c.oid, 'select')
     order by 1, 2`,
    [role],
  );
}

async function countOrNull(connection: Connection, sql: string): Promise<number | null> {
  return takenBack(connection, async () => {
    await connection.rows("select set_config('statement_timeout', $1, true)", [String(countMillis)]);
    const [row] = await connection.rows<{ count: number }>(sql);
    return row?.count ?? null;
  });
}

/** `also`: a role that is read even though row security does not bind it yet. */
async function readTable(
  table: Named,
  also: string | null,
  connection: Connection,
): Promise<ReadTable | null> {
  const [row] = await connection.rows<ReadTable>(tableSql, [table.schema ?? 'public', table.name, also]);
  return row ?? null;
}

/** Roles that row security never binds are left out, and those that nobody can be: no login, no members, no functions. */
const tableSql = `
  select c.oid as oid, pg_get_userbyid(c.relowner)::text as owner,
    (select coalesce(sum(case when l.reltuples < 0 then pg_relation_size(l.oid) / 100 else l.reltuples end), 0)::float8
      from pg_catalog.pg_class l where l.oid = c.oid and c.relkind <> 'p'
        or c.relkind = 'p' and l.relkind = 'r' and l.oid in (select relid from pg_partition_tree(c.oid))) as estimate,
    c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
    coalesce((select jsonb_agg(jsonb_build_object('name', p.polname, 'permissive', p.polpermissive,
        'command', case p.polcmd when 'r' then 'select' when '*' then 'all' else 'other' end,
        'roles', array(select r.rolname from pg_catalog.pg_roles r where r.oid = any(p.polroles) and 0 <> all(p.polroles)),
        'using', pg_get_expr(p.polqual, p.polrelid)) order by p.polname)
      from pg_catalog.pg_policy p where p.polrelid = c.oid), '[]') as policies,
    coalesce((select jsonb_agg(jsonb_build_object('role', r.rolname, 'owns', pg_has_role(r.oid, c.relowner, 'usage'),
        'is', array(select o.rolname from pg_catalog.pg_roles o where pg_has_role(r.oid, o.oid, 'usage')),
        'powers', array_remove(array[case when r.rolsuper then 'superuser' end,
          case when r.rolbypassrls then 'bypassrls' end], null),
        'sessions', (select count(*) from pg_catalog.pg_stat_activity a where a.usesysid = r.oid
          and a.datname = current_database() and a.pid <> pg_backend_pid() and coalesce(a.application_name, '') not like 'surety%'))
        order by r.rolname)
      from pg_catalog.pg_roles r
      where (not r.rolsuper and not r.rolbypassrls or r.rolname = $3) and r.rolname not like 'pg\\_%'
        and (r.rolcanlogin or exists (select from pg_catalog.pg_auth_members m where m.roleid = r.oid)
          or exists (select from pg_catalog.pg_proc f where f.proowner = r.oid and f.prosecdef))
        and has_schema_privilege(r.oid, c.relnamespace, 'usage')
        and has_any_column_privilege(r.oid, c.oid, 'select')), '[]') as readers
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where n.nspname = $1 and c.relname = $2`;
