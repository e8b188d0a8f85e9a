import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { decodeBase64 } from './base64.ts';
import { EvidenceError } from './error.ts';

// What stands before the 32 raw bytes in the SPKI form of every Ed25519 key (RFC 8410).
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const ed25519NoteType = 0x01;

/** A new Ed25519 private key. */
export function generateKey(): KeyObject {
  return generateKeyPairSync('ed25519').privateKey;
}

/** PKCS#8 in PEM, unencrypted: for a file with mode 0600. */
export function privateKeyToPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** @throws {EvidenceError} `key/unreadable` when it is not an Ed25519 private key in PEM. */
export function privateKeyFromPem(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Falls through: OpenSSL's own message says nothing that helps.
  }
  throw new EvidenceError(
    'key/unreadable',
    'this is not an Ed25519 private key in PEM',
    'restore the key from your backup; docs/keys.md says what to do when it is lost',
  );
}

/** The raw 32 bytes of a public key, or of the public half of a private one. */
function rawPublicKey(key: KeyObject): Buffer {
  const { x } = key.export({ format: 'jwk' });
  if (key.asymmetricKeyType !== 'ed25519' || x === undefined)
    throw new EvidenceError('key/unreadable', 'not an Ed25519 key', 'generate one with generateKey()');
  return Buffer.from(x, 'base64url');
}

/** Base64 of the raw 32 bytes, as origin records carry it. */
export function publicKeyText(key: KeyObject): string {
  return rawPublicKey(key).toString('base64');
}

/** @throws {EvidenceError} `key/unreadable` when the text is not base64 of 32 bytes. */
export function publicKeyFromText(text: string): KeyObject {
  const raw = decodeBase64(text);
  if (raw === null || raw.length !== 32)
    throw new EvidenceError(
      'key/unreadable',
      'a public key is 32 bytes in base64',
      'copy it again, whole, from where it was published',
    );
  return createPublicKey({ key: Buffer.concat([spkiPrefix, raw]), format: 'der', type: 'spki' });
}

/** SHA-256 of the raw public key, in hexadecimal: names a key in an envelope. */
export function keyDigest(key: KeyObject): string {
  return createHash('sha256').update(rawPublicKey(key)).digest('hex');
}

export function signBytes(key: KeyObject, message: Uint8Array): Buffer {
  return sign(null, message, key);
}

export function verifyBytes(key: KeyObject, message: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === 64 && verify(null, message, key, signature);
}

/** A public key with the name that it signs notes under (C2SP signed-note). */
export type NoteVerifier = { readonly name: string; readonly key: KeyObject };

/** The four bytes by which a note names a key. */
export function noteKeyId({ name, key }: NoteVerifier): Buffer {
  return createHash('sha256')
    .update(`${name}\n`)
    .update(Uint8Array.of(ed25519NoteType))
    .update(rawPublicKey(key))
    .digest()
    .subarray(0, 4);
}

/** `NAME+HASH+BASE64`: the public key as it is published and pinned. */
export function formatVerifierKey(verifier: NoteVerifier): string {
  const key = Buffer.concat([Uint8Array.of(ed25519NoteType), rawPublicKey(verifier.key)]);
  return `${verifier.name}+${noteKeyId(verifier).toString('hex')}+${key.toString('base64')}`;
}

/** @throws {EvidenceError} `key/unreadable` when it is not such a text or its hash is not the key's. */
export function parseVerifierKey(text: string): NoteVerifier {
  const [, name, id, base64] = /^([^+\s]+)\+([0-9a-f]{8})\+([A-Za-z0-9+/=]+)$/u.exec(text.trim()) ?? [];
  const bytes = decodeBase64(base64 ?? '');
  if (name !== undefined && bytes?.length === 33 && bytes[0] === ed25519NoteType) {
    const verifier = { name, key: publicKeyFromText(bytes.subarray(1).toString('base64')) };
    if (noteKeyId(verifier).toString('hex') === id) return verifier;
  }
  throw new EvidenceError(
    'key/unreadable',
    'this is not a verifier key (NAME+HASH+BASE64)',
    'copy it again, whole, from where it was published',
  );
}

/** Whether a name may stand in a note: not empty, no blanks, no plus, no control characters. */
export function isNoteName(name: string): boolean {
  return name !== '' && name.isWellFormed() && !/[\s+\p{Cc}]/u.test(name);
}
