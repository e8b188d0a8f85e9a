import { createHash } from 'node:crypto';
import type { BackupSet } from '../sets.ts';
import type { PgBackRest } from './pgbackrest.ts';
import type { readVerified } from './verify-output.ts';

const manifestLimit = 512 * 2 ** 20;

/** What `pgbackrest verify` found wrong, in words; `null` where every file has its checksum. */
export function damageOf({ archive, backups, trouble }: ReturnType<typeof readVerified>): string | null {
  const wrong = [...backups, ...archive].filter((one) => one.trouble !== null);
  if (trouble === null && wrong.length === 0) return null;
  return [trouble ?? [], ...wrong.map((one) => `${one.what}: ${one.trouble}`)].flat().join('; ');
}

/** SHA-256 of pgBackRest's own list of what is in a backup, deciphered. */
export async function manifestDigest(pgbackrest: PgBackRest, stanza: string, label: string): Promise<string> {
  const list = await pgbackrest.get(`backup/${stanza}/${label}/backup.manifest`, manifestLimit);
  return createHash('sha256').update(list).digest('hex');
}

/** The digests of `backup.manifest` that verified manifests tell of, by pgBackRest's label. */
export function signedDigests(sets: readonly BackupSet[], stanza: string): ReadonlyMap<string, string> {
  return new Map(
    sets.flatMap(({ manifest: { physical } }) =>
      physical?.stanza === stanza ? [[physical.label, physical.manifest] as const] : [],
    ),
  );
}
