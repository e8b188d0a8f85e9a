import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { type LeafOptions, selfSigned, type ThrowawayCa, throwawayCa } from './certificates.ts';
import { closedPort, listenOnLoopback, stopServer } from './loopback.ts';
import type { Scene, Scratch } from './specimens.ts';
import { type Front, tlsFront } from './tls-front.ts';

/** What differs from a healthy server: TLS 1.3 alone, an ECDSA certificate for its name by the CA that clients know. */
export type TlsBreak = {
  readonly server?: Pick<TlsOptions, 'minVersion' | 'maxVersion' | 'ciphers' | 'ecdhCurve'>;
  readonly certificate?: LeafOptions;
  /** Instead of the CA that clients know. */
  readonly signedBy?: 'another CA' | 'itself';
  readonly front?: Front;
  /** Facts of the target that the estate says otherwise. */
  readonly facts?: Readonly<Record<string, unknown>>;
};

const healthy: TlsOptions = { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' };

/** TLS servers on loopback. What no TLS library would offer is answered by a front of our own. */
export function scratchTls(): Scratch<TlsBreak> {
  const authority = throwawayCa();
  const blinders: Server[] = [];
  const instead = async (scene: Scene, server: Server): Promise<Scene> => {
    blinders.push(server);
    return withFacts(scene, { ...impatient, port: await listenOnLoopback(server) });
  };
  return {
    unavailable: async () => null,
    scene: async (broken = {}) => startScene(await authority, broken),
    blind: {
      'connection refused': async (scene) => withFacts(scene, { port: await closedPort() }),
      'accepts and never answers': (scene) => instead(scene, createServer()),
      'not TLS': (scene) => instead(scene, createServer(speakHttp)),
      'old hellos are dropped on the way': (scene) =>
        instead(scene, tlsFront({ old: 'drop' }, placeOf(scene))),
      'limited: dropped after the first hellos': (scene) =>
        instead(scene, tlsFront({ limit: { hellos: 6, by: 'drop' } }, placeOf(scene))),
      // These two look like a server that refuses old protocols; only the witness tells them apart.
      'limited: closed after the first hellos': (scene) =>
        instead(scene, tlsFront({ limit: { hellos: 6, by: 'close' } }, placeOf(scene))),
      'limited: reset after the first hellos': (scene) =>
        instead(scene, tlsFront({ limit: { hellos: 6, by: 'reset' } }, placeOf(scene))),
      'a name that does not resolve': async (scene) => withFacts(scene, { host: 'surety.invalid' }),
    },
    async close() {
      await Promise.all(blinders.map(stopServer));
    },
  };
}

/** Blind runs wait for answers that never come. */
const impatient = { timeout: 400 };
const name = 'scratch-tls';

async function startScene(ca: ThrowawayCa, broken: TlsBreak): Promise<Scene> {
  const issuer = broken.signedBy === 'another CA' ? await throwawayCa('surety other CA') : ca;
  const pair = broken.signedBy === 'itself' ? await selfSigned() : await issuer.issue(broken.certificate);
  const server = createTlsServer({ ...healthy, ...pair, ...broken.server });
  server.on('tlsClientError', () => {});
  const port = await listenOnLoopback(server);
  const front = broken.front && tlsFront(broken.front, { host: '127.0.0.1', port });
  const facts = {
    host: 'localhost',
    port: front ? await listenOnLoopback(front) : port,
    ca: ca.cert,
    ...broken.facts,
  };
  return {
    targets: { [name]: { kind: 'tls', ...facts } },
    fingerprint: async () => 'a handshake leaves nothing',
    canaries: [],
    async stop() {
      if (front) await stopServer(front);
      await stopServer(server);
    },
  };
}

function speakHttp(socket: Socket): void {
  socket.on('error', () => socket.destroy());
  socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n');
}

function placeOf(scene: Scene): { host: string; port: number } {
  return { host: '127.0.0.1', port: Number(scene.targets[name]?.port) };
}

function withFacts(scene: Scene, facts: Readonly<Record<string, unknown>>): Scene {
  return { ...scene, targets: { [name]: { kind: 'tls', ...scene.targets[name], ...facts } } };
}
