import { type BinaryLike, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<BinaryLike, BinaryLike, number, ScryptOptions, Buffer>(scrypt);

/** `scrypt$<log2 of the cost>$<salt>$<hash>`, base64url, r = 8, p = 1, 32 bytes. Also written by infra/db/password.ts. */
const format = /^scrypt\$(1[4-9]|20)\$([A-Za-z0-9_-]{22})\$([A-Za-z0-9_-]{43})$/;

/** Whether the password is the one that the hash was made from. A hash that cannot be read fits no password. */
export async function fits(password: string, stored: string): Promise<boolean> {
  const [, cost, salt, hash] = format.exec(stored) ?? [];
  if (cost === undefined || salt === undefined || hash === undefined) return false;
  const expected = Buffer.from(hash, 'base64url');
  const memory = 2 ** (Number(cost) + 11);
  const given = await derive(password, Buffer.from(salt, 'base64url'), 32, {
    N: 2 ** Number(cost),
    r: 8,
    p: 1,
    maxmem: memory,
  });
  return timingSafeEqual(given, expected);
}

/** A well-formed hash of no password, so that an unknown email costs as much time as a wrong password. */
export function hashOfNobody(cost: number): string {
  return `scrypt$${cost}$${Buffer.alloc(16).toString('base64url')}$${Buffer.alloc(32).toString('base64url')}`;
}
