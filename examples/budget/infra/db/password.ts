import { type BinaryLike, type ScryptOptions, scrypt } from 'node:crypto';
import { promisify } from 'node:util';

const derive = promisify<BinaryLike, BinaryLike, number, ScryptOptions, Buffer>(scrypt);

/** As the API reads it: `scrypt$<log2 of the cost>$<salt>$<hash>`, base64url. Format shared with apps/api/src/auth/password.ts. */
export async function hashPassword(password: string, salt: Buffer, cost: number): Promise<string> {
  const hash = await derive(password, salt, 32, { N: 2 ** cost, r: 8, p: 1, maxmem: 2 ** (cost + 11) });
  return `scrypt$${cost}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}
