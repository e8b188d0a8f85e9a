import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';

const iterations = 4096;

/**
 * The verifier that PostgreSQL stores for a password (RFC 5802, SCRAM-SHA-256), computed here, so that the password
 * itself is never part of a statement and cannot end up in a server log.
 *
 * @param password printable ASCII: anything else would need SASLprep to mean the same to every client
 * @throws {Error} when the password is too short or has other characters
 */
export function scramVerifier(password: string): string {
  if (!/^[\x21-\x7e]{16,}$/.test(password)) {
    throw new Error(
      'a role password needs at least 16 printable ASCII characters, for example: openssl rand -hex 32',
    );
  }
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password, salt, iterations, 32, 'sha256');
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const storedKey = createHash('sha256').update(clientKey).digest('base64');
  const serverKey = createHmac('sha256', salted).update('Server Key').digest('base64');
  return `SCRAM-SHA-256$${iterations}:${salt.toString('base64')}$${storedKey}:${serverKey}`;
}
