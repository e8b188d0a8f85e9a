import type { RungResult } from '@surety/evidence';
import { connect } from '../../targets/postgres/connection.ts';
import { blind } from '../../targets/postgres/sql-error.ts';
import type { Copy } from './copy.ts';
import type { Commit, Moment } from './moment.ts';
import { timeText } from './moment.ts';

export type Said = readonly [result: RungResult, fact: string];

const stateSql = `
  select pg_catalog.pg_is_in_recovery() as recovering,
    pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot())::text as next,
    (extract(epoch from pg_catalog.pg_last_xact_replay_timestamp()) * 1000000)::text as replayed`;

type StateRow = { recovering: boolean; next: string; replayed: string | null };

/**
 * Whether the last transaction before the moment is in the copy, and the first one after it is not, as the copy itself says.
 *
 * @throws {BlindError} when the copy lets nobody in
 */
export async function lookAtCopy(
  copy: Copy,
  { url, signal }: { readonly url: string; readonly signal: AbortSignal },
  { at, before, after }: Moment,
): Promise<readonly [before: Said, after: Said]> {
  const role = roleOf(url);
  const who = 'the copy';
  const connection = await connect({ url: copy.url(role, 'template1'), who, signal });
  try {
    const [state] = await connection.rows<StateRow>(stateSql);
    if (state === undefined || state.recovering) return [notYet, notYet];
    const status = async (commit: Commit): Promise<string> => {
      const full = fullId(commit.xid, BigInt(state.next));
      if (full >= BigInt(state.next)) return 'not begun';
      const [row] = await connection.rows<{ status: string | null }>(
        'select pg_catalog.pg_xact_status($1::text::xid8) as status',
        [String(full)],
      );
      return row?.status ?? 'too old to say';
    };
    return [
      judgeBefore(await status(before), state.replayed, { before, at }),
      judgeAfter(await status(after), after),
    ];
  } catch (error) {
    throw blind(error, who);
  } finally {
    await connection.end();
  }
}

/** The role in a connection string. */
export function roleOf(url: string): string {
  return decodeURIComponent(new URL(url).username) || 'postgres';
}

const notYet: Said = ['fail', 'the copy is still recovering'];

function judgeBefore(
  status: string,
  replayed: string | null,
  { before, at }: { readonly before: Commit; readonly at: number },
): Said {
  const fact = `the transaction of ${timeText(before.at)} is ${status}`;
  if (status === 'too old to say') return ['not-run', fact];
  if (status !== 'committed') return ['fail', fact];
  // Where no transaction ended between the backup and the second, none was replayed.
  if (replayed !== null && !(Number(replayed) <= at))
    return ['fail', `${fact}, but the last one that was replayed is of ${timeText(Number(replayed))}`];
  return ['pass', `${fact}, and nothing later than the second was replayed`];
}

function judgeAfter(status: string, after: Commit): Said {
  const what = `the transaction of ${timeText(after.at)}`;
  return status === 'committed'
    ? ['fail', `${what} is committed: it is after the second`]
    : ['pass', `${what} is not in it (${status})`];
}

const epoch = 2n ** 32n;

/** The 64-bit id of a transaction near `next`, by its lower 32 bits. */
function fullId(xid: number, next: bigint): bigint {
  const ahead = BigInt.asIntN(32, BigInt(xid) - (next % epoch));
  return next + ahead;
}
