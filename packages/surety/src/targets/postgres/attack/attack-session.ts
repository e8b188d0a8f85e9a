import type pg from 'pg';
import { BlindError } from '../../../core/error.ts';
import type { CatalogRelation } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import { literal, quoted } from '../name.ts';
import { SqlError } from '../sql-error.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import type { Readable } from '../tenancy/tenants.ts';
import { lockless } from './inspecting.ts';

/** Transactions of the application's role, never committed, beside one of the inspector on the same snapshot. */
export type AttackSession = {
  readonly app: Connection;
  /** `null`: nobody knows better than the tenants themselves. */
  readonly inspector: Connection | null;
  readonly tenancy: Tenancy;
  /** Of the server: `15`. */
  readonly version: number;
  /** Oids of tables with partitions or inheritance children. */
  readonly parents: ReadonlySet<number>;
  /** Becomes a tenant as the application does, until the transaction or savepoint around it ends. */
  become(tenant: string): Promise<void>;
  /** The statement that does. */
  naming(tenant: string): string;
  /** How many tables may be written to before the locks are given back: a part of what the server has for everybody. */
  readonly tablesAtOnce: number;
  /**
   * Starts anew, for a table or a view: whatever was planted is taken back, and every lock. A savepoint is not enough,
   * because the server keeps those of sequences to the end of the transaction.
   */
  clear(): Promise<void>;
  /** From here on, what the parties do is taken back to this state. */
  keep(): Promise<void>;
  /**
   * Runs `work` as whoever `become` makes of the session, and takes back whatever it did. Of one and the same
   * `become` the session stays that party from one work to the next, which saves round trips.
   */
  tried<T>(become: () => Promise<void>, work: () => Promise<T>): Promise<T>;
  /** The same for work that sends all it ever will before it waits: the next may begin without its answer. */
  sent<T>(become: () => Promise<void>, work: () => Promise<T>): Promise<T>;
  /** Runs `work` in the midst of another's, and takes back whatever it did. */
  undone<T>(work: () => Promise<T>): Promise<T>;
  /** Whether `truth` may ask for that column. */
  mayRead(relation: CatalogRelation, column: string): boolean;
  /** Rows as the inspector sees them, else as that tenant does. */
  truth<Row extends Record<string, unknown>>(
    tenant: string,
    sql: string,
    values?: readonly unknown[],
  ): Promise<readonly Row[]>;
};

const fewTables = 8;
/** A row written takes a lock on its table, on each index, on the sequence and on what it refers to: about eight, of a quarter. */
const locksPerTable = 32;
const lockMillis = 2_000;
const statementMillis = 5_000;
/** The inspector counts whole tables, and holds nobody up meanwhile. */
const inspectingMillis = 30_000;

/**
 * Begins both transactions. With the snapshot shared, what others commit meanwhile cannot look like the work
 * of an attack.
 *
 * @throws {BlindError} where inspector and application do not see the same database
 */
export async function beginAttack(
  connection: Connection,
  inspecting: Connection | null,
  tenancy: Tenancy,
  readable: Readable | null,
): Promise<AttackSession> {
  const owing = owingConnection(connection);
  const { app } = owing;
  const snapshot = inspecting === null ? null : await exportSnapshot(inspecting);
  const inspector = inspecting === null ? null : lockless(inspecting);
  await begin(app, snapshot);
  const [server] = await app.rows<{ version: number; parents: number[]; locks: number }>(
    `select current_setting('server_version_num')::int / 10000 as version,
       array(select distinct inhparent from pg_catalog.pg_inherits) as parents,
       current_setting('max_locks_per_transaction')::int
         * (current_setting('max_connections')::int + current_setting('max_prepared_transactions')::int) as locks`,
  );
  const setting = tenancy.setting.split('.').map(quoted).join('.');
  // SET takes no parameters; unlike set_config, nobody can be kept from it.
  const naming = (tenant: string): string => `set local ${setting} = ${literal(tenant)}`;
  const become = async (tenant: string): Promise<void> => {
    await app.rows(naming(tenant));
  };
  const { undone, ...acting } = actingOn(owing);
  return {
    app,
    inspector,
    tenancy,
    version: server?.version ?? 0,
    parents: new Set(server?.parents),
    tablesAtOnce: Math.max(fewTables, Math.floor((server?.locks ?? 0) / locksPerTable)),
    become,
    naming,
    async clear() {
      acting.leave();
      await app.rows('rollback');
      await begin(app, snapshot);
    },
    async keep() {
      acting.leave();
      await app.rows('savepoint surety_kept');
    },
    sent: acting.sent,
    tried: acting.tried,
    undone,
    mayRead({ oid, columns }, name) {
      if (readable !== null) return readable.get(oid)?.has(name) ?? false;
      const column = columns.find((candidate) => candidate.name === name);
      return column === undefined || column.grants.includes('select');
    },
    async truth<Row extends Record<string, unknown>>(
      tenant: string,
      sql: string,
      values: readonly unknown[] = [],
    ) {
      if (inspector !== null) return inspector.rows<Row>(sql, values);
      return undone(async () => {
        const [, rows] = await Promise.all([become(tenant), app.rows<Row>(sql, values)]);
        return rows;
      });
    },
  };
}

