import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { Agent } from 'undici';
import { bodyLimit, type HttpAnswer, type HttpAsk } from './answer.ts';

/** How to get to the service: shared by the client, the raw socket and the first look. */
export type Reach = {
  readonly url: URL;
  readonly host: string;
  readonly port: number;
  /** PEM. `undefined`: the system's. */
  readonly ca: string | undefined;
  /** Milliseconds that one answer may take. */
  readonly timeout: number;
};

/** What a TLS connection to it is made with, wherever one is made. Verification cannot be turned off by the environment. */
export function tlsOptions({ host, ca }: Reach) {
  return {
    rejectUnauthorized: true,
    ALPNProtocols: ['http/1.1'],
    ...(isName(host) && { servername: host }),
    ...(ca !== undefined && { ca }),
  };
}

function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host);
}

/** An agent of our own: no proxy from the environment, no redirects, no HTTP/2, one request at a time on a connection. */
export function makeAgent(reach: Reach): Agent {
  return new Agent({
    allowH2: false,
    pipelining: 1,
    connect: { ...tlsOptions(reach), timeout: reach.timeout },
    headersTimeout: reach.timeout,
    bodyTimeout: reach.timeout,
  });
}

/**
 * Sends one request and reads the answer, bounded in bytes and time.
 *
 * @param late milliseconds that the client leaves the answer lying before it reads it. Default 0
 * @throws what the connection failed with, or the reason of the signal
 */
export function exchange(
  agent: Agent,
  { url, timeout }: Reach,
  ask: HttpAsk,
  stop: AbortSignal,
  late = 0,
): Promise<HttpAnswer> {
  const { body, headers } = encode(ask);
  const signals = [stop, AbortSignal.timeout(timeout), ...(ask.signal ? [ask.signal] : [])];
  const signal = AbortSignal.any(signals);
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    agent.dispatch(
      {
        origin: url.origin,
        path: pathOf(url, ask.path),
        method: ask.method ?? 'GET',
        headers,
        ...(body !== undefined && { body }),
      },
      reader(signal, late, resolve, reject),
    );
  });
}

/** The path of a request: that of the target's URL, then the control's, untouched. */
export function pathOf(url: URL, path: string): string {
  return url.pathname.replace(/\/$/, '') + path;
}

function encode({ body, headers = {} }: HttpAsk): {
  body: string | Uint8Array | Readable | undefined;
  headers: Record<string, string>;
} {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return { body, headers };
  if (body instanceof Readable) return { body, headers };
  const typed = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  return {
    body: JSON.stringify(body),
    headers: { ...(typed ? {} : { 'content-type': 'application/json' }), ...headers },
  };
}

function reader(
  signal: AbortSignal,
  late: number,
  resolve: (answer: HttpAnswer) => void,
  reject: (error: unknown) => void,
): Dispatcher.DispatchHandler {
  const chunks: Buffer[] = [];
  let size = 0;
  let head: Pick<HttpAnswer, 'status' | 'headers'> | null = null;
  let unlisten = () => {};
  let resumption: NodeJS.Timeout | undefined;
  const letGo = () => {
    unlisten();
    clearTimeout(resumption);
  };
  const settle = (truncated: boolean, protocolError?: string) => {
    letGo();
    if (head === null) return reject(new Error('the answer has no head'));
    const body = Buffer.concat(chunks).subarray(0, bodyLimit);
    resolve({ ...head, body, truncated, ...(protocolError !== undefined && { protocolError }) });
  };
  return {
    onRequestStart(controller) {
      const abort = () =>
        controller.abort(signal.reason instanceof Error ? signal.reason : new Error('stopped'));
      signal.addEventListener('abort', abort, { once: true });
      unlisten = () => signal.removeEventListener('abort', abort);
      if (signal.aborted) abort();
    },
    onResponseStart(controller, status) {
      if (status < 200) return;
      head = { status, headers: pairs(controller.rawHeaders) };
      if (late === 0) return;
      controller.pause();
      resumption = setTimeout(() => controller.resume(), late);
    },
    onResponseData(controller, chunk) {
      chunks.push(chunk);
      size += chunk.length;
      if (size <= bodyLimit) return;
      settle(true);
      controller.abort(new Error('more than is read'));
    },
    onResponseEnd: () => settle(false),
    onResponseError(_controller, error) {
      letGo();
      if (head !== null && !signal.aborted) settle(true, 'cut off in the body');
      else reject(signal.aborted ? signal.reason : error);
    },
  };
}

function pairs(raw: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(raw)) return [];
  const texts = raw.map((part) => (Buffer.isBuffer(part) ? part.toString('latin1') : String(part)));
  return texts.flatMap((name, index) => (index % 2 === 0 ? [[name, texts[index + 1] ?? ''] as const] : []));
}
