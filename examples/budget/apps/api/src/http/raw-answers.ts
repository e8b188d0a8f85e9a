import { randomUUID } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorBody, reason } from './error-body.ts';
import { securityHeaders } from './security-headers.ts';

// Node answers some requests before Fastify sees them, without any header of ours. These take its place.

/** For what is not HTTP, or too much of it: the socket gets a whole answer with all headers, and is closed. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  // What still arrives of a bad request is an error again. Closing at once would reset the answer away.
  if (socket.writableEnded) return;
  if (socket.destroyed || !socket.writable || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const status = statusOf(error);
  const body = JSON.stringify(errorBody(status, randomUUID()));
  const headers = Object.entries(rawHeaders(body)).map(([name, value]) => `${name}: ${value}\r\n`);
  // A client that never hangs up must not keep the socket.
  setTimeout(() => socket.destroy(), 1_000).unref();
  socket.end(`HTTP/1.1 ${status} ${reason(status)}\r\n${headers.join('')}\r\n${body}`);
}

/** `Expect:` of anything but 100-continue. */
export function answerExpectations(server: Server): void {
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    const body = JSON.stringify(errorBody(417, randomUUID()));
    response.writeHead(417, rawHeaders(body)).end(body);
  });
}

function rawHeaders(body: string): Record<string, string> {
  return {
    ...securityHeaders,
    'content-type': 'application/json; charset=utf-8',
    'content-length': String(Buffer.byteLength(body)),
    connection: 'close',
  };
}

function statusOf(error: NodeJS.ErrnoException): number {
  if (error.code === 'HPE_HEADER_OVERFLOW') return 431;
  if (error.code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW') return 413;
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') return 408;
  return 400;
}
