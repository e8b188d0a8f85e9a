import { X509Certificate } from 'node:crypto';
import { checkServerIdentity, connect, type PeerCertificate } from 'node:tls';
import { errorCode, unreachable } from './unreachable.ts';

/** What a server shows to prove who it is, and what a client makes of it. */
export type CertificateLook = {
  /** Lower-case hexadecimal, of the leaf. */
  readonly sha256: string;
  readonly names: readonly string[];
  /** RFC 3339, UTC. */
  readonly validFrom: string;
  readonly validTo: string;
  /** May be negative, and has a fraction. */
  readonly daysLeft: number;
  /** From the first day to the last. */
  readonly lifetimeDays: number;
  /** `ec prime256v1`, `rsa 2048`. */
  readonly key: string;
  /** Why the chain does not verify, as OpenSSL names it (`CERT_HAS_EXPIRED`); `null`: it does. */
  readonly distrust: string | null;
  readonly nameMatches: boolean;
};

const day = 86_400_000;

type Asked = {
  readonly host: string;
  readonly port: number;
  readonly serverName: string | null;
  readonly ca: string | undefined;
  readonly timeout: number;
};

/** @throws {BlindError} when no handshake comes about */
export async function lookAtCertificate(asked: Asked, stop: AbortSignal): Promise<CertificateLook> {
  const { host, port, serverName } = asked;
  try {
    const { certificate, distrust } = await shake(
      asked,
      AbortSignal.any([stop, AbortSignal.timeout(asked.timeout)]),
    );
    const leaf = new X509Certificate(certificate.raw);
    const [from, to] = [Date.parse(leaf.validFrom), Date.parse(leaf.validTo)];
    return {
      sha256: leaf.fingerprint256.replaceAll(':', '').toLowerCase(),
      names: leaf.subjectAltName?.split(', ') ?? [],
      validFrom: new Date(from).toISOString(),
      validTo: new Date(to).toISOString(),
      daysLeft: (to - Date.now()) / day,
      lifetimeDays: (to - from) / day,
      key: keyOf(leaf),
      distrust,
      nameMatches: checkServerIdentity(serverName ?? host, certificate) === undefined,
    };
  } catch (error) {
    throw unreachable(`${host}:${port}`, error);
  }
}

/** Lets an untrusted server go on, because why it is not trusted is what we are after. Nothing is sent to it. */
function shake(
  { host, port, serverName, ca }: Asked,
  stop: AbortSignal,
): Promise<{ certificate: PeerCertificate; distrust: string | null }> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host,
      port,
      minVersion: 'TLSv1',
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
      ...(serverName !== null && { servername: serverName }),
      ...(ca !== undefined && { ca }),
    });
    const onStop = () => socket.destroy(stop.reason);
    stop.addEventListener('abort', onStop, { once: true });
    socket.on('error', reject);
    socket.on('close', () => {
      stop.removeEventListener('abort', onStop);
      reject(Object.assign(new Error('closed in the handshake'), { code: 'ECONNRESET' }));
    });
    socket.on('secureConnect', () => {
      const distrust = socket.authorized ? null : reason(socket.authorizationError);
      resolve({ certificate: socket.getPeerCertificate(), distrust });
      socket.destroy();
    });
  });
}

/** Node gives the code as a string, whatever the types say. */
function reason(error: unknown): string {
  return typeof error === 'string' ? error : errorCode(error);
}

function keyOf({ publicKey }: X509Certificate): string {
  const { modulusLength, namedCurve } = publicKey.asymmetricKeyDetails ?? {};
  return [publicKey.asymmetricKeyType, namedCurve ?? modulusLength]
    .filter((part) => part !== undefined)
    .join(' ');
}
