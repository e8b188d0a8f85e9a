import type pg from 'pg';
import { blind } from '../../targets/postgres/sql-error.ts';
import type { SourceFacts } from '../source-facts.ts';
import { databaseQueries } from './database.ts';
import { foreignQueries, programQueries } from './programs.ts';
import { relationQueries } from './relations.ts';
import type { CatalogQuery, Source } from './sql.ts';
import { passwordQuery, roleQueries, surroundingQueries } from './surroundings.ts';

/** Every line of the catalog, by kind and name. */
export async function readCatalogLines(
  client: pg.ClientBase,
  source: Source,
): Promise<SourceFacts['catalog']> {
  const { rows } = await client.query<{ readable: boolean; reader: string }>(
    `select pg_catalog.has_table_privilege('pg_catalog.pg_authid', 'select') as readable,
      pg_catalog.quote_ident(session_user) as reader`,
  );
  const passwords = rows[0]?.readable === true;
  const lines: SourceFacts['catalog'][] = [[{ kind: 'reader', name: rows[0]?.reader ?? '', is: '' }]];
  if (!passwords) lines.push([{ kind: 'unread', name: 'role passwords', is: 'pg_authid may not be read' }]);
  for (const query of [
    ...roleQueries(source),
    ...(passwords ? [passwordQuery(source)] : []),
    ...databaseQueries(source),
    ...surroundingQueries(source),
    ...relationQueries(source),
    ...programQueries(source),
    ...foreignQueries(source),
  ])
    lines.push(await readLines(client, query));
  return lines.flat().sort(byKindAndName);
}

async function readLines(
  client: pg.ClientBase,
  { kind, sql }: CatalogQuery,
): Promise<SourceFacts['catalog']> {
  const { rows } = await client.query<{ name: string; is: string | null }>(sql).catch((error: unknown) => {
    throw blind(error, `reading the source: ${kind}`);
  });
  return rows.map(({ name, is }) => ({ kind, name, is: is ?? '' }));
}

type Line = SourceFacts['catalog'][number];

/** Code units, so that it is the same everywhere. */
function byKindAndName(a: Line, b: Line): number {
  if (a.kind !== b.kind) return a.kind < b.kind ? -1 : 1;
  if (a.name !== b.name) return a.name < b.name ? -1 : 1;
  return a.is < b.is ? -1 : 1;
}
