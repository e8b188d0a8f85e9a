import { connect } from 'node:net';
import { z } from 'zod';
import type { Handle, OpenContext, TargetKind } from '../../core/target.ts';
import { readCa } from './ca.ts';
import { type CertificateLook, lookAtCertificate } from './certificate.ts';
import { type Greeting, greet } from './greet.ts';
import { enumerate, type Offer } from './offer.ts';
import { type Protocol, wireVersions } from './protocol.ts';
import { candidates, suiteName, weakness } from './suites.ts';
import { unreachable } from './unreachable.ts';

/** A server that speaks TLS, as a stranger who says hello to it sees it. Nothing beyond the handshake is sent. */
export type TlsTarget = {
  readonly host: string;
  readonly port: number;
  /** The name that its certificate is to be for. */
  readonly name: string;
  /** The oldest protocol that it may speak. */
  readonly minimum: Protocol;
  /** Every suite that it takes of this protocol; cheap to ask again, because it is asked once per opening. */
  offer(protocol: Protocol): Promise<Offer>;
  /** One hello that offers this protocol, TLS 1.2 or later, with all its strong suites. */
  hello(protocol: Protocol): Promise<Greeting>;
  /** Looked at once per opening. @throws {BlindError} when no handshake comes about */
  certificate(): Promise<CertificateLook>;
};

declare module '../../core/target.ts' {
  interface TargetKinds {
    tls: TlsTarget;
  }
}

const tlsFacts = z.strictObject({
  host: z.string().min(1).describe('the host or address to connect to'),
  port: z.coerce.number().pipe(z.int().min(1).max(65_535)).default(443).describe('Default: 443'),
  serverName: z.string().min(1).optional().describe('the name to ask for, where it is not the host'),
  ca: z
    .string()
    .min(1)
    .optional()
    .describe('the CA that signs its certificate: PEM text, or a path. Default: the system’s'),
  minimum: z
    .enum(['1.3', '1.2'])
    .default('1.3')
    .describe(
      'the oldest TLS that it may speak: 1.2 only where a client that cannot do 1.3 is known. Default: 1.3',
    ),
  timeout: z
    .int()
    .min(100)
    .max(60_000)
    .default(5000)
    .describe('milliseconds that one answer may take. Default: 5000'),
});

export type TlsFacts = z.infer<typeof tlsFacts>;

const target: TargetKind<'tls', TlsFacts> = {
  kind: 'tls',
  summary: 'a server that speaks TLS, as a stranger who says hello to it sees it',
  facts: tlsFacts,
  hosts: ({ host }) => [host],
  open: openTls,
};

export default target;

async function openTls(facts: TlsFacts, context: OpenContext): Promise<TlsTarget & Handle> {
  const { host, port, timeout } = facts;
  const ca = await readCa(facts.ca, context.root);
  await dial(facts, context.signal);
  const name = facts.serverName ?? host;
  const serverName = isName(name) ? name : null;
  const offers = new Map<Protocol, Promise<Offer>>();
  const say = (protocol: Protocol, suites: readonly number[]) =>
    greet({ host, port, timeout }, { protocol, suites, serverName }, context.signal);
  const looks = new Map<'leaf', Promise<CertificateLook>>();
  const certificate = () => {
    const look =
      looks.get('leaf') ?? lookAtCertificate({ host, port, serverName, ca, timeout }, context.signal);
    looks.set('leaf', look);
    return look;
  };
  // Why there is none is for the control to say: who it is does not depend on it.
  const fingerprint = () =>
    certificate().then(
      ({ sha256 }) => sha256,
      () => null,
    );
  return {
    host,
    port,
    name,
    minimum: facts.minimum === '1.3' ? 'TLS 1.3' : 'TLS 1.2',
    offer(protocol) {
      const known = offers.get(protocol) ?? enumerate(protocol, (suites) => say(protocol, suites));
      offers.set(protocol, known);
      return known;
    },
    hello: (protocol) =>
      say(
        protocol,
        candidates(protocol).filter((suite) => weakness(suiteName(suite)) === null),
      ),
    certificate,
    identity: async () => ({ host, port, name, certificate: await fingerprint() }),
    revision: fingerprint,
    principal: async () => null,
    close: async () => {},
  };
}

/** Whether anything listens at all, so that a mistyped port is said so at once. */
function dial({ host, port, timeout }: TlsFacts, stop: AbortSignal): Promise<void> {
  const signal = AbortSignal.any([stop, AbortSignal.timeout(timeout)]);
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.on('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.on('error', (error) =>
      reject(unreachable(`${host}:${port}`, signal.aborted ? signal.reason : error)),
    );
  });
}

function isName(host: string): boolean {
  return !/^[\d.]+$|:/.test(host);
}

/** Whether the server took the protocol that was offered. */
export function accepted(protocol: Protocol, greeting: Greeting): boolean {
  return greeting.kind === 'hello' && greeting.version === wireVersions[protocol];
}
