import type pg from 'pg';
import { SuretyError } from '../core/error.ts';
import { blind } from '../targets/postgres/sql-error.ts';
import { readCatalogLines } from './source/catalog.ts';
import { readDatabase } from './source/database.ts';
import { readLargeObjects } from './source/large-objects.ts';
import { readRows } from './source/rows.ts';
import { readSequences } from './source/sequences.ts';
import { refuseHalfSight } from './source/sight.ts';
import type { HashedBy, Source } from './source/sql.ts';
import type { SourceFacts } from './source-facts.ts';

/**
 * What the database is in the transaction that `client` is in: every table's rows as a count and an order-free hash, and every
 * line of the catalog that a restore has to bring back. Settings of that transaction are changed until its end.
 *
 * Sequences move outside of any snapshot. They are read first, so that a dump that begins afterwards finds them where they are
 * said to be, or further on.
 *
 * @param seed of the row hashes: a random 64-bit integer as decimal text
 * @param like how the rows of the source were hashed, where this is its copy
 * @throws {BlindError} `source/…` naming what the role may not read, and the grant that lets it
 */
export async function readSource(client: pg.ClientBase, seed: string, like?: HashedBy): Promise<SourceFacts> {
  if (!/^-?\d{1,19}$/.test(seed)) throw new Error('the seed is no 64-bit integer');
  try {
    const source = await begin(client, seed, like);
    await refuseHalfSight(client);
    return {
      seed,
      ...(source.hashedBy === 'record' && { hashedBy: source.hashedBy }),
      sequences: await readSequences(client),
      catalog: await readCatalogLines(client, source),
      database: await readDatabase(client, source),
      largeObjects: await readLargeObjects(client, source),
      tables: await readRows(client, source),
    };
  } catch (error) {
    if (error instanceof SuretyError) throw error;
    throw blind(error, 'reading the source');
  }
}

/** What decides how values and definitions are written, so that both sides write the same; and nothing is ever filtered. */
const settings = {
  row_security: 'off',
  search_path: 'pg_catalog, pg_temp',
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
  IntervalStyle: 'postgres',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  lc_monetary: 'C',
  quote_all_identifiers: 'off',
  standard_conforming_strings: 'on',
  statement_timeout: '0',
  jit: 'off',
} as const;

async function begin(client: pg.ClientBase, seed: string, like?: HashedBy): Promise<Source> {
  const names = Object.keys(settings);
  await client.query(
    `select ${names.map((_, n) => `pg_catalog.set_config('${names[n]}', $${n + 1}, true)`).join(', ')}`,
    Object.values(settings),
  );
  const { rows } = await client.query<{ version: string; off: boolean }>(
    `select pg_catalog.current_setting('server_version_num') as version,
      pg_catalog.current_setting('row_security') = 'off' and pg_catalog.current_setting('bytea_output') = 'hex'
        and pg_catalog.current_setting('quote_all_identifiers') = 'off' and pg_catalog.current_setting('jit') = 'off' as off`,
  );
  const [found] = rows;
  // Outside of a transaction, what is set for it is gone with the statement.
  if (found?.off !== true) throw new Error('readSource wants a transaction');
  const major = Math.floor(Number(found.version) / 10_000);
  return { major, seed, hashedBy: like ?? (major < 14 ? 'text' : 'record') };
}
