import { setTimeout as wait } from 'node:timers/promises';
import { BlindError } from '../../../core/error.ts';
import type { PostgresTarget } from '../types.ts';

/** What a role's other connections do while nobody asks them for anything. Ours are left out. */
export type AtRest = {
  readonly connections: number;
  /** How many hold a transaction open, in which nothing has happened for `patience`. */
  readonly leftOpen: number;
};

/** Milliseconds that a transaction may rest before it counts as left open, and between two looks. */
const patience = 3_000;
const between = 150;

type Row = {
  readonly hidden: number;
  readonly silent: number;
  readonly connections: number;
  readonly idle: number;
};

/**
 * Waits until none of the role's connections rests within a transaction, and not longer than `patience`: a transaction
 * that is left open keeps its context, and all that was local to it, for whoever gets the connection next.
 *
 * @param calm milliseconds to let pass before the first look
 * @throws {BlindError} `postgres/hidden-sessions`, `postgres/silent-sessions`, and where there is no inspector
 */
export async function atRest(
  db: Pick<PostgresTarget, 'inspect'>,
  role: string,
  calm: number,
): Promise<AtRest> {
  await wait(calm);
  for (let waited = 0; ; waited += between) {
    const [row] = await db.inspect<Row>(
      // Of what it may not see, the server says neither the kind nor the state.
      `select (count(*) filter (where backend_type is null))::int as hidden,
         (count(*) filter (where state = 'disabled'))::int as silent, count(*)::int as connections,
         (count(*) filter (where state like 'idle in transaction%' and state_change < clock_timestamp() - $2::interval))::int
           as idle
       from pg_catalog.pg_stat_activity
       where datname = current_database() and usename = $1 and coalesce(backend_type, 'client backend') = 'client backend'
         and application_name is distinct from 'surety'`,
      [role, `${waited} milliseconds`],
    );
    const { hidden = 0, silent = 0, connections = 0, idle = 0 } = row ?? {};
    if (hidden > 0) throw hiddenSessions(hidden, role);
    if (silent > 0) throw silentSessions(silent, role);
    if (idle === 0 || waited >= patience) return { connections, leftOpen: idle };
    await wait(between);
  }
}

function hiddenSessions(count: number, role: string): BlindError {
  return new BlindError(
    'postgres/hidden-sessions',
    `the inspector may not see what ${count} sessions of ${role} do`,
    'grant pg_read_all_stats to the inspector, or pg_monitor, which contains it',
  );
}

function silentSessions(count: number, role: string): BlindError {
  return new BlindError(
    'postgres/silent-sessions',
    `${count} sessions of ${role} do not say what they do: track_activities is off`,
    `alter role ${role} reset track_activities, and let the service connect again`,
  );
}
