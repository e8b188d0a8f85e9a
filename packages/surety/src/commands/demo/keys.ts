import type { KeyObject } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKey, privateKeyToPem } from '@surety/evidence';

export type DemoKeys = { readonly logKey: KeyObject; readonly proberKey: KeyObject };

/** Keys as `surety init` makes them, new each time, in `.surety/keys` of a folder. */
export async function makeKeys(root: string): Promise<DemoKeys> {
  const folder = join(root, '.surety', 'keys');
  const [logKey, proberKey] = [generateKey(), generateKey()];
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const [name, key] of Object.entries({ log: logKey, prober: proberKey })) {
    await writeFile(join(folder, `${name}.pem`), privateKeyToPem(key), { mode: 0o600 });
  }
  return { logKey, proberKey };
}
