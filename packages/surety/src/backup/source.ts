import type pg from 'pg';
import { SuretyError } from '../core/error.ts';
import type { SourceFacts } from './source-facts.ts';

/**
 * What the database is in the transaction that `client` is in: every table's rows as a count and an order-free hash, and every
 * line of the catalog that a restore has to bring back.
 *
 * @param seed of the row hashes: a random 64-bit integer as decimal text
 * @throws {BlindError} `source/…` naming what the role may not read, and the grant that lets it
 */
export async function readSource(_client: pg.ClientBase, _seed: string): Promise<SourceFacts> {
  throw new SuretyError('source/unfinished', 'not yet', 'wait');
}
