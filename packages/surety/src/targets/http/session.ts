import type { Attempt } from '@surety/evidence';
import { BlindError } from '../../core/error.ts';
import { type HttpAnswer, type HttpAsk, headerValues, jsonBody, pointedAt } from './answer.ts';
import type { HttpActor, HttpCollection } from './facts.ts';
import type { RequestPart } from './slow-client.ts';

/** One signed-in actor. */
export type HttpSession = {
  readonly actor: string;
  readonly tenant: string;
  /** The answer to signing in, without its body; `null` where a token was given. */
  readonly signedIn: Omit<HttpAnswer, 'body'> | null;
  /** As `HttpTarget.request`, as this actor. */
  request(ask: HttpAsk): Promise<HttpAnswer>;
  /**
   * The same, as an act: `done` for 2xx, `refused` for 3xx and 4xx, `broken` for 5xx, 429 and no answer.
   * The detail is the status: `200`.
   */
  attempt(act: string, ask: HttpAsk): Promise<Attempt>;
  /** Sends the request and hangs up `after` milliseconds later. Says whether an answer came before that. */
  hangUp(ask: HttpAsk, after: number): Promise<{ readonly answered: boolean }>;
  /** Sends the request with a JSON body in three pieces, and leaves the answer lying; `pause` milliseconds each time. */
  slowly(ask: HttpAsk, pause: number): Promise<HttpAnswer>;
  /** Sends a part of the request and hangs up `after` milliseconds later: half a head, or half of a body announced. */
  breakOff(ask: HttpAsk, part: RequestPart, after: number): Promise<void>;
  /** The ids that the collection shows to this actor. @throws {BlindError} when it is not a 2xx list */
  list(collection: HttpCollection): Promise<readonly string[]>;
};

/** How to send, given by the target: it enforces what may be touched. */
export type Sender = {
  send(ask: HttpAsk): Promise<HttpAnswer>;
  hangUp(ask: HttpAsk, after: number): Promise<{ readonly answered: boolean }>;
  slowly(ask: HttpAsk, pause: number): Promise<HttpAnswer>;
  breakOff(ask: HttpAsk, part: RequestPart, after: number): Promise<void>;
};

/**
 * Signs the actor in and remembers how.
 *
 * @throws {BlindError} `http/sign-in` when the service does not let it in
 */
export async function openSession(
  name: string,
  actor: HttpActor,
  signIn: (ask: HttpAsk) => Promise<HttpAnswer>,
  sender: Sender,
  secret: (value: string) => void,
): Promise<HttpSession> {
  const entered = actor.signIn ? await enter(name, actor.signIn, signIn) : null;
  const credentials: Readonly<Record<string, string>> = entered
    ? entered.credentials
    : actor.token === undefined
      ? {}
      : { authorization: `Bearer ${actor.token}` };
  for (const value of entered?.secrets ?? []) secret(value);
  const dressed = (ask: HttpAsk): HttpAsk => ({
    ...ask,
    headers: { ...actor.headers, ...credentials, ...ask.headers },
  });
  const request = (ask: HttpAsk) => sender.send(dressed(ask));
  return {
    actor: name,
    tenant: actor.tenant,
    signedIn: entered?.answer ?? null,
    request,
    attempt: (act, ask) => attempt(act, name, () => request(ask)),
    hangUp: (ask, after) => sender.hangUp(dressed(ask), after),
    slowly: (ask, pause) => sender.slowly(dressed(ask), pause),
    breakOff: (ask, part, after) => sender.breakOff(dressed(ask), part, after),
    list: async (collection) => idsIn(collection, await request({ path: collection.path })),
  };
}

type Entered = {
  readonly answer: Omit<HttpAnswer, 'body'>;
  readonly credentials: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
};

async function enter(
  name: string,
  how: NonNullable<HttpActor['signIn']>,
  signIn: (ask: HttpAsk) => Promise<HttpAnswer>,
): Promise<Entered> {
  const full = await signIn({ method: 'POST', path: how.path, body: how.body });
  const { body: _body, ...answer } = full;
  if (full.status < 200 || full.status > 299) {
    throw new BlindError(
      'http/sign-in',
      `${name} could not sign in: ${how.path} answered ${full.status}`,
      `check the actor's signIn body, and that the account exists and is not locked`,
    );
  }
  if (how.token !== undefined) {
    const token = pointedAt(jsonBody(full), how.token);
    if (typeof token === 'string' && token !== '')
      return { answer, credentials: { authorization: `Bearer ${token}` }, secrets: [token] };
    throw new BlindError(
      'http/sign-in',
      `${name} signed in, but there is no token at ${how.token}`,
      'mend the JSON pointer in signIn.token',
    );
  }
  const cookies = headerValues(full, 'set-cookie').map((line) => line.split(';', 1)[0] ?? '');
  if (cookies.length === 0) {
    throw new BlindError(
      'http/sign-in',
      `${name} signed in, but no cookie was set`,
      'say where the token is: signIn.token',
    );
  }
  const secrets = cookies.map((cookie) => cookie.slice(cookie.indexOf('=') + 1));
  return {
    answer,
    credentials: { cookie: cookies.join('; ') },
    secrets: secrets.filter((one) => one !== ''),
  };
}

/** Turns an answer, or the lack of one, into what came of the act. */
export async function attempt(
  act: string,
  actor: string,
  request: () => Promise<Pick<HttpAnswer, 'status'>>,
): Promise<Attempt> {
  const tried = { act, actor, method: 'attack' } as const;
  try {
    const { status } = await request();
    const detail = String(status);
    if (status < 300) return { ...tried, result: 'done', detail };
    return { ...tried, result: status >= 500 || status === 429 ? 'broken' : 'refused', detail };
  } catch (error) {
    if (error instanceof BlindError) return { ...tried, result: 'broken', detail: error.message };
    throw error;
  }
}

/** The ids in a listing. @throws {BlindError} `http/listing` */
export function idsIn(collection: HttpCollection, answer: HttpAnswer): readonly string[] {
  const { path, rows: pointer, id } = collection;
  const rows = pointedAt(jsonBody(answer), pointer);
  if (answer.status !== 200 || !Array.isArray(rows)) {
    throw new BlindError(
      'http/listing',
      `${path} answered ${answer.status} without a list at ${JSON.stringify(pointer)}`,
      'mend the collection in surety.config.ts: path, rows',
    );
  }
  return rows.map((row: unknown) => {
    const value = pointedAt(row, `/${id}`);
    if (typeof value === 'string' || typeof value === 'number') return String(value);
    throw new BlindError('http/listing', `${path} lists rows without ${id}`, 'mend the collection: id');
  });
}
