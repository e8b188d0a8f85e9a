import { unseal } from '../../backup/seal.ts';
import type { BackupSet } from '../../backup/sets.ts';
import { type SourceFacts, sourceFacts } from '../../backup/source-facts.ts';
import type { Store } from '../../backup/stores/store.ts';
import { BlindError, SuretyError } from '../../core/error.ts';

const limit = 256 * 1024 * 1024;

/** What the source was at the snapshot of a backup. @throws {BlindError} `backup/no-identity` */
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
  if (part === undefined) throw unreadable(backup, 'it has no part facts');
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of unseal(store.read(part.key, part.version, signal), identity)) {
    bytes += chunk.length;
    if (bytes > limit) throw unreadable(backup, 'its facts are larger than any');
    chunks.push(chunk);
  }
  const read = sourceFacts.safeParse(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  if (!read.success) throw unreadable(backup, 'its facts are of another form');
  return read.data;
}

function unreadable(backup: string, fact: string): SuretyError {
  return new SuretyError('backup/unreadable', `${backup}: ${fact}`, 'surety drill says what else is wrong');
}
