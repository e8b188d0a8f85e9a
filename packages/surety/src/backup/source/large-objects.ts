import type pg from 'pg';
import type { SourceFacts } from '../source-facts.ts';
import { grants, roleName, type Source } from './sql.ts';

/** Their numbers, owners, grants and bytes. There may be millions, hence one hash for all. */
export async function readLargeObjects(
  client: pg.ClientBase,
  source: Source,
): Promise<SourceFacts['largeObjects']> {
  const { seed } = source;
  const sum = (text: string): string =>
    `coalesce(pg_catalog.sum(pg_catalog.hashtextextended((${text}) collate "C", '${seed}'::bigint)), 0)::text`;
  const { rows } = await client.query<{ count: string; named: string; bytes: string }>(
    `select (select pg_catalog.count(*)::text from pg_catalog.pg_largeobject_metadata) as count,
      (select ${sum(
        `m.oid || ' ' || ${roleName('m.lomowner')} || ' ' || ${grants('m.lomacl', 'L', 'm.lomowner')}`,
      )} from pg_catalog.pg_largeobject_metadata m) as named,
      (select ${sum(`o.loid || ' ' || o.pageno || ' ' || pg_catalog.encode(o.data, 'hex')`)} from pg_catalog.pg_largeobject o) as bytes`,
  );
  const [found] = rows;
  return { count: Number(found?.count ?? 0), hash: `${found?.named ?? 0} ${found?.bytes ?? 0}` };
}
