import type { HttpProbes } from './facts.ts';

/**
 * Requests that no handler may ever see: the parser, the router or the body limit turns them down. They may
 * therefore be sent where nothing may be touched, even as POST: none has a body that could be acted upon.
 */
export const rejections = [
  'bad request line',
  'missing host',
  'headers too large',
  'bad percent-encoding',
  'unmet expectation',
  'unused method',
  'refused upgrade',
  'malformed body',
  'unlisted content type',
  'body too large',
] as const;

export type Rejection = (typeof rejections)[number];

type Place = { readonly host: string; readonly base: string; readonly probes: HttpProbes };

/** The request's bytes, or `null` where the estate names no route for it. */
export function rejectionBytes(rejection: Rejection, place: Place): string | null {
  const { host, base, probes } = place;
  const get = (target: string, ...headers: string[]) =>
    lines(`GET ${base}${target} HTTP/1.1`, `Host: ${host}`, ...headers);
  const { write } = probes;
  const send = (body: string, ...headers: string[]) =>
    write === undefined
      ? null
      : lines(`${write.method} ${base}${write.path} HTTP/1.1`, `Host: ${host}`, ...headers) + body;
  switch (rejection) {
    case 'bad request line':
      return lines('THIS IS NOT HTTP');
    case 'missing host':
      return lines(`GET ${base}/ HTTP/1.1`);
    case 'headers too large':
      return get('/', `X-Surety-Filler: ${'a'.repeat(40 * 1024)}`);
    case 'bad percent-encoding':
      return get('/%zz%');
    case 'unmet expectation':
      return get('/', 'Expect: surety');
    case 'unused method':
      // Safe by its definition (RFC 4918, 9.1), should something answer to it after all.
      return lines(`PROPFIND ${base}${probes.public ?? '/'} HTTP/1.1`, `Host: ${host}`, 'Depth: 0');
    case 'refused upgrade':
      return get(
        probes.upgrade ?? '/',
        'Connection: Upgrade',
        'Upgrade: websocket',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: c3VyZXR5LXByb2JlLWtleQ==',
        'Origin: https://surety.invalid',
      );
    case 'malformed body':
      return send('{', 'Content-Type: application/json', 'Content-Length: 1');
    case 'unlisted content type':
      return send('x', 'Content-Type: application/x-surety-probe', 'Content-Length: 1');
    case 'body too large':
      // The length alone is announced: a service that waits for the rest instead never has a body to act upon.
      return send('{', 'Content-Type: application/json', `Content-Length: ${1024 ** 3}`);
  }
}

function lines(...head: readonly string[]): string {
  return `${head.join('\r\n')}\r\nUser-Agent: surety\r\n\r\n`;
}
