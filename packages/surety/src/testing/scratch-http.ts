import { createServer, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { type LeafOptions, selfSigned, type ThrowawayCa, throwawayCa } from './certificates.ts';
import { closedPort, listenOnLoopback, stopServer } from './loopback.ts';
import { mutantService, password, type ServiceOptions, secretRow, token } from './mutant-service.ts';
import type { Scene, Scratch } from './specimens.ts';

/** What differs from a healthy service, and what the estate says otherwise of it. */
export type HttpBreak = ServiceOptions & { readonly facts?: Readonly<Record<string, unknown>> };

const name = 'scratch-http';
/** Blind runs wait for answers that never come. */
const impatient = { timeout: 300 };

/** Small HTTPS services on loopback, with one actor who can sign in. */
export function scratchHttp(): Scratch<HttpBreak> {
  const authority = throwawayCa();
  const blinders: Server[] = [];
  const at = async (scene: Scene, server: Server): Promise<Scene> => {
    blinders.push(server);
    return withFacts(scene, { ...impatient, url: urlOf(await listenOnLoopback(server)) });
  };
  const service = async (scene: Scene, options: ServiceOptions, leaf: LeafOptions = {}) =>
    at(scene, mutantService(await (await authority).issue(leaf), options).server);
  return {
    unavailable: async () => null,
    scene: async (broken = {}) => startScene(await authority, broken),
    blind: {
      'connection refused': async (scene) => withFacts(scene, { url: urlOf(await closedPort()) }),
      'a name that does not resolve': async (scene) => withFacts(scene, { url: 'https://surety.invalid' }),
      'accepts and never answers': (scene) => at(scene, createServer()),
      'shakes hands and never answers': async (scene) =>
        at(scene, createTlsServer(await (await authority).issue())),
      'not HTTP': async (scene) =>
        at(
          scene,
          createTlsServer(await (await authority).issue(), (socket) =>
            socket.on('error', () => {}).end('no\r\n'),
          ),
        ),
      'certificate expired': (scene) => service(scene, {}, { from: -90, until: -1 }),
      'certificate for another name': (scene) =>
        service(scene, {}, { names: [{ type: 'dns', value: 'other.test' }] }),
      'certificate by an unknown CA': async (scene) =>
        at(scene, mutantService(await selfSigned(), {}).server),
      '503 by a proxy in front': (scene) => service(scene, { always: 503 }),
      'limited: 429 to everything': (scene) => service(scene, { always: 429 }),
      'the actor cannot sign in': (scene) => service(scene, { refuseSignIn: true }),
    },
    async close() {
      await Promise.all(blinders.map(stopServer));
    },
  };
}

async function startScene(ca: ThrowawayCa, { facts, ...options }: HttpBreak): Promise<Scene> {
  const { server, writes } = mutantService(await ca.issue(), options);
  const url = urlOf(await listenOnLoopback(server));
  return {
    targets: { [name]: { kind: 'http', url, ca: ca.cert, ...healthyFacts, ...facts } },
    fingerprint: async () => `${writes()} writes`,
    canaries: [password, token, secretRow],
    stop: () => stopServer(server),
  };
}

const healthyFacts = {
  actors: { ann: { tenant: 't1', signIn: { path: '/sign-in', body: { password }, token: '/token' } } },
  collections: [{ path: '/accounts', rows: '/items' }],
  probes: {
    public: '/health',
    forbidden: '/admin',
    redirect: '/old',
    failing: '/boom',
    write: { path: '/sign-in' },
  },
};

function urlOf(port: number): string {
  return `https://localhost:${port}`;
}

function withFacts(scene: Scene, facts: Readonly<Record<string, unknown>>): Scene {
  return { ...scene, targets: { [name]: { kind: 'http', ...scene.targets[name], ...facts } } };
}
