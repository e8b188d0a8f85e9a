import { BlindError } from '../../../core/error.ts';
import type { CatalogRelation } from '../catalog/catalog.ts';
import type { Connection } from '../connection.ts';
import { SqlError } from '../sql-error.ts';
import type { Tenancy } from '../tenancy/tenancy.ts';
import type { Readable } from '../tenancy/tenants.ts';

/** One transaction of the application's role, never committed, beside one of the inspector on the same snapshot. */
export type AttackSession = {
  readonly app: Connection;
  /** `null`: nobody knows better than the tenants themselves. */
  readonly inspector: Connection | null;
  readonly tenancy: Tenancy;
  /** Becomes a tenant as the application does: `set_config(…, true)`. */
  become(tenant: string): Promise<void>;
  /** Runs `work` and takes back whatever it did. */
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

const lockMillis = 2_000;
const statementMillis = 8_000;

/**
 * Begins both transactions. With the snapshot shared, what others commit meanwhile cannot look like the work
 * of an attack.
 *
 * @throws {BlindError} where inspector and application do not see the same database
 */
export async function beginAttack(
  app: Connection,
  inspector: Connection | null,
  tenancy: Tenancy,
  readable: Readable | null,
): Promise<AttackSession> {
  await app.rows('begin transaction isolation level repeatable read');
  if (inspector !== null) await shareSnapshot(app, inspector);
  await limitTimes(app);
  const become = async (tenant: string): Promise<void> => {
    await app.rows('select set_config($1, $2, true)', [tenancy.setting, tenant]);
  };
  const undone = async <T>(work: () => Promise<T>): Promise<T> => {
    // One name is enough: a savepoint hides the older one of its name, and releasing shows it again.
    await app.rows('savepoint surety');
    try {
      return await work();
    } finally {
      await app.rows('rollback to savepoint surety');
      await app.rows('release savepoint surety');
    }
  };
  return {
    app,
    inspector,
    tenancy,
    become,
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
        await become(tenant);
        return app.rows<Row>(sql, values);
      });
    },
  };
}

async function limitTimes(connection: Connection): Promise<void> {
  await connection.rows(
    "select set_config('lock_timeout', $1, true), set_config('statement_timeout', $2, true)",
    [String(lockMillis), String(statementMillis)],
  );
}

async function shareSnapshot(app: Connection, inspector: Connection): Promise<void> {
  await inspector.rows('begin transaction isolation level repeatable read read only');
  await limitTimes(inspector);
  const [row] = await inspector.rows<{ snapshot: string }>('select pg_export_snapshot() as snapshot');
  try {
    // The server wants the name in place, not as a parameter; it is made of hexadecimal digits and dashes.
    await app.rows(`set transaction snapshot '${(row?.snapshot ?? '').replaceAll(/[^0-9A-F-]/g, '')}'`);
  } catch (error) {
    if (!(error instanceof SqlError)) throw error;
    throw new BlindError(
      'postgres/two-databases',
      `the inspector and the application’s role do not see the same database (${error.state})`,
      'let url and inspector name the same server and database',
    );
  }
}
