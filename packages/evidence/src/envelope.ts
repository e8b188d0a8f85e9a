import { isUtf8 } from 'node:buffer';
import type { KeyObject } from 'node:crypto';
import { decodeBase64 } from './base64.ts';
import { canonicalize } from './canonical.ts';
import { keyDigest, signBytes, verifyBytes } from './key.ts';
import { list, object, parseJson, type Shape, text } from './shape.ts';

/** What a DSSE signature covers: type and payload, each with its length. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const type = Buffer.from(payloadType);
  return Buffer.concat([
    Buffer.from(`DSSEv1 ${type.length} `),
    type,
    Buffer.from(` ${payload.length} `),
    payload,
  ]);
}

export type Envelope = {
  readonly payloadType: string;
  readonly payload: Buffer;
  readonly keyid: string;
  readonly signature: Buffer;
};

/** Signs a payload and writes its DSSE envelope as canonical JSON. */
export function sealEnvelope(payloadType: string, payload: Uint8Array, key: KeyObject): Buffer {
  const signature = signBytes(key, preAuthEncoding(payloadType, payload));
  return Buffer.from(
    canonicalize({
      payload: Buffer.from(payload).toString('base64'),
      payloadType,
      signatures: [{ keyid: keyDigest(key), sig: signature.toString('base64') }],
    }),
  );
}

type EnvelopeJson = {
  readonly payload: string;
  readonly payloadType: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
};

const envelopeShape: Shape<EnvelopeJson> = object({
  payload: text,
  payloadType: text,
  signatures: list(object({ keyid: text, sig: text })),
});

/** Reads an envelope with one signature, in canonical form; `null` for anything else. */
export function readEnvelope(bytes: Uint8Array): Envelope | null {
  const json = isUtf8(bytes) ? parseJson(Buffer.from(bytes).toString('utf8'), 'canonical') : undefined;
  if (json === undefined || !envelopeShape(json, { at: [] })) return null;
  const [only, ...others] = json.signatures;
  const payload = decodeBase64(json.payload);
  const signature = decodeBase64(only?.sig ?? '');
  if (only === undefined || others.length > 0 || payload === null || signature === null) return null;
  return { payloadType: json.payloadType, payload, keyid: only.keyid, signature };
}

/** Whether the envelope names this key and carries its signature. `keyid` is the key's digest. */
export function verifyEnvelope(envelope: Envelope, key: KeyObject, keyid: string): boolean {
  return (
    envelope.keyid === keyid &&
    verifyBytes(key, preAuthEncoding(envelope.payloadType, envelope.payload), envelope.signature)
  );
}
