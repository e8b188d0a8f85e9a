import type { KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { privateKeyFromPem } from '@surety/evidence';
import { SuretyError } from '../../core/error.ts';
import { signingKeys } from '../../targets/backup/signing-keys.ts';

/** The key here whose signature counts for these backups. @throws {SuretyError} `drill/no-key` */
export async function signingKey(root: string, signers: readonly string[]): Promise<KeyObject> {
  const [name] = await signingKeys(root, signers);
  if (name !== undefined)
    return privateKeyFromPem(await readFile(join(root, '.surety', 'keys', name), 'utf8'));
  throw new SuretyError(
    'drill/no-key',
    'none of the keys in .surety/keys is among the signers of the target: nobody would believe the receipt',
    'add what `surety backup --signer` prints here to signers',
  );
}
