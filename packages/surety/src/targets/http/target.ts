import { type PeerCertificate, TLSSocket } from 'node:tls';
import type { Attempt, JsonObject } from '@surety/evidence';
import { BlindError } from '../../core/error.ts';
import type { Handle, OpenContext, TargetKind, Touch } from '../../core/target.ts';
import { readCa } from '../tls/ca.ts';
import { unreachable } from '../tls/unreachable.ts';
import { type HttpAnswer, type HttpAsk, headerValues, jsonBody, pointedAt } from './answer.ts';
import { exchange, makeAgent, type Reach } from './connection.ts';
import { type HttpCollection, type HttpFacts, type HttpProbes, httpFacts } from './facts.ts';
import { exchangeRaw, openSocket } from './raw.ts';
import { type Rejection, rejectionBytes } from './rejections.ts';
import { attempt, type HttpSession, openSession, type Sender } from './session.ts';
import { breakOff, inPieces } from './slow-client.ts';

/**
 * A service that speaks HTTP/1.1, as its clients and its attackers see it.
 *
 * Where nothing may be touched, only GET, HEAD, OPTIONS, TRACE and `rejected` go out. Signing in is the one
 * exception: an actor whom the estate names may sign in once per opening, which leaves a session and no more.
 * Where what is rolled back may be tried, `probes.violating` goes out as well.
 */
export type HttpTarget = {
  readonly url: URL;
  readonly actors: readonly { readonly name: string; readonly tenant: string }[];
  readonly collections: readonly HttpCollection[];
  readonly probes: HttpProbes;
  /** How many requests a control that needs many may send. */
  readonly requests: number;
  /** Name of the postgres target behind it. */
  readonly database: string | null;
  /** The actor's session; signed in once per opening. @throws {BlindError} `http/sign-in`, `http/no-actor` */
  as(actor: string): Promise<HttpSession>;
  /**
   * One request by nobody. @throws {BlindError} when there is no answer, or one of 429, 502, 503, 504 that
   * `accept` does not list: something in front of the service spoke, or nobody did.
   */
  request(ask: HttpAsk): Promise<HttpAnswer>;
  /** The same, as an act by nobody; see `HttpSession.attempt`. */
  attempt(act: string, ask: HttpAsk): Promise<Attempt>;
  /** A request that no handler may see. `null`: the estate names no route for it. @throws {BlindError} */
  rejected(rejection: Rejection): Promise<HttpAnswer | null>;
  /** Bytes as they are, on a connection of their own. Beyond a safe method, needs `writes`. @throws {BlindError} */
  raw(bytes: string | Uint8Array): Promise<HttpAnswer>;
};

declare module '../../core/target.ts' {
  interface TargetKinds {
    http: HttpTarget;
  }
}

const target: TargetKind<'http', HttpFacts> = {
  kind: 'http',
  summary: 'a service that speaks HTTP, as its clients and its attackers see it',
  facts: httpFacts,
  hosts: (facts) => [new URL(facts.url).hostname],
  open: openHttp,
};

export default target;

const safe = /^(GET|HEAD|OPTIONS|TRACE)$/;
const writing: readonly Touch[] = ['writes', 'disrupts'];
/** Statuses with which a proxy, a limiter or a service that is going down answers for the service. */
const notTheService = [429, 502, 503, 504];

async function openHttp(facts: HttpFacts, context: OpenContext): Promise<HttpTarget & Handle> {
  const reach = await reachOf(facts, context.root);
  const where = reach.url.origin;
  const certificate = await firstLook(reach, context.signal);
  const agent = makeAgent(reach);
  const sessions = new Map<string, Promise<HttpSession>>();

  const look = async (ask: HttpAsk, late?: number): Promise<HttpAnswer> => {
    try {
      return await exchange(agent, reach, ask, context.signal, late);
    } catch (error) {
      if (ask.signal?.aborted) throw ask.signal.reason;
      throw unreachable(`${ask.method ?? 'GET'} ${where}${ask.path}`, error);
    }
  };
  const answered = async (ask: HttpAsk) => trusted(ask, await look(ask));
  const send = async (ask: HttpAsk) => {
    if (!changesNothing(ask, facts, context.touch)) allow(ask.method ?? 'GET', context.touch);
    return answered(ask);
  };
  const slowly = async (ask: HttpAsk, pause: number) => {
    allow(ask.method ?? 'GET', context.touch);
    return trusted(ask, await look(inPieces(ask, pause), pause));
  };
  const brokenOff: Sender['breakOff'] = (ask, part, after) =>
    breakOff(reach, ask, part, after, context.signal).catch((error: unknown) => {
      throw unreachable(where, error);
    });
  const hangUp = async (ask: HttpAsk, after: number) => {
    const cut = AbortSignal.timeout(after);
    try {
      await send({ ...ask, signal: cut });
      return { answered: true };
    } catch (error) {
      if (cut.aborted) return { answered: false };
      throw error;
    }
  };
  const raw = async (bytes: string | Uint8Array) => {
    try {
      return await exchangeRaw(reach, bytes, context.signal);
    } catch (error) {
      throw unreachable(where, error);
    }
  };
  const as = (name: string) => {
    const actor = Object.hasOwn(facts.actors, name) ? facts.actors[name] : undefined;
    if (actor === undefined) throw noActor(name, Object.keys(facts.actors));
    const known = sessions.get(name);
    if (known !== undefined) return known;
    const sender = { send, hangUp, slowly, breakOff: brokenOff };
    const session = openSession(name, actor, answered, sender, context.secret);
    sessions.set(name, session);
    return session;
  };

  return {
    url: reach.url,
    actors: Object.entries(facts.actors).map(([name, { tenant }]) => ({ name, tenant })),
    collections: facts.collections,
    probes: withDefaults(facts),
    requests: facts.requests,
    database: facts.database ?? null,
    as: async (name) => as(name),
    request: send,
    attempt: (act, ask) => attempt(act, 'nobody', () => send(ask)),
    async rejected(rejection) {
      const place = {
        host: reach.url.host,
        base: reach.url.pathname.replace(/\/$/, ''),
        probes: withDefaults(facts),
      };
      const bytes = rejectionBytes(rejection, place);
      return bytes === null ? null : trusted({ path: `(${rejection})` }, await raw(bytes));
    },
    async raw(bytes) {
      allow(rawMethod(bytes), context.touch);
      return raw(bytes);
    },
    identity: async () => identityOf(reach, certificate),
    revision: () => revisionOf(facts, answered),
    principal: async () => Object.keys(facts.actors).join(', ') || null,
    close: () => agent.destroy(),
  };
}

