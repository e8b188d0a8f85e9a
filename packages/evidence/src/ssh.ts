import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';
import { decodeBase64 } from './base64.ts';
import { publicKeyFromText } from './key.ts';

/** The namespace that people sign under: `ssh-keygen -Y sign -n surety`. */
export const sshNamespace = 'surety';

/** A message, and what is to be a signature of it. */
export type SshSigned = {
  /** `ssh-ed25519 AAAA…`, with or without a comment. */
  readonly publicKey: string;
  /** The armoured SSHSIG. */
  readonly signature: string;
  readonly message: string;
};

/**
 * What is wrong with a person's SSH signature; `null` when nothing is. Knows Ed25519, ECDSA on the NIST curves
 * and RSA (2,048 bits and more, with SHA-2); signatures from security keys are refused.
 */
export function sshFault({ publicKey, signature, message }: SshSigned): string | null {
  const blob = sshKeyBlob(publicKey);
  if (blob === null) return 'its public key is unreadable';
  const parts = readSignature(signature);
  if (parts === null) return 'it is not an SSH signature';
  if (!parts.publicKey.equals(blob)) return 'another key made it';
  if (parts.namespace !== sshNamespace) return `it was made for ${JSON.stringify(parts.namespace)}`;
  if (parts.hash !== 'sha256' && parts.hash !== 'sha512') return `it uses the hash ${parts.hash}`;
  const signed = Buffer.concat([
    Buffer.from('SSHSIG'),
    sshString(Buffer.from(parts.namespace)),
    sshString(parts.reserved),
    sshString(Buffer.from(parts.hash)),
    sshString(createHash(parts.hash).update(message).digest()),
  ]);
  const check = keyCheck(blob);
  if (check === null) return 'its kind of key is not supported';
  return check(signed, parts.algorithm, parts.signature) ? null : 'it does not fit what is signed';
}

/** The binary form of a public key line; `null` when it is not one. Two lines with the same blob are the same key. */
export function sshKeyBlob(line: string): Buffer | null {
  const [type, base64] = line.trim().split(/\s+/);
  const blob = decodeBase64(base64 ?? '');
  if (blob === null) return null;
  return read(blob)?.string()?.toString() === type ? blob : null;
}

type Reader = { string(): Buffer | null; uint32(): number | null; atEnd(): boolean };

function read(bytes: Buffer): Reader {
  let at = 0;
  const uint32 = (): number | null => {
    if (at + 4 > bytes.length) return null;
    at += 4;
    return bytes.readUInt32BE(at - 4);
  };
  return {
    uint32,
    string() {
      const length = uint32();
      if (length === null || at + length > bytes.length) return null;
      at += length;
      return bytes.subarray(at - length, at);
    },
    atEnd: () => at === bytes.length,
  };
}

function sshString(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

type SignatureParts = {
  readonly publicKey: Buffer;
  readonly namespace: string;
  readonly reserved: Buffer;
  readonly hash: string;
  readonly algorithm: string;
  readonly signature: Buffer;
};

function readSignature(armoured: string): SignatureParts | null {
  const [, base64] =
    /^-----BEGIN SSH SIGNATURE-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END SSH SIGNATURE-----\s*$/.exec(
      armoured,
    ) ?? [];
  const blob = decodeBase64((base64 ?? '').replace(/[\r\n]/g, ''));
  if (blob?.subarray(0, 6).toString('latin1') !== 'SSHSIG') return null;
  const reader = read(blob.subarray(6));
  if (reader.uint32() !== 1) return null;
  const [publicKey, namespace, reserved, hash, outer] = Array.from({ length: 5 }, () => reader.string());
  if (!publicKey || !namespace || !reserved || !hash || !outer || !reader.atEnd()) return null;
  const inner = read(outer);
  const [algorithm, signature] = [inner.string(), inner.string()];
  if (!algorithm || !signature || !inner.atEnd()) return null;
  return {
    publicKey,
    namespace: namespace.toString(),
    reserved,
    hash: hash.toString(),
    algorithm: algorithm.toString(),
    signature,
  };
}

type Check = (signed: Buffer, algorithm: string, signature: Buffer) => boolean;

function keyCheck(blob: Buffer): Check | null {
  const reader = read(blob);
  const type = reader.string()?.toString() ?? '';
  if (type === 'ssh-ed25519') return ed25519Check(reader);
  if (type === 'ssh-rsa') return rsaCheck(reader);
  const curve = curves.get(type);
  return curve === undefined ? null : ecdsaCheck(type, curve, reader);
}

function ed25519Check(reader: Reader): Check | null {
  const raw = reader.string();
  if (raw?.length !== 32 || !reader.atEnd()) return null;
  const key = publicKeyFromText(raw.toString('base64'));
  return (signed, algorithm, signature) =>
    algorithm === 'ssh-ed25519' && signature.length === 64 && verify(null, signed, key, signature);
}

function rsaCheck(reader: Reader): Check | null {
  const [e, n] = [unsigned(reader.string()), unsigned(reader.string())];
  if (e === null || n === null || n.length < 256 || !reader.atEnd()) return null;
  const key = importKey({ kty: 'RSA', n: n.toString('base64url'), e: e.toString('base64url') });
  const hashes: ReadonlyMap<string, string> = new Map([
    ['rsa-sha2-256', 'sha256'],
    ['rsa-sha2-512', 'sha512'],
  ]);
  if (key === null) return null;
  return (signed, algorithm, signature) => {
    const hash = hashes.get(algorithm);
    return hash !== undefined && verify(hash, signed, key, signature);
  };
}

type Curve = { readonly name: string; readonly crv: string; readonly bytes: number; readonly hash: string };

const curves: ReadonlyMap<string, Curve> = new Map([
  ['ecdsa-sha2-nistp256', { name: 'nistp256', crv: 'P-256', bytes: 32, hash: 'sha256' }],
  ['ecdsa-sha2-nistp384', { name: 'nistp384', crv: 'P-384', bytes: 48, hash: 'sha384' }],
  ['ecdsa-sha2-nistp521', { name: 'nistp521', crv: 'P-521', bytes: 66, hash: 'sha512' }],
]);

function ecdsaCheck(type: string, { name, crv, bytes, hash }: Curve, reader: Reader): Check | null {
  const [curve, point] = [reader.string()?.toString(), reader.string()];
  // 4: the point is written out, not compressed.
  if (curve !== name || point?.length !== 1 + 2 * bytes || point[0] !== 4 || !reader.atEnd()) return null;
  const [x, y] = [point.subarray(1, 1 + bytes), point.subarray(1 + bytes)];
  const key = importKey({ kty: 'EC', crv, x: x.toString('base64url'), y: y.toString('base64url') });
  if (key === null) return null;
  return (signed, algorithm, signature) => {
    const numbers = read(signature);
    const [r, s] = [unsigned(numbers.string()), unsigned(numbers.string())];
    if (algorithm !== type || r === null || s === null || !numbers.atEnd()) return false;
    if (r.length > bytes || s.length > bytes) return false;
    const flat = Buffer.alloc(2 * bytes);
    r.copy(flat, bytes - r.length);
    s.copy(flat, 2 * bytes - s.length);
    return verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, flat);
  };
}

/** A positive number without the zero byte that SSH puts before a high bit. */
function unsigned(mpint: Buffer | null): Buffer | null {
  return mpint?.[0] === 0 ? mpint.subarray(1) : mpint;
}

function importKey(key: { readonly kty: string } & { readonly [name: string]: string }): KeyObject | null {
  try {
    return createPublicKey({ key, format: 'jwk' });
  } catch {
    return null;
  }
}
