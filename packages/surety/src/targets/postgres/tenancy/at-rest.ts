import { setTimeout as wait } from 'node:timers/promises';
import type { PostgresTarget } from '../types.ts';

/** What a role's other connections do while nobody asks them for anything. Ours are left out. */
export type AtRest =
  | {
      readonly visible: true;
      readonly connections: number;
      /** How many hold a transaction open, in which nothing has happened for `patience`. */
      readonly leftOpen: number;
    }
  /** The inspector may not see what others do. */
  | { readonly visible: false };

/** Milliseconds that a transaction may rest before it counts as left open, and between two looks. */
const patience = 3_000;
const between = 150;

type Row = { readonly hidden: number; readonly connections: number; readonly idle: number };

/**
 * Waits until none of the role's connections rests within a transaction, and not longer than `patience`: a transaction
 * that is left open keeps its context, and all that was local to it, for whoever gets the connection next.
 *
 * @param calm milliseconds to let pass before the first look
 * @throws {BlindError}
 */
export async function atRest(
  db: Pick<PostgresTarget, 'inspect'>,
  role: string,
  calm: number,
): Promise<AtRest> {
  await wait(calm);
  for (let waited = 0; ; waited += between) {
    const [row] = await db.inspect<Row>(
      `select (count(*) filter (where state is null))::int as hidden, count(*)::int as connections,
         (count(*) filter (where state like 'idle in transaction%' and state_change < clock_timestamp() - $2::interval))::int
           as idle
       from pg_catalog.pg_stat_activity
       where datname = current_database() and usename = $1 and backend_type = 'client backend'
         and application_name is distinct from 'surety'`,
      [role, `${waited} milliseconds`],
    );
    const { hidden = 0, connections = 0, idle = 0 } = row ?? {};
    if (hidden > 0) return { visible: false };
    if (idle === 0 || waited >= patience) return { visible: true, connections, leftOpen: idle };
    await wait(between);
  }
}
