import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { type ContextWay, queryIn, type Statement, TooSlow } from './mutant-context.ts';

/** How an API differs from a sound one: by a mistake that real ones were seen to make, or harmlessly. */
export type Mutation = {
  /** Default `local`. */
  readonly context?: ContextWay;
  /** Who has no session is refused by 401 (the default), served without a context, or taken for the first user. */
  readonly strangers?: 'refused' | 'served' | 'taken for the first user';
  /** Answers are kept by path, whoever asks. */
  readonly cacheByPath?: true;
  /** Who asked first on a connection is taken for whoever asks there later, as if there were no proxy. */
  readonly userOfSocket?: true;
  /** One request in so many runs as another user. */
  readonly mixUpEvery?: number;
  readonly pageSize?: number;
  readonly extraFields?: true;
  /** How long each request takes besides its query. */
  readonly milliseconds?: number;
  /** How many connections its pool has. Default 1. */
  readonly connections?: number;
  /** GETs have bodies as well, and a client that takes longer than 3 ms for one is answered 408. */
  readonly readsBodies?: true;
  /** The status of requests that are wrong. Default 400. */
  readonly wrongStatus?: number;
  readonly refuseSignIn?: true;
  /** The status of every request after so many. */
  readonly limited?: { readonly after: number; readonly status: 401 | 429 | 500 | 503 };
};

export type MutantUser = { readonly id: string; readonly email: string; readonly password: string };

export type MutantApi = { readonly url: string; stop(): Promise<void> };

type Api = {
  readonly pool: pg.Pool;
  readonly mutation: Mutation;
  readonly users: readonly MutantUser[];
  /** Access token → user id. */
  readonly sessions: Map<string, string>;
  /** Path → answer. */
  readonly cache: Map<string, object>;
  readonly sockets: WeakMap<object, string>;
  latestUser: string | null;
  served: number;
};

/** A small multi-tenant API over row-level security, mostly on a pool of one connection, so that all it remembers shows. */
export async function startMutantApi(
  database: string,
  users: readonly MutantUser[],
  mutation: Mutation = {},
): Promise<MutantApi> {
  const pool = new pg.Pool({ connectionString: database, max: mutation.connections ?? 1 });
  pool.on('error', () => undefined);
  const api: Api = {
    pool,
    mutation,
    users,
    sessions: new Map(),
    cache: new Map(),
    sockets: new WeakMap(),
    latestUser: null,
    served: 0,
  };
  const server = createServer((request, response) => {
    answer(api, request, response).then(
      (body) => send(response, 200, body),
      (error: unknown) => send(response, statusOf(error, mutation), { error: 'refused' }),
    );
  });
  server.listen(0, '127.0.0.1');
  await new Promise((listens) => server.once('listening', listens));
  return {
    url: `http://127.0.0.1:${portOf(server)}`,
    async stop() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
      await pool.end();
    },
  };
}

class Refusal extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`answers ${status}`);
    this.status = status;
  }
}

async function answer(api: Api, request: IncomingMessage, response: ServerResponse): Promise<object> {
  const { limited, milliseconds = 0, cacheByPath, context = 'local' } = api.mutation;
  const url = new URL(request.url ?? '/', 'http://localhost');
  if (url.pathname === '/health') return { status: 'ok' };
  api.served += 1;
  if (limited !== undefined && api.served > limited.after) throw new Refusal(limited.status);
  if (url.pathname === '/auth/sign-in') return signIn(api, request);

  const statement = statementFor(request.method, url, api.mutation);
  const user = (api.mutation.userOfSocket && api.sockets.get(request.socket)) ?? userOf(api, request);
  if (user !== null) api.sockets.set(request.socket, user);
  api.latestUser = user;
  const kept = api.cache.get(url.pathname);
  if (cacheByPath && kept !== undefined) return kept;
  await wait(milliseconds);
  const rows = await queryIn(context, api.pool, {
    user,
    latestUser: () => api.latestUser,
    statement,
    meanwhile: () => checkRequest(request, url, api.mutation),
    gone: () => response.destroyed,
  });
  const items = api.mutation.extraFields ? rows.map((row) => ({ ...row, kind: 'row', links: [] })) : rows;
  const body = { items, nextCursor: null };
  if (statement.list) api.cache.set(url.pathname, body);
  return body;
}

