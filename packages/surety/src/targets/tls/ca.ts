import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { SuretyError } from '../../core/error.ts';

/** PEM text as it is; anything else is a path. @throws {SuretyError} `estate/ca` */
export async function readCa(ca: string | undefined, root: string): Promise<string | undefined> {
  if (ca === undefined || ca.includes('-----BEGIN CERTIFICATE-----')) return ca;
  try {
    return await readFile(resolve(root, ca), 'utf8');
  } catch (cause) {
    throw new SuretyError('estate/ca', `the CA file ${ca} cannot be read`, 'mend `ca`: PEM text, or a path', {
      cause,
    });
  }
}
