import { SuretyError } from '../../../core/error.ts';
import type { Change, Impact } from '../../../core/plan.ts';
import type { Handle, OpenContext } from '../../../core/target.ts';
import type { Connection } from '../connection.ts';
import type { Desk } from '../desk.ts';
import type { PostgresFacts } from '../facts.ts';
import { once } from '../once.ts';
import { roleImpact } from '../roles/role-impact.ts';
import { roleOfChange } from '../roles/role-plan.ts';
import { holdsAlone } from './alone.ts';
import { carryOut } from './carry-out.ts';
import { impactOf } from './impact.ts';
import { locksOf, lockText } from './locks.ts';
import { rehearse } from './shadow.ts';
import { claim, refuseReplica } from './writer.ts';

export type ChangingContext = {
  readonly facts: PostgresFacts;
  readonly context: Pick<OpenContext, 'touch' | 'signal'>;
  readonly app: Desk;
  /** `null` where the estate names none. */
  readonly inspector: (() => Promise<Desk>) | null;
  readonly join: (url: string, who: string) => Promise<Connection>;
};

type Changing = Required<Pick<Handle, 'carryOut' | 'claim' | 'rehearse' | 'examine' | 'locks' | 'impact'>>;

/** How a database is changed: by one surety at a time, as the migrator. */
export function changingOf({ facts, context, app, inspector, join }: ChangingContext): Changing {
  const migrate = () => join(migratorUrl(facts), 'the migrator');
  const writer = once(async () => {
    const connection = await migrate();
    await claim(connection);
    return connection;
  });
  const counting = patience(countingMillis);
  return {
    async claim() {
      await writer();
    },
    carryOut: (steps) => carryOut(steps, context.touch, writer, context.signal),
    async rehearse(trials, shadow) {
      const { signal } = context;
      const connection = await migrate();
      await refuseReplica(connection);
      const live = { connection, url: migratorUrl(facts), ca: facts.ca, signal };
      return rehearse(trials, { ...live, env: process.env }, shadow);
    },
    examine: async (steps) => holdsAlone(await writer(), steps),
    locks: (steps) => locksOf(steps).map(lockText),
    impact: (change) => impactOn(change, { facts, app, inspector }, counting),
  };
}

/** Milliseconds that counting may take for all changes together. */
const countingMillis = 30_000;

/** Whether time is left, from the first question on. */
function patience(milliseconds: number): () => boolean {
  let began: number | null = null;
  return () => {
    began ??= performance.now();
    return performance.now() - began < milliseconds;
  };
}

async function impactOn(
  change: Change,
  { facts, app, inspector }: Pick<ChangingContext, 'facts' | 'app' | 'inspector'>,
  mayCount: () => boolean,
): Promise<readonly Impact[]> {
  const role = roleOfChange(change);
  if (role !== null)
    return roleImpact(role, (sql, values) => app.run(() => app.connection.rows(sql, values)));
  const { connection, run } = inspector === null ? app : await inspector();
  const ours = [facts.migrator, facts.inspector].flatMap((url) => (url === undefined ? [] : [roleOf(url)]));
  const application = roleOf(facts.url);
  return run(() =>
    impactOf(change, {
      connection,
      seesAll: inspector !== null,
      application,
      ours: ours.filter((name) => name !== application),
      mayCount,
    }),
  );
}

function roleOf(url: string): string {
  return decodeURIComponent(new URL(url).username);
}

function migratorUrl({ migrator }: PostgresFacts): string {
  if (migrator !== undefined) return migrator;
  throw new SuretyError(
    'postgres/no-migrator',
    'no role that may change the schema',
    'name the role that owns the tables as migrator of the target',
  );
}
