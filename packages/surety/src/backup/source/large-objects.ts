import type pg from 'pg';
import type { SourceFacts } from '../source-facts.ts';
import { grants, roleName, type Source } from './sql.ts';

const pageBytes = 2048;

/**
 * Their numbers, owners, grants, sizes and bytes. There may be millions, hence one hash for all. A hole that was never written reads as zeros, and
 * a copy has zeros there: pages count without those at their end.
 */
export async function readLargeObjects(
  client: pg.ClientBase,
  source: Source,
): Promise<SourceFacts['largeObjects']> {
  const { seed, major } = source;
  const written =
    major >= 14
      ? `pg_catalog.encode(pg_catalog.rtrim(o.data, '\\x00'::bytea), 'hex')`
      : `pg_catalog.regexp_replace(pg_catalog.encode(o.data, 'hex'), '(00)+$', '')`;
  const sum = (text: string): string =>
    `coalesce(pg_catalog.sum(pg_catalog.hashtextextended((${text}) collate "C", '${seed}'::bigint)), 0)::text`;
  const { rows } = await client.query<{ count: string; named: string; bytes: string; sizes: string }>(
    `select (select pg_catalog.count(*)::text from pg_catalog.pg_largeobject_metadata) as count,
      (select ${sum(
        `m.oid || ' ' || ${roleName('m.lomowner')} || ' ' || ${grants('m.lomacl', 'L', 'm.lomowner')}`,
      )} from pg_catalog.pg_largeobject_metadata m) as named,
      (select ${sum(`p.loid || ' ' || p.pageno || ' ' || p.written`)} from (
        select o.loid, o.pageno, ${written} as written from pg_catalog.pg_largeobject o) p where p.written <> '') as bytes,
      (select ${sum(`e.loid || ' ' || e.size`)} from (
        select o.loid, pg_catalog.max(o.pageno::bigint * ${pageBytes} + pg_catalog.length(o.data)) as size
        from pg_catalog.pg_largeobject o group by o.loid) e where e.size > 0) as sizes`,
  );
  const [found] = rows;
  return {
    count: Number(found?.count ?? 0),
    hash: [found?.named, found?.bytes, found?.sizes].map((one) => one ?? 0).join(' '),
  };
}
