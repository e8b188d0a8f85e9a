import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { BlindError } from '../../core/error.ts';
import { bodyLimit, type HttpAnswer } from './answer.ts';
import { type Reach, tlsOptions } from './connection.ts';

const headLimit = 64 * 1024;

/** A connection to the service, verified where it is TLS. The caller ends it. */
export function openSocket(reach: Reach, stop: AbortSignal): Promise<Socket> {
  const { host, port, url } = reach;
  return new Promise((resolve, reject) => {
    if (stop.aborted) return reject(stop.reason);
    const socket =
      url.protocol === 'https:'
        ? connectTls({ host, port, ...tlsOptions(reach) })
        : connectTcp({ host, port });
    const fail = (error: unknown) => {
      stop.removeEventListener('abort', onStop);
      socket.destroy();
      reject(error);
    };
    const onStop = () => fail(stop.reason);
    stop.addEventListener('abort', onStop, { once: true });
    socket.once('error', fail);
    socket.once(url.protocol === 'https:' ? 'secureConnect' : 'connect', () => {
      stop.removeEventListener('abort', onStop);
      socket.removeListener('error', fail);
      resolve(socket);
    });
  });
}

/**
 * Sends bytes as they are, on a connection of their own, and reads one answer.
 *
 * @throws {BlindError} `http/no-answer` when the service closed without one
 */
export async function exchangeRaw(
  reach: Reach,
  bytes: string | Uint8Array,
  stop: AbortSignal,
): Promise<HttpAnswer> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(reach.timeout)]);
  const socket = await openSocket(reach, signal);
  try {
    return await readAnswer(socket, bytes, signal);
  } finally {
    socket.destroy();
  }
}

function readAnswer(socket: Socket, bytes: string | Uint8Array, signal: AbortSignal): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const finish = (ended: boolean, cause?: unknown) => {
      const answer = parseAnswer(received, ended);
      if (answer === 'incomplete' && !ended) return;
      signal.removeEventListener('abort', onStop);
      if (answer === 'incomplete') reject(cause ?? noAnswer(received.length));
      else resolve(answer);
    };
    const onStop = () => {
      socket.destroy();
      finish(true, signal.reason);
    };
    signal.addEventListener('abort', onStop, { once: true });
    if (signal.aborted) return onStop();
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      finish(received.length > headLimit + bodyLimit);
    });
    // A service that refuses before it has read everything resets the connection: what it said still counts.
    socket.on('error', (error) => finish(true, error));
    socket.on('close', () => finish(true));
    socket.write(bytes);
  });
}

function noAnswer(bytes: number): BlindError {
  return bytes === 0
    ? new BlindError('http/no-answer', 'closed without an answer', 'look at the log of the service')
    : new BlindError('http/garbled', 'the answer is not HTTP', 'check that the port speaks HTTP');
}

/**
 * Reads one final HTTP/1.x answer from what came so far. `ended`: no more will come. Transfer codings of the
 * body are left as they are: only its end is looked for.
 */
export function parseAnswer(received: Buffer, ended: boolean): HttpAnswer | 'incomplete' {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return 'incomplete';
  const [statusLine = '', ...lines] = received.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(statusLine)?.[1]);
  if (Number.isNaN(status)) return 'incomplete';
  const rest = received.subarray(end + 4);
  if (status < 200 && status !== 101) return parseAnswer(rest, ended);
  const headers = lines.map((line): readonly [string, string] => {
    const colon = line.indexOf(':');
    return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const length = bodyLength(status, headers, rest);
  if (length === null && !ended && rest.length <= bodyLimit) return 'incomplete';
  const cut = length === null && !closesItself(headers);
  return {
    status,
    headers,
    body: rest.subarray(0, Math.min(length ?? rest.length, bodyLimit)),
    truncated: cut || rest.length > bodyLimit,
    ...(cut && { protocolError: 'cut off in the body' }),
  };
}

type Headers = HttpAnswer['headers'];

const headerOf = (headers: Headers, name: string) =>
  headers.find(([key]) => key.toLowerCase() === name)?.[1].toLowerCase();

/** Bytes of the whole body, or `null` while its end has not been seen. */
function bodyLength(status: number, headers: Headers, rest: Buffer): number | null {
  if (status === 101 || status === 204 || status === 304) return 0;
  if (headerOf(headers, 'transfer-encoding')?.includes('chunked')) {
    const last = rest.indexOf('0\r\n\r\n');
    return last < 0 ? null : last + 5;
  }
  const declared = Number(headerOf(headers, 'content-length') ?? Number.NaN);
  return Number.isNaN(declared) || rest.length < declared ? null : declared;
}

/** Without a declared length the body ends where the connection does. */
function closesItself(headers: Headers): boolean {
  return (
    headerOf(headers, 'content-length') === undefined && headerOf(headers, 'transfer-encoding') === undefined
  );
}
