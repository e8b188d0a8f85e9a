import { createHash } from 'node:crypto';
import { wireVersions } from './protocol.ts';
import { ssl2Kinds } from './suites.ts';

/** What a server said to a ClientHello. */
export type Reply =
  | {
      readonly kind: 'hello';
      readonly version: number;
      /** The suite that it chose; every one that it would take, for SSLv2. */
      readonly suites: readonly number[];
      readonly compression: boolean;
      /** It asked for another key share: it speaks TLS 1.3, in another group. */
      readonly retry: boolean;
      /** It confirmed RFC 5746. */
      readonly secureRenegotiation: boolean;
    }
  | { readonly kind: 'alert'; readonly alert: string }
  | { readonly kind: 'garbled' };

const alerts: ReadonlyMap<number, string> = new Map([
  [0, 'close_notify'],
  [10, 'unexpected_message'],
  [20, 'bad_record_mac'],
  [22, 'record_overflow'],
  [40, 'handshake_failure'],
  [41, 'no_certificate'],
  [47, 'illegal_parameter'],
  [50, 'decode_error'],
  [70, 'protocol_version'],
  [71, 'insufficient_security'],
  [80, 'internal_error'],
  [86, 'inappropriate_fallback'],
  [109, 'missing_extension'],
  [112, 'unrecognized_name'],
  [116, 'certificate_required'],
  [120, 'no_application_protocol'],
]);

const warning = 1;
/** The random of a ServerHello that is a HelloRetryRequest (RFC 8446 §4.1.3). */
const retryRandom = createHash('sha256').update('HelloRetryRequest').digest();

/** Reads what came so far; `incomplete` while the first message has not ended. */
export function readReply(bytes: Buffer): Reply | 'incomplete' {
  if (looksLikeSsl2(bytes)) return readSsl2(bytes);
  let handshake = Buffer.alloc(0);
  let rest = bytes;
  while (rest.length >= 5) {
    const [type, major] = [rest.readUInt8(0), rest.readUInt8(1)];
    if (major !== 3 || (type !== 21 && type !== 22)) return { kind: 'garbled' };
    const length = rest.readUInt16BE(3);
    if (rest.length < 5 + length) return 'incomplete';
    const fragment = rest.subarray(5, 5 + length);
    rest = rest.subarray(5 + length);
    if (type === 21) {
      const alert = readAlert(fragment);
      if (alert !== null) return alert;
      continue;
    }
    handshake = Buffer.concat([handshake, fragment]);
    const message = readHandshake(handshake);
    if (message !== 'incomplete') return message;
  }
  return rest.length > 0 && rest[0] !== 21 && rest[0] !== 22 ? { kind: 'garbled' } : 'incomplete';
}

/** `null` for a warning, after which the server goes on (`unrecognized_name`, say). */
function readAlert(fragment: Buffer): Reply | null {
  const [level, description = 0] = fragment;
  if (fragment.length !== 2) return { kind: 'garbled' };
  if (level === warning && description !== 0) return null;
  return { kind: 'alert', alert: alerts.get(description) ?? String(description) };
}

function readHandshake(bytes: Buffer): Reply | 'incomplete' {
  if (bytes.length < 4) return 'incomplete';
  const length = bytes.readUIntBE(1, 3);
  if (bytes[0] !== 2 || length > 0xffff) return { kind: 'garbled' };
  if (bytes.length < 4 + length) return 'incomplete';
  return readServerHello(bytes.subarray(4, 4 + length)) ?? { kind: 'garbled' };
}

function readServerHello(body: Buffer): Reply | null {
  const sessionLength = body[34];
  if (sessionLength === undefined || body.length < 38 + sessionLength) return null;
  const at = 35 + sessionLength;
  const extensions = readExtensions(body.subarray(at + 3));
  const selected = extensions.get(43);
  return {
    kind: 'hello',
    version: selected?.length === 2 ? selected.readUInt16BE(0) : body.readUInt16BE(0),
    suites: [body.readUInt16BE(at)],
    compression: body[at + 2] !== 0,
    retry: body.subarray(2, 34).equals(retryRandom),
    secureRenegotiation: extensions.has(0xff01),
  };
}

function readExtensions(bytes: Buffer): ReadonlyMap<number, Buffer> {
  const found = new Map<number, Buffer>();
  let at = 2;
  while (at + 4 <= bytes.length) {
    const length = bytes.readUInt16BE(at + 2);
    found.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  return found;
}

const ssl2Error = 0;
const ssl2ServerHello = 4;

/** A two-byte length with its high bit set, then one of the two answers to a hello. No TLS record starts so. */
function looksLikeSsl2(bytes: Buffer): boolean {
  return (
    bytes.length >= 3 &&
    ((bytes[0] ?? 0) & 0x80) !== 0 &&
    (bytes[2] === ssl2Error || bytes[2] === ssl2ServerHello)
  );
}

/** Error codes of SSLv2, as the draft of 1995 has them. */
const ssl2Errors: ReadonlyMap<number, string> = new Map([
  [1, 'no_cipher'],
  [2, 'no_certificate'],
  [4, 'bad_certificate'],
  [6, 'unsupported_certificate_type'],
]);

function readSsl2(bytes: Buffer): Reply | 'incomplete' {
  const length = bytes.readUInt16BE(0) & 0x7fff;
  if (bytes.length < 2 + length) return 'incomplete';
  const body = bytes.subarray(2, 2 + length);
  if (body[0] === ssl2Error && body.length === 3) {
    const code = body.readUInt16BE(1);
    return { kind: 'alert', alert: ssl2Errors.get(code) ?? `SSLv2 error ${code}` };
  }
  if (body[0] !== ssl2ServerHello || body.length < 11 || body.readUInt16BE(3) !== wireVersions.SSLv2)
    return { kind: 'garbled' };
  const start = 11 + body.readUInt16BE(5);
  const specs = body.subarray(start, start + body.readUInt16BE(7));
  const offered = Array.from({ length: Math.floor(specs.length / 3) }, (_, index) =>
    specs.readUIntBE(index * 3, 3),
  );
  return {
    kind: 'hello',
    version: wireVersions.SSLv2,
    suites: offered.filter((kind) => ssl2Kinds.has(kind)),
    compression: false,
    retry: false,
    secureRenegotiation: false,
  };
}