const lists: Readonly<Record<string, string>> = {
  spaces: 'select id, name from spaces',
  accounts: 'select id, name from accounts',
};

/** Refused whoever asks: the space is nobody's, or the name is lacking. */
const violating =
  'insert into accounts (space_id, name) values ((select space_id from user_spaces limit 1), null)';

function statementFor(
  method: string | undefined,
  { pathname, searchParams }: URL,
  { pageSize = 20 }: Mutation,
): Statement & { list: boolean } {
  const [, collection = '', id] = pathname.split('/');
  if (collection === 'slow') return { list: false, text: 'select too_long()', values: [] };
  if (method === 'POST' && collection === 'accounts') return { list: false, text: violating, values: [] };
  const list = lists[collection];
  if (list === undefined) throw new Refusal(404);
  if (id !== undefined) return { list: false, text: `${list} where id = $1`, values: [id] };
  const limit = searchParams.get('limit') ?? String(pageSize);
  return { list: true, text: `${list} order by id limit $1`, values: [limit] };
}

/** What a handler validates only when it already has a connection and a context. */
async function checkRequest(
  request: IncomingMessage,
  { searchParams }: URL,
  { readsBodies }: Mutation,
): Promise<void> {
  if (searchParams.has('cursor')) JSON.parse(searchParams.get('cursor') ?? '');
  if (request.method !== 'GET') await bodyOf(request);
  else if (readsBodies) await bodyInTime(request);
}

async function bodyInTime(request: IncomingMessage): Promise<void> {
  if (request.headers['transfer-encoding'] === undefined) return;
  const ended = once(request.resume(), 'close');
  const late = wait(3, 'late');
  if ((await Promise.race([ended, late])) === 'late') throw new TooSlow();
}

async function signIn(api: Api, request: IncomingMessage): Promise<object> {
  const given = await bodyOf(request);
  const user = api.users.find(
    ({ email, password }) =>
      Reflect.get(given, 'email') === email && Reflect.get(given, 'password') === password,
  );
  if (user === undefined || api.mutation.refuseSignIn) throw new Refusal(401);
  const accessToken = randomUUID();
  api.sessions.set(accessToken, user.id);
  return { accessToken, userId: user.id };
}

/** `null`: nobody, and served all the same. */
function userOf(api: Api, request: IncomingMessage): string | null {
  const { strangers = 'refused', mixUpEvery } = api.mutation;
  const [first] = api.users;
  const token = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const user = api.sessions.get(token);
  if (user !== undefined) {
    const mixedUp = mixUpEvery !== undefined && api.served % mixUpEvery === 0;
    return (mixedUp ? api.users.find(({ id }) => id !== user)?.id : undefined) ?? user;
  }
  if (strangers === 'refused' || first === undefined) throw new Refusal(401);
  return strangers === 'served' ? null : first.id;
}

async function bodyOf(request: IncomingMessage): Promise<object> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof body !== 'object' || body === null) throw new Refusal(400);
  return body;
}

function statusOf(error: unknown, { wrongStatus = 400 }: Mutation): number {
  if (error instanceof Refusal) return error.status;
  if (error instanceof TooSlow) return 408;
  if (error instanceof SyntaxError) return wrongStatus;
  const code = error instanceof pg.DatabaseError ? (error.code ?? '') : '';
  if (code.startsWith('22')) return wrongStatus;
  if (code.startsWith('23') || code.startsWith('42')) return 409;
  return code === '57014' ? 503 : 500;
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  return address.port;
}
