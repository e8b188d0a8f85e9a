import { BlindError } from '../../../core/error.ts';
import type { Catalog, CatalogRelation } from '../catalog/catalog.ts';
import { comparable, type Link, sameNames } from './links.ts';
import type { Root } from './root.ts';

/** By table: the column that leads to the tenant, with the table that it names where no foreign key says so. */
export type Paths = Readonly<Record<string, string>>;

/**
 * By oid, the links that the estate names instead of what was found.
 *
 * @throws {BlindError} `postgres/no-path`
 */
export function declaredPaths(
  catalog: Catalog,
  paths: Paths,
  found: readonly Link[],
  root: Root,
): ReadonlyMap<number, Link> {
  return new Map(
    Object.entries(paths).map(([name, path]) => {
      const from = catalog.named(name);
      if (from === undefined) throw noPath(`there is no table ${name}`);
      return [from.oid, linkOf(catalog, from, path, found, root)];
    }),
  );
}

function linkOf(
  catalog: Catalog,
  from: CatalogRelation,
  path: string,
  found: readonly Link[],
  { root, key }: Root,
): Link {
  const [list = '', target] = path.split(/\s*(?:→|->)\s*/);
  const columns = from.columns.some(({ name }) => name === list) ? [list] : list.split(/\s*,\s*/);
  const missing = columns.find((name) => !from.columns.some((column) => column.name === name));
  if (missing !== undefined) throw noPath(`${from} has no column ${missing}`);
  const to = target === undefined ? undefined : catalog.named(target);
  if (target !== undefined && to === undefined) throw noPath(`there is no table ${target}`);
  const known = found.find(
    (link) =>
      link.from.oid === from.oid &&
      sameNames(link.columns, columns) &&
      (to === undefined || link.to.oid === to.oid),
  );
  if (known !== undefined) return known;
  const end = to ?? root;
  const toColumns = end.oid === root.oid ? [key.name] : (end.uniques[0] ?? []);
  const fits =
    toColumns.length === columns.length &&
    columns.every((name, index) => {
      const one = from.columns.find((column) => column.name === name);
      const other = end.columns.find((column) => column.name === toColumns[index]);
      return one !== undefined && other !== undefined && comparable(one, other);
    });
  if (!fits) throw noPath(`${columns.join(', ')} of ${from} cannot hold a key of ${end}`);
  return { from, columns, to: end, toColumns, cascades: false };
}

function noPath(fact: string): BlindError {
  return new BlindError(
    'postgres/no-path',
    `tenancy.paths names a way that is not there: ${fact}`,
    "mend it: { 'schema.table': 'column' }, or 'column -> table' where no foreign key says so",
  );
}
