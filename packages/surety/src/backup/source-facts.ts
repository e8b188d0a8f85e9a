import { z } from 'zod';

/**
 * What the database was at the backup's snapshot, read in the same snapshot. Encrypted like the rows, as part `facts`: names and
 * definitions may tell much, and a hash of a row can be guessed by who knows the seed.
 */
export const sourceFacts = z.strictObject({
  /** Of the row hashes: a random 64-bit integer, as decimal text. */
  seed: z.string().regex(/^-?\d+$/),
  /** How a row was hashed, so that a copy is hashed likewise: column by column, by servers from 14 on; else, without this, as it is written. */
  hashedBy: z.literal('record').exactOptional(),
  tables: z.array(
    z.strictObject({
      schema: z.string(),
      name: z.string(),
      rows: z.int().min(0),
      /** Sum over the rows of their hashes under the seed, as decimal text; it does not depend on their order. */
      hash: z.string().regex(/^-?\d+$/),
    }),
  ),
  sequences: z.array(
    z.strictObject({
      schema: z.string(),
      name: z.string(),
      last: z.string().nullable(),
      called: z.boolean(),
    }),
  ),
  largeObjects: z.strictObject({ count: z.int().min(0), hash: z.string() }),
  /** Everything of the catalog that a restore has to bring back: `kind` and `name` say what, `is` says how it is defined. */
  catalog: z.array(z.strictObject({ kind: z.string(), name: z.string(), is: z.string() })),
  /** What `create database` needs, and what no dump of a database alone brings back. */
  database: z.strictObject({
    owner: z.string(),
    encoding: z.string(),
    collate: z.string(),
    ctype: z.string(),
    /** `c`, `i` or `b`, as in `pg_database.datlocprovider`. */
    provider: z.string(),
    locale: z.string().nullable(),
    connectionLimit: z.int(),
    /** Statements with `%I` where the name of the database goes: `alter database %I set …`, `grant connect on database %I to …`. */
    statements: z.array(z.string()),
  }),
});
export type SourceFacts = z.infer<typeof sourceFacts>;
