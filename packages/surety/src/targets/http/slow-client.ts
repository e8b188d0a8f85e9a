import { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import type { HttpAsk } from './answer.ts';
import { pathOf, type Reach } from './connection.ts';
import { openSocket } from './raw.ts';

/** How far a request came before its client was gone. */
export type RequestPart = 'head' | 'body';

/** The request with an empty JSON object for a body, which comes in pieces, as over a bad line. */
export function inPieces(ask: HttpAsk, pause: number): HttpAsk {
  const pieces = async function* () {
    for (const piece of ['{', ' ', '}']) {
      await wait(pause);
      yield Buffer.from(piece);
    }
  };
  return {
    ...ask,
    headers: { 'content-type': 'application/json', ...ask.headers },
    body: Readable.from(pieces()),
  };
}

/** Sends a part of a request on a connection of its own, and is gone. Whatever is answered is not read. */
export async function breakOff(
  reach: Reach,
  ask: HttpAsk,
  part: RequestPart,
  after: number,
  stop: AbortSignal,
): Promise<void> {
  const socket = await openSocket(reach, AbortSignal.any([stop, AbortSignal.timeout(reach.timeout)]));
  socket.on('error', () => undefined).resume();
  try {
    socket.write(partOf(reach, ask, part));
    await wait(after, undefined, { signal: stop });
  } finally {
    socket.destroy();
  }
}

function partOf({ url }: Reach, { path, headers = {} }: HttpAsk, part: RequestPart): string {
  const lines = [
    `GET ${pathOf(url, path)} HTTP/1.1`,
    `Host: ${url.host}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  return part === 'head'
    ? lines
    : `${lines}\r\nContent-Type: application/json\r\nContent-Length: 64\r\n\r\n{"surety":`;
}
