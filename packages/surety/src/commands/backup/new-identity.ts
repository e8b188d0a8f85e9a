import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { SuretyError } from '../../core/error.ts';
import type { Terminal } from '../verb.ts';

/** Makes an age identity that only this account may read, and says which recipient it opens for. */
export async function newIdentity(file: string, { cwd, now, out, err }: Terminal): Promise<void> {
  const path = resolve(cwd, file);
  const identity = await generateX25519Identity();
  const recipient = await identityToRecipient(identity);
  const handle = await open(path, 'wx', 0o600).catch((cause: unknown) => {
    const taken = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    throw new SuretyError(
      taken ? 'usage/taken' : 'usage/not-written',
      taken ? `${file} is there already: backups may need the key in it` : `${file} cannot be written`,
      'name a new file in a folder that exists',
      { cause },
    );
  });
  try {
    await handle.writeFile(`# created: ${now().toISOString()}\n# public key: ${recipient}\n${identity}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  out(`${recipient}\n`);
  err(
    `${file} opens what is sealed for this recipient\n  hint: add the recipient to recipients; move the file into escrow, away from the host that makes backups\n`,
  );
}
