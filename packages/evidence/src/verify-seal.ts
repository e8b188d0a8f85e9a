import type { KeyObject } from 'node:crypto';
import { readEnvelope, verifyEnvelope } from './envelope.ts';
import { keyDigest, publicKeyFromText } from './key.ts';
import type { OriginRecord } from './record.ts';
import { type Placed, readStatement } from './statement.ts';

/** A key that signs records, with the name that envelopes give it. */
export type Prober = { readonly key: KeyObject; readonly keyid: string };

/** A log entry, opened: what it says, or why it says nothing. */
export type Opened =
  | { readonly seal: 'sound'; readonly placed: Placed }
  /** Signed by the prober, and not a record that this version knows. */
  | { readonly seal: 'malformed'; readonly because: string }
  /** The signature of another key, or an envelope of something else. */
  | { readonly seal: 'stranger' }
  /** Says that the prober signed it; it did not. */
  | { readonly seal: 'broken' };

export function openEntry(bytes: Uint8Array, prober: Prober | null): Opened {
  const envelope = readEnvelope(bytes);
  if (envelope === null || prober === null) return { seal: 'broken' };
  if (envelope.keyid !== prober.keyid) return { seal: 'stranger' };
  if (!verifyEnvelope(envelope, prober.key, prober.keyid)) return { seal: 'broken' };
  const placed = readStatement(envelope);
  return 'malformed' in placed ? { seal: 'malformed', because: placed.malformed } : { seal: 'sound', placed };
}

/** The origin record in the first entry, if it is signed by the prober that it names. */
export function openOrigin(
  bytes: Uint8Array,
): { readonly record: OriginRecord; readonly prober: Prober } | null {
  const envelope = readEnvelope(bytes);
  const placed = envelope === null ? null : readStatement(envelope);
  if (placed === null || 'malformed' in placed || placed.record.type !== 'origin') return null;
  const { record } = placed;
  const prober = proberOf(record);
  if (prober === null || openEntry(bytes, prober).seal !== 'sound') return null;
  return placed.index === 0 && placed.origin === record.origin ? { record, prober } : null;
}

/** The prober that an origin record names; `null` where its keys are unreadable. */
export function proberOf(record: OriginRecord): Prober | null {
  try {
    publicKeyFromText(record.logKey);
    const key = publicKeyFromText(record.proberKey);
    return { key, keyid: keyDigest(key) };
  } catch {
    return null;
  }
}