async function reachOf(facts: HttpFacts, root: string): Promise<Reach> {
  const url = new URL(facts.url);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  return { url, host, port, ca: await readCa(facts.ca, root), timeout: facts.timeout };
}

/** Connects once, so that a service that cannot be reached is said so before anything else. */
async function firstLook(reach: Reach, stop: AbortSignal): Promise<PeerCertificate | null> {
  try {
    const socket = await openSocket(reach, AbortSignal.any([stop, AbortSignal.timeout(reach.timeout)]));
    const certificate = socket instanceof TLSSocket ? socket.getPeerCertificate() : null;
    socket.destroy();
    return certificate;
  } catch (error) {
    throw unreachable(reach.url.origin, error);
  }
}

/** Without the address: behind a balancer it changes with each look, and the service does not. */
function identityOf({ host, port, url }: Reach, certificate: PeerCertificate | null): JsonObject {
  return {
    scheme: url.protocol.replace(':', ''),
    host,
    port,
    ...(certificate !== null && {
      certificate: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    }),
  };
}

async function revisionOf(
  { version }: HttpFacts,
  ask: (ask: HttpAsk) => Promise<HttpAnswer>,
): Promise<string | null> {
  if (version === undefined) return null;
  const answer = await ask({ path: version.path });
  const found =
    version.header === undefined
      ? pointedAt(jsonBody(answer), version.value ?? '')
      : headerValues(answer, version.header)[0];
  if (typeof found === 'string' || typeof found === 'number') return String(found);
  throw new BlindError(
    'http/version',
    `${version.path} does not say which version runs`,
    'mend `version` in surety.config.ts: path, header or value',
  );
}

function withDefaults({ probes, collections }: HttpFacts): HttpProbes {
  const listing = collections[0]?.path;
  return {
    ...probes,
    ...(probes.authenticated === undefined && listing !== undefined && { authenticated: listing }),
  };
}

function trusted(ask: HttpAsk, answer: HttpAnswer): HttpAnswer {
  const { status } = answer;
  if (!notTheService.includes(status) || ask.accept?.includes(status)) return answer;
  throw new BlindError(
    `http/${status}`,
    `${ask.method ?? 'GET'} ${ask.path} answered ${status}`,
    status === 429
      ? 'we are being limited: let surety’s address through, or run it later'
      : 'the service is down, or what stands in front of it does not reach it',
  );
}

/** The one request of which the estate says that the database refuses it and rolls it back. */
function changesNothing({ method, path }: HttpAsk, { probes }: HttpFacts, touch: Touch): boolean {
  const { violating } = probes;
  return touch !== 'nothing' && violating?.method === method && violating?.path === path;
}

function allow(method: string, touch: Touch): void {
  if (safe.test(method) || writing.includes(touch)) return;
  throw new BlindError(
    'http/touch',
    `${method} may leave traces, and this run may touch ${touch}`,
    'allow it: --allow writes',
  );
}

/** The method, where the bytes are one plain request with a safe one; anything else could hide a write. */
function rawMethod(bytes: string | Uint8Array): string {
  const text = typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('latin1');
  const [, method] = /^(GET|HEAD|OPTIONS|TRACE) /.exec(text) ?? [];
  return method !== undefined && text.split('HTTP/').length === 2 ? method : 'a raw request';
}

function noActor(name: string, actors: readonly string[]): BlindError {
  return new BlindError(
    'http/no-actor',
    `the estate names no actor ${JSON.stringify(name)}`,
    actors.length === 0 ? 'add `actors` to the target' : `one of: ${actors.join(', ')}`,
  );
}
