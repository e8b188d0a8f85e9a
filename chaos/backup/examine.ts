import { judge, type Observation } from '@surety/evidence';
import type { BackupFacts } from '../../packages/surety/src/backup/facts.ts';
import { restoreInto } from '../../packages/surety/src/backup/restore.ts';
import { inventory } from '../../packages/surety/src/backup/sets.ts';
import type { Store } from '../../packages/surety/src/backup/stores/store.ts';
import intact from '../../packages/surety/src/controls/backup/intact.ts';
import { SuretyError } from '../../packages/surety/src/core/error.ts';
import { seeInto } from '../../packages/surety/src/core/see.ts';
import kind from '../../packages/surety/src/targets/backup/target.ts';

/** What the manifest, or the reading of every part before anything is done with it, may refuse a copy with. */
const refusals: readonly string[] = ['restore/altered', 'restore/odd-parts', 'store/no-object'];

export type Examined = 'refused by its manifest' | 'refused before the restore' | 'accepted';

/**
 * Does with one backup what a restore does. There are neither programs nor a server behind it: what gets past the reading of all parts cannot
 * connect, and counts as accepted.
 */
export async function examine(
  store: Store,
  backup: string,
  { signers }: Pick<BackupFacts, 'signers'>,
  identity: string,
): Promise<Examined> {
  const { sets } = await inventory(store, signers);
  const set = sets.find((one) => one.backup === backup);
  if (set === undefined) return 'refused by its manifest';
  const nothing = { path: '/nonexistent/pg_restore', version: { major: 15, minor: 20, text: '15.20' } };
  try {
    await restoreInto({
      ...{ set, store, identity, tools: { pgRestore: nothing }, database: 'copy' },
      server: 'postgresql://nobody@127.0.0.1:1/postgres',
      now: () => new Date(),
      signal: new AbortController().signal,
      secret: () => undefined,
      step: () => undefined,
    });
    return 'accepted';
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return refusals.includes(error.code) ? 'refused before the restore' : 'accepted';
  }
}

/** The verdict of `backup/intact` on stores. */
export async function intactVerdict(facts: BackupFacts, root: string): Promise<string> {
  const seen: Observation[] = [];
  const { signal } = new AbortController();
  const handle = await kind.open(facts, { root, signal, touch: 'nothing', secret: () => undefined });
  try {
    const see = seeInto(seen, {
      method: 'read',
      standIn: false,
      now: () => new Date(),
      attestation: async () => null,
    });
    await intact.prove({ backups: { kind: 'backup', handle } }, see);
  } finally {
    await handle.close();
  }
  return judge(seen).verdict;
}
