import type { Timestamp } from '@surety/evidence';
import type pg from 'pg';
import { SuretyError } from '../core/error.ts';
import {
  type DumpedTable,
  readLargeObjectSize,
  readLockable,
  readTables,
  type TableName,
  tablePattern,
} from './streams.ts';

/** One moment of the database, held for as long as the transaction lasts that it was taken in. */
export type Snapshot = {
  /** As `pg_dump --snapshot` takes it. */
  readonly snapshot: string;
  readonly at: Timestamp;
  /** Whose rows are dumped, as they were then. */
  readonly tables: readonly DumpedTable[];
  /** Bytes of the large objects. */
  readonly objects: number;
};

/** As many tables as one statement locks. */
const locksAtOnce = 200;
const attempts = 10;

/**
 * Takes the locks that a dump needs, and then the snapshot: TRUNCATE and its like do not wait for one that is older, so that a table
 * that is emptied and filled again between snapshot and lock would be dumped empty. Where a table was made meanwhile, it begins anew.
 *
 * @throws {Error} of pg, where a table is locked for too long
 * @throws {SuretyError} `backup/restless`
 */
export async function openSnapshot(client: pg.ClientBase): Promise<Snapshot> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const locked = await readLockable(client);
    await client.query('begin transaction isolation level repeatable read read only');
    await lockAll(client, locked);
    const { rows } = await client.query<{ snapshot: string; at: Date }>(
      'select pg_catalog.pg_export_snapshot() as snapshot, pg_catalog.statement_timestamp() as at',
    );
    const [row] = rows;
    if (row === undefined) throw new Error('the server exported no snapshot');
    const held = new Set(locked.map(tablePattern));
    if ((await readLockable(client)).every((table) => held.has(tablePattern(table))))
      return {
        snapshot: row.snapshot,
        at: row.at.toISOString(),
        tables: await readTables(client),
        objects: await readLargeObjectSize(client),
      };
    await client.query('rollback');
  }
  throw new SuretyError(
    'backup/restless',
    `tables were made ${attempts} times while those that there were got locked`,
    'make the backup again, when no migration runs',
  );
}

async function lockAll(client: pg.ClientBase, tables: readonly TableName[]): Promise<void> {
  for (let from = 0; from < tables.length; from += locksAtOnce) {
    const names = tables.slice(from, from + locksAtOnce).map((table) => `only ${tablePattern(table)}`);
    await client.query(`lock table ${names.join(', ')} in access share mode`);
  }
}
