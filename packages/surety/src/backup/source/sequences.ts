import type pg from 'pg';
import { quotedRelation } from '../../targets/postgres/name.ts';
import type { SourceFacts } from '../source-facts.ts';
import { notOfExtension, userSchema } from './sql.ts';

const atOnce = 200;

type Named = { readonly schema: string; readonly name: string };

/** Where every sequence stands, read from itself: the catalog keeps still about those that nobody called. */
export async function readSequences(client: pg.ClientBase): Promise<SourceFacts['sequences']> {
  const { rows: sequences } = await client.query<Named>(allSequences);
  const read: SourceFacts['sequences'] = [];
  for (let from = 0; from < sequences.length; from += atOnce) {
    const batch = sequences.slice(from, from + atOnce);
    const sql = batch.map(
      (one, n) =>
        `select ${n} as n, last_value::text as last, is_called as called from ${quotedRelation(one)}`,
    );
    const { rows } = await client.query<{ n: number; last: string; called: boolean }>(
      sql.join(' union all '),
    );
    for (const { n, last, called } of rows.sort((a, b) => a.n - b.n)) {
      const one = batch[n];
      if (one !== undefined) read.push({ schema: one.schema, name: one.name, last, called });
    }
  }
  return read;
}

const allSequences = `
  select n.nspname as schema, c.relname as name
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'S' and c.relpersistence <> 't' and ${userSchema('n')} and (${notOfExtension('pg_class', 'c.oid')}
    or exists (select from pg_catalog.pg_extension e where c.oid = any(e.extconfig)))
  order by n.nspname collate "C", c.relname collate "C"`;
