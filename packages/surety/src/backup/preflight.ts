import type { KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { publicKeyText } from '@surety/evidence';
import type pg from 'pg';
import { BlindError, SuretyError } from '../core/error.ts';
import { blind } from '../targets/postgres/sql-error.ts';
import type { BackupFacts } from './facts.ts';
import { refuseHalfSight } from './source/sight.ts';
import { beyondDump, qualified } from './source/sql.ts';
import type { Store } from './stores/store.ts';

/** What the database is and what of it a dump will not have, seen before anything is written. */
export type Preflight = {
  readonly systemIdentifier: string;
  readonly database: string;
  /** `15.20` */
  readonly server: string;
  readonly major: number;
  /** `UTF8` */
  readonly encoding: string;
  /** Bytes, by `pg_database_size`. */
  readonly size: number;
  /** Milliseconds that its clock is ahead of ours. */
  readonly skew: number;
  /** The role may not see the hashes of passwords: they stay behind. */
  readonly withoutPasswords: boolean;
  /** What a reader should know although nothing is wrong. */
  readonly notes: readonly string[];
};

const skewLimit = 5 * 60_000;
const longestLock = 3_660;

/** What can be told from the estate alone. @throws {SuretyError} `preflight/…` */
export function checkFacts({ recipients, signers, keep }: BackupFacts, key: KeyObject): void {
  if (new Set(recipients).size < 2)
    throw new SuretyError(
      'preflight/one-recipient',
      'all recipients are the same: with its key lost, every backup would be lost',
      '`surety backup --new-identity FILE` makes another one; put it into escrow',
    );
  const own = publicKeyText(key);
  if (!signers.includes(own))
    throw new SuretyError(
      'preflight/not-a-signer',
      'the key of this machine is none of the signers of the estate: nobody would take its backups for backups',
      `add ${own} to signers`,
    );
  if (keep.days > longestLock)
    throw new SuretyError(
      'preflight/absurd-lock',
      `keep.days is ${keep.days}: objects would be locked for ${Math.round(keep.days / 365)} years, and nobody could undo that`,
      `at most ${longestLock}; weeks, months and years keep single ones for longer`,
    );
}

/**
 * Looks whether the role sees all there is, and takes the lock that a second run of the same database would need. The lock goes
 * with the session.
 *
 * @throws {SuretyError} `preflight/…`, `backup/running`
 * @throws {BlindError} `source/…` where something cannot be read
 */
export async function checkDatabase(client: pg.ClientBase, now: () => Date): Promise<Preflight> {
  try {
    const before = now().getTime();
    const { rows } = await client.query<Row>(serverSql);
    const skew = (rows[0]?.clock.getTime() ?? Number.NaN) - (before + now().getTime()) / 2;
    const [row] = rows;
    if (row === undefined) throw new Error('the server says nothing of itself');
    refuseBlindRole(row);
    refuseSkew('the database', skew);
    await refusePooler(client);
    await refuseHalfSight(client);
    await refuseLargeObjects(client, row);
    await refuseMissingExtensions(client);
    await takeLock(client);
    return {
      systemIdentifier: row.systemIdentifier,
      database: row.database,
      server: row.server.split(' ')[0] ?? row.server,
      major: Math.floor(row.version / 10_000),
      encoding: row.encoding,
      size: Number(row.size),
      skew: Math.round(skew),
      withoutPasswords: !row.passwords,
      notes: notesOf(row),
    };
  } catch (error) {
    if (error instanceof SuretyError) throw error;
    throw blind(error, 'the role that dumps');
  }
}

type Row = {
  clock: Date;
  role: string;
  sees: boolean;
  superuser: boolean;
  passwords: boolean;
  systemIdentifier: string;
  database: string;
  server: string;
  version: number;
  encoding: string;
  size: string;
  standby: boolean;
  unlogged: number;
  others: readonly string[];
  beyond: readonly string[];
  ofExtensions: readonly string[];
};

const serverSql = `
  select clock_timestamp() as clock, quote_ident(current_user) as role,
    (r.rolsuper or r.rolbypassrls) as sees, r.rolsuper as superuser,
    has_table_privilege('pg_catalog.pg_authid', 'select') as passwords,
    (select system_identifier::text from pg_control_system()) as "systemIdentifier",
    current_database()::text as database, current_setting('server_version') as server,
    current_setting('server_version_num')::int as version,
    current_setting('server_encoding') as encoding,
    pg_database_size(current_database())::text as size, pg_is_in_recovery() as standby,
    (select count(*)::int from pg_class where relkind = 'r' and relpersistence = 'u') as unlogged,
    array(select datname::text from pg_database where datallowconn and not datistemplate
      and datname <> current_database() order by 1) as others,
    array(select ${qualified('n.nspname', 'c.relname')} from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where ${beyondDump} order by 1) as beyond,
    array(select ${qualified('n.nspname', 'c.relname')} || ' (' || e.extname || ')' from pg_class c
      join pg_namespace n on n.oid = c.relnamespace join pg_depend d on d.classid = 'pg_class'::regclass and d.objid = c.oid
      join pg_extension e on d.refclassid = 'pg_extension'::regclass and e.oid = d.refobjid
      where d.deptype = 'e' and c.relkind = 'r' and c.oid <> all(coalesce(e.extconfig, '{}'))
        and pg_relation_size(c.oid) > 0 order by 1) as "ofExtensions"
  from pg_roles r where r.rolname = current_user`;

function refuseBlindRole({ role, sees }: Row): void {
  if (sees) return;
  throw new BlindError(
    'preflight/row-security',
    `${role} sees only the rows that policies show it: a dump would be of those alone`,
    `alter role ${role} bypassrls; grant pg_read_all_data to ${role}`,
  );
}

function refuseSkew(whose: string, skew: number): void {
  if (Math.abs(skew) <= skewLimit) return;
  throw new SuretyError(
    'preflight/clock',
    `the clock of ${whose} and ours are ${Math.round(skew / 1000)} s apart: no age of a backup could be trusted`,
    'set both clocks by NTP',
  );
}

/**
 * What stands in between tells us a process of its own. Between two transactions it may hand us another session: then what pg_dump set is not set
 * where it dumps, and stays set where the application asks next.
 */
async function refusePooler(client: pg.ClientBase): Promise<void> {
  const told = 'processID' in client ? client.processID : undefined;
  const { rows } = await client.query<{ process: number }>('select pg_backend_pid() as process');
  if (told === undefined || told === null || told === rows[0]?.process) return;
  throw new SuretyError(
    'preflight/pooler',
    'the connection goes through a pooler, which may give each transaction another session',
    'connect to the server itself: its own host and port as url of the target',
  );
}

/** They have grants of their own, which no role that reads all tables has. */
async function refuseLargeObjects(client: pg.ClientBase, { role, superuser }: Row): Promise<void> {
  if (superuser) return;
  const { rows } = await client.query<{ oid: string; many: number }>(
    `select m.oid::text as oid, count(*) over ()::int as many from pg_largeobject_metadata m
      where not current_setting('lo_compat_privileges')::bool and not pg_has_role(m.lomowner, 'usage')
        and not exists (select from aclexplode(m.lomacl) a where a.privilege_type = 'SELECT'
          and (a.grantee = 0 or pg_has_role(a.grantee, 'usage')))
      order by m.oid limit 1`,
  );
  const [first] = rows;
  if (first === undefined) return;
  throw new BlindError(
    'preflight/large-objects',
    `${role} may not read ${first.many} large objects, ${first.oid} among them; pg_read_all_data does not reach them`,
    `grant select on large object ${first.oid} to ${role} (each of them), or let a superuser dump`,
  );
}

async function refuseMissingExtensions(client: pg.ClientBase): Promise<void> {
  const { rows } = await client.query<{ name: string }>(
    `select extname::text as name from pg_extension
      where extname not in (select name from pg_available_extensions) order by 1`,
  );
  if (rows.length === 0) return;
  const names = rows.map(({ name }) => name).join(', ');
  throw new SuretyError(
    'preflight/extension',
    `the server has extensions whose files are gone: ${names}; no server made like it could restore the dump`,
    'install their packages again, or drop the extensions',
  );
}

/** `sure` and `back`, as numbers. */
const lockKeys = [0x73_75_72_65, 0x62_61_63_6b] as const;

/** Milliseconds: a run that was just broken off holds it until the server has seen that nobody is there any more. */
const lockPatience = 1_200;

async function takeLock(client: pg.ClientBase): Promise<void> {
  const until = performance.now() + lockPatience;
  for (;;) {
    const { rows } = await client.query<{ free: boolean }>('select pg_try_advisory_lock($1, $2) as free', [
      ...lockKeys,
    ]);
    if (rows[0]?.free === true) return;
    if (performance.now() > until) break;
    await sleep(100);
  }
  throw new SuretyError(
    'backup/running',
    'another backup of this database is under way',
    'wait until it has ended; select * from pg_locks where locktype = $$advisory$$ shows whose it is',
  );
}

function notesOf({
  role,
  passwords,
  others,
  standby,
  unlogged,
  beyond,
  ofExtensions,
}: Row): readonly string[] {
  return [
    ...(passwords
      ? []
      : [
          `${role} may not see pg_authid: the passwords of roles are left out, and restored roles cannot log in before they get new ones`,
        ]),
    ...(others.length === 0
      ? []
      : [`other databases of this server are not in this backup: ${inOneLine(others)}`]),
    ...(beyond.length === 0
      ? []
      : [`no dump holds what is in schemas of the server, and it is lost: ${inOneLine(beyond)}`]),
    ...(ofExtensions.length === 0
      ? []
      : [
          `rows of tables that extensions do not have dumped come back only as the extension makes them, which a drill compares: ${inOneLine(ofExtensions)}`,
        ]),
    ...(standby && unlogged > 0
      ? [`a standby has no rows of unlogged tables: ${unlogged} of them come back empty`]
      : []),
  ];
}

/** A name may hold line breaks, and pass for a line of ours. */
function inOneLine(names: readonly string[]): string {
  return names.map((name) => (/\p{Cc}/u.test(name) ? JSON.stringify(name) : name)).join(', ');
}

/**
 * Looks whether a store answers, keeps time and has room.
 *
 * @param need bytes that the backup is expected to take
 * @returns milliseconds that its clock is ahead of ours
 * @throws {SuretyError} `preflight/clock`, `preflight/no-room`, `store/…`
 */
export async function checkStore(store: Store, need: number): Promise<number> {
  const skew = await store.skew();
  refuseSkew(`store ${store.name}`, skew);
  const room = await store.room();
  if (room !== null && room < need)
    throw new SuretyError(
      'preflight/no-room',
      `store ${store.name} has room for ${megabytes(room)}, and a backup may take ${megabytes(need)}`,
      'make room; `surety backup --list` shows what is there',
    );
  return Math.round(skew);
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`;
}
