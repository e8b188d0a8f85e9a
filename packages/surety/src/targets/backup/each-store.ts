import { SuretyError } from '../../core/error.ts';
import type { See } from '../../core/see.ts';
import type { BackupStore } from './target.ts';

/**
 * Asks one store after the other. One that does not answer is seen as such, and the others are asked; gives
 * the answers of those that did.
 */
export async function eachStore<T>(
  stores: readonly BackupStore[],
  see: See,
  ask: (store: BackupStore) => Promise<T>,
): Promise<readonly T[]> {
  const answers: T[] = [];
  for (const store of stores) {
    try {
      answers.push(await ask(store));
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error;
      see.blind(`store ${store.name}`, error.message, { hint: error.hint });
    }
  }
  return answers;
}