/** Ways to act that take back what was done; `leave`: nobody sits there any more. */
function actingOn({
  app,
  owe,
  takeBack,
}: ReturnType<typeof owingConnection>): Pick<AttackSession, 'sent' | 'tried' | 'undone'> & { leave(): void } {
  let seated: (() => Promise<void>) | null = null;
  const seat = (party: () => Promise<void>): readonly Promise<unknown>[] => {
    if (seated === party) return [];
    seated = party;
    return [app.rows('rollback to savepoint surety_kept'), party(), app.rows('savepoint surety')];
  };
  return {
    leave() {
      seated = null;
    },
    async undone(work) {
      // One name is enough: a savepoint hides the older one of its name, and releasing shows it again.
      const [answer, begun] = app.together(() => {
        const savepoint = app.rows('savepoint surety');
        return [work(), savepoint] as const;
      });
      try {
        return await first(answer, [begun]);
      } finally {
        await Promise.all([app.rows('rollback to savepoint surety'), app.rows('release savepoint surety')]);
      }
    },
    sent(party, work) {
      return app.together(() => {
        const before = seat(party);
        const answer = work();
        owe();
        setImmediate(takeBack);
        return first(answer, before);
      });
    },
    async tried(party, work) {
      const [answer, before] = app.together(() => {
        const seating = seat(party);
        return [work(), seating] as const;
      });
      try {
        return await first(answer, before);
      } finally {
        owe();
        // With the next act, which mostly follows at once; else now, lest its locks stand in somebody's way.
        setImmediate(takeBack);
      }
    },
  };
}

/** A connection that takes back what the last act did before it says anything else. */
function owingConnection(connection: Connection) {
  let owing = false;
  const takeBack = (): void => {
    if (!owing) return;
    owing = false;
    // Not waited for: the next statement runs after it anyway, and fails with it.
    connection.rows('rollback to savepoint surety').catch(() => undefined);
  };
  const app: Connection = {
    rows: <Row extends pg.QueryResultRow>(sql: string, values?: readonly unknown[]) => {
      takeBack();
      return connection.rows<Row>(sql, values);
    },
    remarked: (sql) => {
      takeBack();
      return connection.remarked(sql);
    },
    touched: (sql, values) => {
      takeBack();
      return connection.touched(sql, values);
    },
    copyIn: (sql, data) => {
      takeBack();
      return connection.copyIn(sql, data);
    },
    together: (begin) => connection.together(begin),
    end: () => connection.end(),
  };
  const owe = (): void => {
    owing = true;
  };
  return { app, owe, takeBack };
}

/** An answer, once what was sent before it is answered too; theirs is the first mistake. */
async function first<T>(answer: Promise<T>, before: readonly Promise<unknown>[]): Promise<T> {
  const [last, ...others] = await Promise.allSettled([answer, ...before]);
  const failed = others.find((result) => result.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
  if (last.status === 'rejected') throw last.reason;
  return last.value;
}

/** A transaction that sees what the snapshot does. */
async function begin(app: Connection, snapshot: string | null): Promise<void> {
  await beginWriting(app);
  if (snapshot !== null) await share(app, snapshot);
  await limitTimes(app, statementMillis);
}

/** Writing is asked for: a default of the role or the database to read only keeps no attacker from it. */
async function beginWriting(app: Connection): Promise<void> {
  try {
    await app.rows('begin transaction isolation level repeatable read, read write');
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw new BlindError(
      'postgres/read-only',
      `the server takes no writes (${error.state}), so nobody could try any`,
      'name the primary, not a replica',
    );
  }
}

async function limitTimes(connection: Connection, millis: number): Promise<void> {
  await connection.rows(
    "select set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)",
    [String(lockMillis), String(millis)],
  );
}

/** Begins the inspector's transaction, and names what it sees for as long as it lasts. */
async function exportSnapshot(inspector: Connection): Promise<string> {
  await inspector.rows('begin transaction isolation level repeatable read read only');
  await limitTimes(inspector, inspectingMillis);
  const [row] = await inspector.rows<{ snapshot: string }>('select pg_export_snapshot() as snapshot');
  return row?.snapshot ?? '';
}

async function share(app: Connection, snapshot: string): Promise<void> {
  try {
    // The server wants the name in place, not as a parameter; it is made of hexadecimal digits and dashes.
    await app.rows(`set transaction snapshot '${snapshot.replaceAll(/[^0-9A-F-]/g, '')}'`);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw new BlindError(
      'postgres/two-databases',
      `the inspector and the application’s role do not see the same database (${error.state})`,
      'let url and inspector name the same server and database',
    );
  }
}
