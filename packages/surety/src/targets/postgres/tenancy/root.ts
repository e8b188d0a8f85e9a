import { BlindError } from '../../../core/error.ts';
import type { Catalog, CatalogRelation, Column } from '../catalog/catalog.ts';
import type { TenancyFacts } from '../facts.ts';
import { type Link, sameNames } from './links.ts';
import { snake, stemOf, subjectOf, tableNames } from './names.ts';

/** The table of tenants, and the column of it that the setting holds. */
export type Root = { readonly root: CatalogRelation; readonly key: Column };

/** A column that a policy compares with the setting, or that is named like it: what it names is the tenant. */
type Vote = { readonly to: CatalogRelation; readonly column: string; readonly weight: number };

/**
 * The table whose key the setting holds: what policies compare with it, what columns named like it point to, and
 * what is named like it. Policies count more than names, and names more than one stray policy.
 *
 * @throws {BlindError} `postgres/no-root`, saying which tables it could be
 */
export function findRoot(catalog: Catalog, facts: TenancyFacts, links: readonly Link[]): Root {
  const tables = catalog.relations.filter(({ kind }) => kind === 'table' || kind === 'partitioned table');
  const votes = votesOf(tables, facts.setting, links);
  if (facts.root !== undefined) {
    const root = catalog.named(facts.root);
    if (root === undefined) throw noRoot(`there is no table ${facts.root}`, named);
    return { root, key: keyOf(root, votes, facts) };
  }
  const names = tableNames(stemOf(facts.setting));
  const scores = new Map<CatalogRelation, number>();
  const score = (table: CatalogRelation, more: number): void => {
    scores.set(table, (scores.get(table) ?? 0) + more);
  };
  for (const { to, weight } of votes) score(to, weight);
  for (const table of tables) {
    if (singleKeys(table).length === 0) continue;
    const name = snake(table.name);
    if (names.includes(name)) score(table, 3);
    else if (names.some((one) => name.endsWith(`_${one}`))) score(table, 0.5);
  }
  const [best, second] = [...scores].sort(([, a], [, b]) => b - a);
  if (best === undefined)
    throw noRoot(
      `no table is named as ${facts.setting} says, and no policy compares a key with it${mostNamed(links)}`,
      named,
    );
  if (second !== undefined && second[1] === best[1]) {
    const rivals = [...scores].filter(([, points]) => points === best[1]).map(([table]) => full(table));
    throw noRoot(`${facts.setting} may hold the key of ${rivals.join(' or ')}`, named);
  }
  return { root: best[0], key: keyOf(best[0], votes, facts) };
}

const named = 'name the table whose key the setting holds, as tenancy.root of the target';

function noRoot(fact: string, hint: string): BlindError {
  return new BlindError('postgres/no-root', `cannot tell whose rows are whose: ${fact}`, hint);
}

function full({ schema, name }: CatalogRelation): string {
  return `${schema}.${name}`;
}

/** The tables that most keys point to, for people. */
function mostNamed(links: readonly Link[]): string {
  const count = new Map<CatalogRelation, number>();
  for (const { from, to } of links) if (from !== to) count.set(to, (count.get(to) ?? 0) + 1);
  const most = [...count].sort(([, a], [, b]) => b - a).slice(0, 3);
  return most.length === 0
    ? ''
    : `; most keys point to ${most.map(([table, times]) => `${table} (${times})`).join(', ')}`;
}

function votesOf(
  tables: readonly CatalogRelation[],
  setting: string,
  links: readonly Link[],
): readonly Vote[] {
  const from = Map.groupBy(links, (link) => link.from.oid);
  const stem = stemOf(setting);
  return tables.flatMap((table) => {
    const own = from.get(table.oid) ?? [];
    const named = own.flatMap(({ columns: [column, second], to, toColumns: [toColumn] }): readonly Vote[] =>
      column !== undefined && second === undefined && toColumn !== undefined && subjectOf(column) === stem
        ? [{ to, column: toColumn, weight: 1 }]
        : [],
    );
    const compared = [...new Set(comparedColumns(table, setting))].flatMap((column): readonly Vote[] => {
      const link = own.find(({ columns }) => sameNames(columns, [column]));
      if (link !== undefined) return [{ to: link.to, column: link.toColumns[0] ?? '', weight: 2 }];
      return singleKeys(table).includes(column) ? [{ to: table, column, weight: 2 }] : [];
    });
    return [...named, ...compared];
  });
}

/** `column = (… current_setting('…') …)`, or the one column of a policy that asks for the tenant by a function. */
function comparedColumns(table: CatalogRelation, setting: string): readonly string[] {
  return table.policies
    .filter(({ asksForTenant }) => asksForTenant)
    .flatMap(({ using, check, columns, reads }) => {
      const text = `${using ?? ''} ${check ?? ''}`;
      const found = columns.filter((column) => comparison(column, setting).test(text));
      return found.length > 0 ? found : reads.length === 0 && columns.length === 1 ? columns : [];
    });
}

function comparison(column: string, setting: string): RegExp {
  const verbatim = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(
    `${verbatim(column)}"?\\)?(::\\w+)? = [^=]*current_setting\\('${verbatim(setting)}'`,
    'i',
  );
}

/** Columns that are a key by themselves, the primary key first. */
function singleKeys({ uniques }: CatalogRelation): readonly string[] {
  return uniques.flatMap(([name, second]) => (name === undefined || second !== undefined ? [] : [name]));
}

/** @throws {BlindError} */
function keyOf(root: CatalogRelation, votes: readonly Vote[], { setting, key }: TenancyFacts): Column {
  const keys = singleKeys(root);
  const own = votes.filter(({ to }) => to === root);
  const suffix = snake(setting.split('.').at(-1) ?? '');
  const points = (name: string): number =>
    own.reduce((sum, { column, weight }) => sum + (column === name ? weight : 0), 0) +
    (suffix === `${stemOf(setting)}_${snake(name)}` && snake(name) !== 'id' ? 3 : 0);
  const best = key ?? keys.toSorted((a, b) => points(b) - points(a))[0];
  const column = root.columns.find(({ name }) => name === best);
  if (column !== undefined && keys.includes(column.name)) return { ...column, type: column.bare };
  throw noRoot(
    key === undefined ? `${root} has no key of one column` : `${key} is no key of ${root} by itself`,
    'name another table as tenancy.root, or a column that is unique by itself as tenancy.key',
  );
}
