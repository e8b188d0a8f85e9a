import { createHmac } from 'node:crypto';

/**
 * Names a value without showing it: equal values have equal names under one key, and without the key nobody can
 * try values until one fits. `key` is at least 16 random bytes, kept like any other key.
 */
export function createFingerprint(key: Uint8Array): (value: string) => string {
  if (key.length < 16) throw new RangeError('a fingerprint key has at least 16 bytes');
  return (value) => `fp:${createHmac('sha256', key).update(value).digest('hex').slice(0, 12)}`;
}
