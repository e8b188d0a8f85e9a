import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Inventory, inventory } from '../../backup/sets.ts';
import { openStore } from '../../backup/stores/open.ts';
import type { Store } from '../../backup/stores/store.ts';
import { BlindError, SuretyError } from '../../core/error.ts';
import { passwordsIn } from '../../targets/postgres/passwords.ts';
import type { Situation } from '../restore/situation.ts';

export type Opened = {
  readonly stores: readonly Store[];
  readonly missing: readonly { readonly store: string; readonly fact: string }[];
};

/** Every store of the estate; one that does not open keeps none of the others from being used. */
export async function openStores({ facts, estate, terminal, redactor }: Situation): Promise<Opened> {
  const stores: Store[] = [];
  const missing: Opened['missing'][number][] = [];
  for (const [name, said] of Object.entries(facts.stores)) {
    try {
      stores.push(
        await openStore(name, said, { root: estate.root, signal: terminal.signal, secret: redactor.secret }),
      );
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error;
      missing.push({ store: name, fact: error.message });
    }
  }
  return { stores, missing };
}

/** What each store has; `null` where it could not be read. */
export async function inventories(
  stores: readonly Store[],
  signers: readonly string[],
): Promise<ReadonlyMap<string, Inventory | null>> {
  const found = new Map<string, Inventory | null>();
  for (const store of stores) {
    found.set(
      store.name,
      await inventory(store, signers).catch((error: unknown) => {
        if (error instanceof SuretyError) return null;
        throw error;
      }),
    );
  }
  return found;
}

export function learnSecrets({ facts, redactor: { secret } }: Situation): void {
  for (const password of passwordsIn(facts.url)) secret(password);
  for (const store of Object.values(facts.stores)) if ('bucket' in store) secret(store.secretAccessKey);
}

/** PEM text of the authority that signs the server's certificate. */
export async function authorityOf({ facts, estate }: Situation): Promise<string | undefined> {
  if (facts.ca === undefined) return undefined;
  const { ca } = facts;
  return readFile(resolve(estate.root, ca), 'utf8').catch((cause: unknown) => {
    throw new BlindError('backup/no-ca', `${ca} cannot be read`, 'mend ca of the target', { cause });
  });
}
