import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

cryptoProvider.set(webcrypto);

const day = 86_400_000;

const algorithms = {
  ecdsa: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  rsa: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  },
} as const;

export type LeafOptions = {
  /** DNS names and IP addresses. Default: localhost, 127.0.0.1. */
  readonly names?: readonly { readonly type: 'dns' | 'ip'; readonly value: string }[];
  /** Days from now, may be negative. Default: -1 to 90. */
  readonly from?: number;
  readonly until?: number;
  readonly key?: keyof typeof algorithms;
};

/** PEM, as `node:tls` takes it. */
export type KeyPair = { readonly key: string; readonly cert: string };

/** A CA that exists for one test. */
export type ThrowawayCa = {
  /** PEM, as `ca` takes it. */
  readonly cert: string;
  issue(options?: LeafOptions): Promise<KeyPair>;
};

type Keys = Awaited<ReturnType<typeof generateKeys>>;
type Issuer = { readonly name: string; readonly keys: Keys };

/** Makes a CA whose key never leaves the process. */
export async function throwawayCa(name = 'surety scratch CA'): Promise<ThrowawayCa> {
  const keys = await generateKeys('ecdsa');
  const root = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(Date.now() - 400 * day),
    notAfter: new Date(Date.now() + 400 * day),
    keys,
    signingAlgorithm: algorithms.ecdsa,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
  const issuer = { name: root.subject, keys };
  return {
    cert: root.toString('pem'),
    issue: async (options = {}) => issueLeaf(options, await generateKeys(options.key ?? 'ecdsa'), issuer),
  };
}

/** A leaf that vouches for itself. */
export async function selfSigned(options: Omit<LeafOptions, 'key'> = {}): Promise<KeyPair> {
  const keys = await generateKeys('ecdsa');
  return issueLeaf(options, keys, { name: subject, keys });
}

const subject = 'CN=surety scratch service';

function generateKeys(key: keyof typeof algorithms) {
  return webcrypto.subtle.generateKey(algorithms[key], true, ['sign', 'verify']);
}

async function issueLeaf(
  { names = localNames, from = -1, until = 90 }: LeafOptions,
  keys: Keys,
  issuer: Issuer,
): Promise<KeyPair> {
  const leaf = await X509CertificateGenerator.create({
    subject,
    issuer: issuer.name,
    notBefore: new Date(Date.now() + from * day),
    notAfter: new Date(Date.now() + until * day),
    publicKey: keys.publicKey,
    signingKey: issuer.keys.privateKey,
    signingAlgorithm: algorithms.ecdsa,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new SubjectAlternativeNameExtension([...names]),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { key: pem('PRIVATE KEY', pkcs8), cert: leaf.toString('pem') };
}

const localNames: NonNullable<LeafOptions['names']> = [
  { type: 'dns', value: 'localhost' },
  { type: 'ip', value: '127.0.0.1' },
];

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
