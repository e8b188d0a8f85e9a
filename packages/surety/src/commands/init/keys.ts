import { generateKeyPairSync } from 'node:crypto';
import { chmod, link, lstat, mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { privateKeyFromPem } from '@surety/evidence';
import { SuretyError } from '../../core/error.ts';

export const keyNames = ['log', 'prober'] as const;

/**
 * Makes the Ed25519 keys that are not there yet: PKCS#8 PEM, for this user only. One that is there is never
 * replaced, since what it signed can be checked with no other.
 *
 * @throws {SuretyError} `init/bad-key` for a file that is no such key
 */
export async function makeKey(
  folder: string,
  name: (typeof keyNames)[number],
): Promise<'written' | 'exists'> {
  const path = join(folder, `${name}.pem`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  if (await lstat(path).catch(() => null)) {
    await checkKey(path);
    return 'exists';
  }
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' });
  const temporary = join(folder, `.${name}-${process.pid}.tmp`);
  try {
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(pem);
      await file.sync();
    } finally {
      await file.close();
    }
    // Not a rename: that would replace a key which somebody made in the meantime.
    await link(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  return 'written';
}

async function checkKey(path: string): Promise<void> {
  const { mode } = await lstat(path);
  try {
    privateKeyFromPem(await readFile(path, 'utf8'));
  } catch (cause) {
    throw new SuretyError(
      'init/bad-key',
      `${path} is no Ed25519 key in PEM`,
      'put the right file back, or move this one away to start with a new key and a new log',
      { cause },
    );
  }
  if ((mode & 0o077) !== 0) await chmod(path, 0o600);
}
