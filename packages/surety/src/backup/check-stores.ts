import { SuretyError } from '../core/error.ts';
import type { Copies } from './copies.ts';
import { checkStore } from './preflight.ts';

/**
 * Looks at every store before anything is written. Where one of them does not answer, the others are still worth a backup.
 *
 * @param need bytes that have to fit
 * @returns milliseconds that each store's clock is ahead of ours, by its name
 * @throws {SuretyError} `preflight/no-store`
 */
export async function checkStores(copies: Copies, need: number): Promise<ReadonlyMap<string, number>> {
  const skews = new Map<string, number>();
  for (const { store } of copies.all()) {
    try {
      skews.set(store.name, await checkStore(store, need));
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error;
      copies.fail(store.name, error.message);
    }
  }
  if (skews.size > 0) return skews;
  const said = copies.all().map(({ failed }) => failed);
  throw new SuretyError(
    'preflight/no-store',
    `no store can take a backup: ${said.join('; ') || 'none of them opened'}`,
    'mend the stores',
  );
}
