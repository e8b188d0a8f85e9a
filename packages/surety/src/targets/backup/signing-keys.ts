import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { privateKeyFromPem, publicKeyText } from '@surety/evidence';

/** Keys below `.surety/keys/` that sign backups of these signers: where there is one, backups are made. */
export async function signingKeys(root: string, signers: readonly string[]): Promise<readonly string[]> {
  const folder = join(root, '.surety', 'keys');
  const names = await readdir(folder).catch(() => []);
  const found: string[] = [];
  for (const name of names.filter((one) => one.endsWith('.pem')).sort()) {
    const pem = await readFile(join(folder, name), 'utf8').catch(() => '');
    if (signers.includes(publicHalf(pem) ?? '')) found.push(name);
  }
  return found;
}

function publicHalf(pem: string): string | null {
  try {
    return publicKeyText(privateKeyFromPem(pem));
  } catch {
    return null;
  }
}
