import { AsyncLocalStorage } from 'node:async_hooks';
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
 * - `async-local-in-pool`: read from asynchronous context where the pool hands the connection over, which is the context
 *   of whoever gave it back.
 * - `sticky-on-…`: set where the connection has none, and taken back unless there was an error, a violated constraint,
 *   a statement that took too long, a body that did, or the client has hung up in between.
 * - `left-open-on-abort`: local, in a transaction that nobody ends when the client has hung up.
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
  | 'async-local-in-pool'
  | 'sticky-on-error'
  | 'sticky-on-violation'
  | 'sticky-on-timeout'
  | 'sticky-on-slow-body'
  | 'sticky-on-abort'
  | 'left-open-on-abort';

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
    case 'async-local-in-pool':
      return currentUser.run(user, () => inPoolCallback(pool, request));
    default:
      return withClient(pool, (client) => onClient(way, client, request));
  }
}

const currentUser = new AsyncLocalStorage<string | null>();

/** As by drivers that ask for the context when the connection is there: a waiting one is handed over by its predecessor. */
function inPoolCallback(pool: pg.Pool, { statement, meanwhile }: Request): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    pool.connect((error, client, release) => {
      if (error !== undefined || client === undefined) return reject(error);
      const user = currentUser.getStore() ?? null;
      inTransaction(client, user, async () => {
        await meanwhile();
        return rowsOf(client, statement);
      })
        .then(resolve, reject)
        .finally(() => release());
    });
  });
}

async function onClient(
  way: Exclude<
    ContextWay,
    'never' | 'outside-transaction' | 'one-for-all' | 'session' | 'async-local-in-pool'
  >,
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
    case 'left-open-on-abort':
      return leftOpen(client, request);
    default:
      return sticky(keepsIts[way], client, request);
  }
}

/** When a way forgets to take the context back. */
type Keeps = (error: unknown, gone: boolean) => boolean;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : '';

/** What `meanwhile` throws when the client takes too long to say what it wants. */
export class TooSlow extends Error {}

const keepsIts = {
  'sticky-on-error': (error) => error !== null,
  'sticky-on-violation': (error) => codeOf(error).startsWith('23'),
  'sticky-on-timeout': (error) => codeOf(error) === '57014',
  'sticky-on-slow-body': (error) => error instanceof TooSlow,
  'sticky-on-abort': (_error, gone) => gone,
} as const satisfies Readonly<Record<string, Keeps>>;

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
  keeps: Keeps,
  client: pg.PoolClient,
  { user, statement, meanwhile, gone }: Request,
): Promise<readonly Row[]> {
  if (!set.has(client)) {
    await setContext(client, user, false);
    set.add(client);
  }
  const finish = async (error: unknown) => {
    if (keeps(error, gone())) return;
    await setContext(client, null, false);
    set.delete(client);
  };
  try {
    await meanwhile();
    const rows = await rowsOf(client, statement);
    await finish(null);
    return rows;
  } catch (error) {
    await finish(error);
    throw error;
  }
}

/** Whoever comes next finds a transaction that has begun, with a context unless it sets its own. */
async function leftOpen(
  client: pg.PoolClient,
  { user, statement, meanwhile, gone }: Request,
): Promise<readonly Row[]> {
  await client.query('begin');
  if (user !== null) await setContext(client, user, true);
  await meanwhile();
  if (gone()) return [];
  const rows = await rowsOf(client, statement).catch(async (error: unknown) => {
    await client.query('rollback');
    throw error;
  });
  await client.query('commit');
  return rows;
}

async function setContext(client: Queryable, user: string | null, local: boolean): Promise<void> {
  await client.query('select set_config($1, $2, $3)', [setting, user ?? '', local]);
}

async function rowsOf(client: Queryable, { text, values }: Statement): Promise<readonly Row[]> {
  return (await client.query<Record<string, unknown>>(text, [...values])).rows;
}
