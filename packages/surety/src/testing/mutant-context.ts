import type pg from 'pg';

/**
 * How the tenant's context gets to the query.
 *
 * - `local`, `savepoint`, `one-batch`: sound: in the query's transaction, and gone with it.
 * - `never`: no context at all. `outside-transaction`: a local one, gone before the query.
 * - `one-for-all`: transactions on one connection that all requests use at the same time.
 * - `session`: a session variable, over a pool that may run another request's statement in between.
 * - `session-kept`: a session variable on a connection of one's own, still there for whoever comes next.
 * - `module-variable`: the tenant is kept where all requests share it.
 * - `sticky-on-error`: set where the connection has none, taken back after success only.
 * - `sticky-on-abort`: set where the connection has none, taken back unless the client has hung up.
 */
export type ContextWay =
  | 'local'
  | 'savepoint'
  | 'one-batch'
  | 'never'
  | 'outside-transaction'
  | 'one-for-all'
  | 'session'
  | 'session-kept'
  | 'module-variable'
  | 'sticky-on-error'
  | 'sticky-on-abort';

export type Statement = { readonly text: string; readonly values: readonly string[] };
export type Row = Readonly<Record<string, unknown>>;

export type Request = {
  /** `null`: nobody, and served all the same. */
  readonly user: string | null;
  /** The user of the request that came last, whichever it was. */
  readonly latestUser: () => string | null;
  readonly statement: Statement;
  /** What else the handler does while it has the connection; may throw. */
  readonly meanwhile: () => Promise<void>;
  /** The client has hung up. */
  readonly gone: () => boolean;
};

type Queryable = Pick<pg.Pool | pg.PoolClient, 'query'>;

const setting = 'app.current_user_id';

/** Runs the request's statement in its context, in the given way, and gives the rows. */
export async function queryIn(way: ContextWay, pool: pg.Pool, request: Request): Promise<readonly Row[]> {
  const { user, statement, meanwhile } = request;
  switch (way) {
    case 'never':
      await meanwhile();
      return rowsOf(pool, statement);
    case 'outside-transaction':
      await setContext(pool, user, true);
      await meanwhile();
      return rowsOf(pool, statement);
    case 'one-for-all':
      return inTransaction(pool, user, async () => {
        await meanwhile();
        return rowsOf(pool, statement);
      });
    case 'session':
      await setContext(pool, user, false);
      await meanwhile();
      return rowsOf(pool, statement);
    default:
      return withClient(pool, (client) => onClient(way, client, request));
  }
}

async function onClient(
  way: Exclude<ContextWay, 'never' | 'outside-transaction' | 'one-for-all' | 'session'>,
  client: pg.PoolClient,
  request: Request,
): Promise<readonly Row[]> {
  const { user, latestUser, statement, meanwhile } = request;
  switch (way) {
    case 'local':
      return inTransaction(client, user, async () => {
        await meanwhile();
        return rowsOf(client, statement);
      });
    case 'savepoint':
      return inTransaction(client, user, async () => {
        await client.query('savepoint work');
        await meanwhile();
        const rows = await rowsOf(client, statement);
        await client.query('release savepoint work');
        return rows;
      });
    case 'module-variable':
      return inTransaction(client, latestUser(), async () => {
        await meanwhile();
        return rowsOf(client, statement);
      });
    case 'one-batch':
      await meanwhile();
      return oneBatch(client, user, statement);
    case 'session-kept':
      if (user !== null) await setContext(client, user, false);
      await meanwhile();
      return rowsOf(client, statement);
    case 'sticky-on-error':
    case 'sticky-on-abort':
      return sticky(way, client, request);
  }
}

async function withClient<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

async function inTransaction<T>(client: Queryable, user: string | null, work: () => Promise<T>): Promise<T> {
  await client.query('begin');
  try {
    await setContext(client, user, true);
    const result = await work();
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback');
    throw error;
  }
}

/** One round trip: statements of one message are one transaction, and the local context is gone with it. */
async function oneBatch(
  client: pg.PoolClient,
  user: string | null,
  { text, values }: Statement,
): Promise<readonly Row[]> {
  const context =
    user === null ? '' : `select set_config('${setting}', ${client.escapeLiteral(user)}, true);`;
  const inlined = text.replace(/\$(\d)/g, (_, index) =>
    client.escapeLiteral(values[Number(index) - 1] ?? ''),
  );
  const results: unknown = await client.query(context + inlined);
  const last: unknown = Array.isArray(results) ? results.at(-1) : results;
  return isResult(last) ? last.rows : [];
}

function isResult(value: unknown): value is { readonly rows: readonly Row[] } {
  return typeof value === 'object' && value !== null && 'rows' in value && Array.isArray(value.rows);
}

/** Connections on which a request has set the session variable, and not taken it back. */
const set = new WeakSet<pg.PoolClient>();

async function sticky(
  way: 'sticky-on-error' | 'sticky-on-abort',
  client: pg.PoolClient,
  { user, statement, meanwhile, gone }: Request,
): Promise<readonly Row[]> {
  if (!set.has(client)) {
    await setContext(client, user, false);
    set.add(client);
  }
  const takeBack = async () => {
    await setContext(client, null, false);
    set.delete(client);
  };
  if (way === 'sticky-on-error') {
    await meanwhile();
    const rows = await rowsOf(client, statement);
    await takeBack();
    return rows;
  }
  try {
    await meanwhile();
    return await rowsOf(client, statement);
  } finally {
    if (!gone()) await takeBack();
  }
}

async function setContext(client: Queryable, user: string | null, local: boolean): Promise<void> {
  await client.query('select set_config($1, $2, $3)', [setting, user ?? '', local]);
}

async function rowsOf(client: Queryable, { text, values }: Statement): Promise<readonly Row[]> {
  return (await client.query<Record<string, unknown>>(text, [...values])).rows;
}
