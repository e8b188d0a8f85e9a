import { randomBytes } from 'node:crypto';
import { type Protocol, wireVersions } from './protocol.ts';

export type Offered = {
  readonly protocol: Protocol;
  readonly suites: readonly number[];
  /** Sent as SNI, where the protocol has it; `null` for an address. */
  readonly serverName: string | null;
};

const groups = [
  0x001d, 0x0017, 0x0018, 0x0019, 0x001e, 0x11ec, 0x0016, 0x0015, 0x0013, 0x001a, 0x001b, 0x001c, 0x000e,
  0x000c, 0x000a, 0x0100, 0x0101, 0x0102, 0x0103, 0x0104,
];
const x25519 = 0x001d;

const signatureAlgorithms = [
  0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080a, 0x080b, 0x0401, 0x0501,
  0x0601, 0x0303, 0x0301, 0x0203, 0x0201, 0x0402, 0x0202, 0x0101,
];

/**
 * The bytes of one ClientHello that offers exactly this protocol, made without a TLS library: those will not
 * offer what they themselves refuse to speak.
 *
 * Layouts: RFC 8446 §4.1.2, RFC 5246 §7.4.1.2, RFC 6101 §5.6.1.2; SSLv2: RFC 6101 appendix E.
 */
export function clientHello({ protocol, suites, serverName }: Offered): Buffer {
  if (protocol === 'SSLv2') return ssl2Hello(suites);
  const version = wireVersions[protocol];
  const old = protocol !== 'TLS 1.3';
  const body = Buffer.concat([
    u16(Math.min(version, wireVersions['TLS 1.2'])),
    randomBytes(32),
    // A session id keeps middleboxes that know only TLS 1.2 from breaking TLS 1.3 (RFC 8446, D.4).
    vector(1, old ? Buffer.alloc(0) : randomBytes(32)),
    vector(2, Buffer.concat(suites.map(u16))),
    // Compression is offered wherever it can be: choosing it is a finding.
    vector(1, Buffer.from(old ? [1, 0] : [0])),
    // SSLv3 knows no extensions, and some of its servers choke on them.
    ...(protocol === 'SSLv3' ? [] : [vector(2, extensions(protocol, serverName))]),
  ]);
  const handshake = Buffer.concat([Buffer.from([1]), vector(3, body)]);
  const recordVersion = protocol === 'SSLv3' ? version : wireVersions['TLS 1.0'];
  return Buffer.concat([Buffer.from([22]), u16(recordVersion), vector(2, handshake)]);
}

function extensions(protocol: Protocol, serverName: string | null): Buffer {
  const name = serverName === null ? [] : [extension(0, vector(2, sni(serverName)))];
  const shared = [...name, extension(10, vector(2, Buffer.concat(groups.map(u16))))];
  const signatures = extension(13, vector(2, Buffer.concat(signatureAlgorithms.map(u16))));
  if (protocol === 'TLS 1.3') {
    // Any 32 bytes are a public key of X25519, and the handshake ends long before it is used.
    const share = Buffer.concat([u16(x25519), vector(2, randomBytes(32))]);
    return Buffer.concat([
      ...shared,
      signatures,
      extension(43, vector(1, u16(wireVersions['TLS 1.3']))),
      extension(45, vector(1, Buffer.from([1]))),
      extension(51, vector(2, share)),
    ]);
  }
  return Buffer.concat([
    ...shared,
    extension(11, vector(1, Buffer.from([0]))),
    ...(protocol === 'TLS 1.2' ? [signatures] : []),
    extension(23, Buffer.alloc(0)),
    extension(0xff01, vector(1, Buffer.alloc(0))),
  ]);
}

function sni(serverName: string): Buffer {
  return Buffer.concat([Buffer.from([0]), vector(2, Buffer.from(serverName, 'ascii'))]);
}

function ssl2Hello(kinds: readonly number[]): Buffer {
  const specs = Buffer.concat(kinds.map((kind) => sized(3, kind)));
  const challenge = randomBytes(16);
  const body = Buffer.concat([
    Buffer.from([1]),
    u16(wireVersions.SSLv2),
    u16(specs.length),
    u16(0),
    u16(challenge.length),
    specs,
    challenge,
  ]);
  return Buffer.concat([u16(0x8000 | body.length), body]);
}

function extension(type: number, data: Buffer): Buffer {
  return Buffer.concat([u16(type), vector(2, data)]);
}

/** Data after its length, which takes `width` bytes. */
function vector(width: 1 | 2 | 3, data: Buffer): Buffer {
  return Buffer.concat([sized(width, data.length), data]);
}

function u16(value: number): Buffer {
  return sized(2, value);
}

function sized(width: number, value: number): Buffer {
  const bytes = Buffer.alloc(width);
  bytes.writeUIntBE(value, 0, width);
  return bytes;
}
