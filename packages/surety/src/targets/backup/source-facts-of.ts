import { checkPart, openPart, readFacts } from '../../backup/restore/parts.ts';
import type { BackupSet } from '../../backup/sets.ts';
import type { SourceFacts } from '../../backup/source-facts.ts';
import type { Store } from '../../backup/stores/store.ts';
import { BlindError, SuretyError } from '../../core/error.ts';

/**
 * What the source was at the snapshot of a backup. Who can write into the store can seal for its recipients as well: only what
 * the signed manifest names by its SHA-256 is opened.
 *
 * @throws {BlindError} `backup/no-identity`
 * @throws {SuretyError} `backup/unreadable`, `restore/altered`, `restore/odd-parts`, `seal/…`
 */
export async function openSourceFacts(
  store: Store,
  { manifest, backup }: BackupSet,
  identity: string | undefined,
  signal: AbortSignal,
): Promise<SourceFacts> {
  if (identity === undefined) {
    throw new BlindError(
      'backup/no-identity',
      'no identity here opens a backup, as it should be where backups are made',
      'prove it where backups are restored: give the escrow identity there',
    );
  }
  const part = manifest.parts.find((one) => one.part === 'facts');
  if (part === undefined)
    throw new SuretyError(
      'backup/unreadable',
      `${backup}: it has no part facts`,
      'surety drill says what else is wrong',
    );
  return readFacts(openPart(store, await checkPart(store, part, signal), identity, signal));
}
