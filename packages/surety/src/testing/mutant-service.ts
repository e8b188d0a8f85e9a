import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { KeyPair } from './certificates.ts';

/** Where in the service an answer is made. Each can forget the headers by itself. */
export type Place = number | 'parser' | 'expectation' | 'upgrade' | 'no host' | 'preflight' | 'HEAD';

/** What differs from a healthy service: JSON, sessions by bearer token, all headers on every answer. */
export type ServiceOptions = {
  /** Headers instead of the healthy ones; `null` leaves one out, a list sends it so many times. */
  readonly headers?: Readonly<Record<string, string | readonly string[] | null>>;
  /** The same, at one place only. */
  readonly at?: { readonly place: Place; readonly headers: ServiceOptions['headers'] };
  /** Answers with no headers of its own at these places. */
  readonly bare?: readonly Place[];
  /** `Set-Cookie` of the sign-in. */
  readonly cookie?: string;
  /** `/health` is a page, with this policy; `NONCE` in it is drawn for each answer. */
  readonly page?: string;
  /** Header names in lower case, in the opposite order. */
  readonly disguised?: true;
  /** Sends a chosen status to everything, as what stands in front of a service would. */
  readonly always?: number;
  readonly refuseSignIn?: true;
};

export type MutantService = { readonly server: Server; readonly writes: () => number };

export const password = 'surety-canary-password-5d1f';
export const token = 'surety-canary-token-c07e';
export const secretRow = 'surety-canary-row-81ab';

const healthyHeaders: NonNullable<ServiceOptions['headers']> = {
  'Strict-Transport-Security': 'max-age=63072000; includeSubDomains',
  'Content-Security-Policy': "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Cache-Control': 'no-store',
};

type Line = readonly [name: string, value: string];

/** A small HTTPS service whose every answer, also those that Node gives by itself, can be made good or bad. */
export function mutantService(pair: KeyPair, options: ServiceOptions): MutantService {
  const written: string[] = [];
  const server = createServer({ ...pair, requireHostHeader: false });
  server.on('request', (request, response) => {
    void handle(request, response, options, written).catch(() => response.destroy());
  });
  server.on('checkExpectation', (_request, response) => answer(response, 417, options, 'expectation'));
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    answerRaw(socket, error.code === 'HPE_HEADER_OVERFLOW' ? 431 : 400, options, 'parser');
  });
  server.on('upgrade', (_request, socket) => answerRaw(socket, 403, options, 'upgrade'));
  return { server, writes: () => written.length };
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServiceOptions,
  written: string[],
): Promise<void> {
  const { method = 'GET', headers } = request;
  if (options.always !== undefined) return answer(response, options.always, { bare: [options.always] });
  if (headers.host === undefined) return answer(response, 400, options, 'no host');
  if (method === 'OPTIONS') return answer(response, 204, options, 'preflight');
  const path = decoded(request.url ?? '/');
  if (path === null) return answer(response, 400, options);
  if (path === '/sign-in' && method === 'POST') return signIn(request, response, options, written);
  if (method === 'HEAD') return answer(response, 200, options, 'HEAD');
  if (method !== 'GET') {
    if (!['PROPFIND', 'TRACE'].includes(method)) written.push(`${method} ${path}`);
    return answer(response, 405, options);
  }
  return read(path, headers.authorization === `Bearer ${token}`, response, options);
}

function read(path: string, known: boolean, response: ServerResponse, options: ServiceOptions): void {
  if (path === '/health' && options.page !== undefined) page(response, options, options.page);
  else if (path === '/health') answer(response, 200, options);
  else if (path === '/accounts' && known)
    answer(response, 200, options, 200, { items: [{ id: 1, secretRow }] });
  else if (path === '/accounts') answer(response, 401, options);
  else if (path === '/admin') answer(response, known ? 403 : 401, options);
  else if (path === '/old') answer(response, 308, options, 308, undefined, [['Location', '/health']]);
  else if (path === '/boom') answer(response, 500, options);
  else answer(response, 404, options);
}

async function signIn(
  request: IncomingMessage,
  response: ServerResponse,
  options: ServiceOptions,
  written: string[],
): Promise<void> {
  if (request.headers['content-type'] !== 'application/json') return answer(response, 415, options);
  if (Number(request.headers['content-length']) > 64 * 1024) {
    response.shouldKeepAlive = false;
    return answer(response, 413, options);
  }
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = parsed(Buffer.concat(chunks).toString());
  if (body === null) return answer(response, 400, options);
  // Signing in is allowed and leaves a session; whatever else gets here has been acted upon.
  if (JSON.stringify(body) !== JSON.stringify({ password })) written.push('POST /sign-in');
  if (options.refuseSignIn) return answer(response, 401, options);
  const cookie: readonly Line[] = options.cookie === undefined ? [] : [['Set-Cookie', options.cookie]];
  return answer(response, 200, options, 200, { token }, cookie);
}

function page(response: ServerResponse, options: ServiceOptions, policy: string): void {
  const text = policy.replaceAll('NONCE', randomBytes(16).toString('base64'));
  const lines = linesFor(options, 200).filter(([name]) => name !== 'Content-Security-Policy');
  response.writeHead(
    200,
    [...lines, ['Content-Security-Policy', text], ['Content-Type', 'text/html; charset=utf-8']].flat(),
  );
  response.end('<!doctype html><title>healthy</title>');
}

function answer(
  response: ServerResponse,
  status: number,
  options: ServiceOptions,
  place: Place = status,
  body: object = { status },
  more: readonly Line[] = [],
): void {
  const lines = [...linesFor(options, place), ['Content-Type', 'application/json'] as const, ...more];
  response.writeHead(status, lines.flat());
  response.end(status === 204 ? undefined : JSON.stringify(body));
}

function answerRaw(socket: Duplex, status: number, options: ServiceOptions, place: Place): void {
  if (!socket.writable) return;
  const lines = linesFor(options, place).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} No\r\n${lines.join('')}Content-Length: 0\r\nConnection: close\r\n\r\n`);
}

function linesFor(options: ServiceOptions, place: Place): readonly Line[] {
  if (options.bare?.includes(place)) return [];
  const here = options.at?.place === place ? options.at.headers : {};
  const lines = Object.entries({ ...healthyHeaders, ...options.headers, ...here }).flatMap(
    ([name, value]) => {
      const values = value === null ? [] : typeof value === 'string' ? [value] : value;
      return values.map((one): Line => [name, one]);
    },
  );
  if (options.disguised === undefined) return lines;
  return lines.toReversed().map(([name, value]) => [name.toLowerCase(), value]);
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

function parsed(text: string): object | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch {
    return null;
  }
}
