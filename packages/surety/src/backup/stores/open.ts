import { resolve } from 'node:path';
import type { StoreFacts } from '../facts.ts';
import { openFolder } from './folder.ts';
import { openS3 } from './s3.ts';
import type { Store, StoreContext } from './store.ts';

/**
 * Opens a store of the estate.
 *
 * @throws {BlindError} when it is not there, does not answer or does not let us in
 * @throws {SuretyError} `store/…` when it is not what the estate says of it
 */
export async function openStore(name: string, facts: StoreFacts, context: StoreContext): Promise<Store> {
  return 'folder' in facts
    ? openFolder(name, resolve(context.root, facts.folder), context.signal)
    : openS3(name, facts, context);
}
