import { BlindError } from '../../core/error.ts';
import { type Connection, connect, readOnly, serverNamesOnly } from '../../targets/postgres/connection.ts';
import { blind, SqlError } from '../../targets/postgres/sql-error.ts';

/** How the server hands its WAL to the archive, as it says itself. */
export type Archiver = {
  readonly mode: string;
  /** Whether `archive_command` or `archive_library` says how. */
  readonly told: boolean;
  /** `archive_timeout`, seconds; 0: a segment waits until it is full. */
  readonly timeout: number;
  /** Timeline that the server is on. */
  readonly timeline: number;
  /** The last segment that was handed over, and seconds since then; `null` before the first one. */
  readonly last: { readonly segment: string; readonly seconds: number } | null;
  /** Seconds since the last time that it failed, and with what; `null` where it never did since the statistics began. */
  readonly failure: { readonly segment: string; readonly seconds: number } | null;
  /** Segments that are complete and not in the archive, and how old the oldest is; `null` where this role may not look. */
  readonly waiting: { readonly count: number; readonly seconds: number } | null;
  /** Bytes of WAL that were written since the last segment that was handed over. */
  readonly unarchived: number;
  /** Of the cluster; `null` where this role may not ask. */
  readonly systemIdentifier: string | null;
};

const stateSql = `
  select current_setting('archive_mode') as mode,
    current_setting('archive_command', true) not in ('', '(disabled)')
      or coalesce(current_setting('archive_library', true), '') <> '' as told,
    (select setting::int from pg_catalog.pg_settings where name = 'archive_timeout') as timeout,
    substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_insert_lsn()), 1, 8) as timeline,
    a.last_archived_wal, extract(epoch from clock_timestamp() - a.last_archived_time)::float8 as archived,
    a.last_failed_wal, extract(epoch from clock_timestamp() - a.last_failed_time)::float8 as failed,
    pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_insert_lsn(), '0/0')::float8 as written,
    (select setting::float8 from pg_catalog.pg_settings where name = 'wal_segment_size') as segment_size,
    case when has_function_privilege('pg_catalog.pg_control_system()', 'execute')
      then (select system_identifier::text from pg_catalog.pg_control_system()) end as system
  from pg_catalog.pg_stat_archiver a`;

const waitingSql = `
  select count(*)::int as count,
    coalesce(extract(epoch from clock_timestamp() - min(modification)), 0)::float8 as seconds
  from pg_catalog.pg_ls_archive_statusdir() where name like '%.ready'`;

type StateRow = {
  mode: string;
  told: boolean;
  timeout: number;
  timeline: string;
  last_archived_wal: string | null;
  archived: number | null;
  last_failed_wal: string | null;
  failed: number | null;
  written: number;
  segment_size: number;
  system: string | null;
};

export type Server = { readonly url: string; readonly ca?: string | undefined; readonly signal: AbortSignal };

/** @throws {BlindError} when the server cannot be asked */
export async function readArchiver({ url, ca, signal }: Server): Promise<Archiver> {
  const who = 'the role that backs up';
  const connection = await connect({ url, ca, signal, who });
  try {
    await connection.rows(serverNamesOnly);
    const row = await readOnly(connection, async () => (await connection.rows<StateRow>(stateSql))[0]);
    if (row === undefined)
      throw new BlindError('physical/archiver', 'the server says nothing', 'look at pg_stat_archiver');
    return archiverOf(row, await waiting(connection));
  } catch (error) {
    throw blind(error, who);
  } finally {
    await connection.end();
  }
}

async function waiting(connection: Connection): Promise<Archiver['waiting']> {
  try {
    const [row] = await connection.rows<{ count: number; seconds: number }>(waitingSql);
    return row ?? null;
  } catch (error) {
    if (error instanceof SqlError && error.state === '42501') return null;
    throw error;
  }
}

function archiverOf(row: StateRow, waits: Archiver['waiting']): Archiver {
  const { last_archived_wal: segment, archived, last_failed_wal: lost, failed } = row;
  // A `.backup` or `.history` file may have been the last one.
  const last =
    segment === null || archived === null ? null : { segment: segment.slice(0, 24), seconds: archived };
  return {
    mode: row.mode,
    told: row.told,
    timeout: row.timeout,
    timeline: Number.parseInt(row.timeline, 16),
    last,
    failure: lost === null || failed === null ? null : { segment: lost.slice(0, 24), seconds: failed },
    waiting: waits,
    unarchived: row.written - archivedBytes(last?.segment ?? null, row.segment_size),
    systemIdentifier: row.system,
  };
}

function archivedBytes(segment: string | null, size: number): number {
  if (segment === null) return 0;
  const [log, low] = [segment.slice(8, 16), segment.slice(16, 24)].map((word) => Number.parseInt(word, 16));
  return (log ?? 0) * 2 ** 32 + ((low ?? 0) + 1) * size;
}

/** A segment begins with this many bytes that say only that it began. */
const segmentHeader = 40;

/**
 * Milliseconds of work that would be lost if the server were gone now: at most the time since the archive last got something, none
 * where nothing was written since. `null` where the archive never got anything.
 */
export function lossOf({ last, unarchived, waiting: waits }: Archiver): number | null {
  if (last === null) return null;
  const nothingSince = unarchived <= segmentHeader && (waits === null || waits.count === 0);
  return nothingSince ? 0 : Math.round(last.seconds * 1000);
}
