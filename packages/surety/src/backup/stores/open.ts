import { resolve } from 'node:path';
import type { OpenContext } from '../../core/target.ts';
import type { StoreFacts } from '../facts.ts';
import { openFolder } from './folder.ts';
import type { Store } from './store.ts';

export type StoreContext = Pick<OpenContext, 'root' | 'signal' | 'secret'>;

/**
 * Opens a store of the estate.
 *
 * @throws {BlindError} when it is not there, does not answer or does not let us in
 * @throws {SuretyError} `store/…` when it is not what the estate says of it
 */
export async function openStore(name: string, facts: StoreFacts, context: StoreContext): Promise<Store> {
  if ('folder' in facts) return openFolder(name, resolve(context.root, facts.folder));
  throw new Error('not yet');
}
