import type { Catalog, CatalogRelation, Column } from '../catalog/catalog.ts';
import { snake, subjectOf, tableNames } from './names.ts';

/** Columns of one relation that name a row of another. */
export type Link = {
  readonly from: CatalogRelation;
  readonly columns: readonly string[];
  readonly to: CatalogRelation;
  readonly toColumns: readonly string[];
  /** A row of `from` goes with the one that it names. */
  readonly cascades: boolean;
};

/** Whether every row has to name one. */
export function isRequired({ from, columns }: Link): boolean {
  return columns.every((name) => from.columns.find((column) => column.name === name)?.notNull === true);
}

/** Foreign keys, those of a parent by inheritance with them: an heir has its columns, but none of its keys. */
export function declaredLinks(catalog: Catalog): readonly Link[] {
  const known = new Map<number, readonly Link[]>();
  const linksOf = (from: CatalogRelation, below: ReadonlySet<number>): readonly Link[] => {
    const found = known.get(from.oid);
    if (found !== undefined) return found;
    const own = from.foreignKeys.flatMap(({ columns, to, toColumns, cascades }) => {
      const target = catalog.relation(to);
      return target === undefined ? [] : [{ from, columns, to: target, toColumns, cascades }];
    });
    const above = from.parents.flatMap((oid) => {
      const parent = below.has(oid) ? undefined : catalog.relation(oid);
      return parent === undefined ? [] : linksOf(parent, new Set([...below, from.oid]));
    });
    const inherited = above.filter(({ columns }) => !own.some((link) => sameNames(link.columns, columns)));
    const all = [...own, ...inherited.map((link) => ({ ...link, from }))];
    known.set(from.oid, all);
    return all;
  };
  return catalog.relations.flatMap((relation) => linksOf(relation, new Set()));
}

/**
 * `(tenant_id, account_id) → accounts (tenant_id, id)` names the tenant of the account, so where that column leads
 * to the root, this one does as well.
 */
export function throughComposites(
  links: readonly Link[],
  root: CatalogRelation,
  key: Column,
): readonly Link[] {
  const leads = new Set<string>([place(root, key.name)]);
  for (const { from, columns, to, toColumns } of links) {
    if (to.oid === root.oid && columns.length === 1 && toColumns[0] === key.name)
      leads.add(place(from, columns[0] ?? ''));
  }
  const composite = links.filter(({ columns }) => columns.length > 1);
  const found: Link[] = [];
  // As many rounds as keys stand upon one another.
  for (let before = -1; before < found.length; ) {
    before = found.length;
    for (const { from, columns, to, toColumns, cascades } of composite) {
      for (const [index, column] of columns.entries()) {
        if (leads.has(place(from, column)) || !leads.has(place(to, toColumns[index] ?? ''))) continue;
        leads.add(place(from, column));
        found.push({ from, columns: [column], to: root, toColumns: [key.name], cascades });
      }
    }
  }
  return found.filter(({ from }) => from.oid !== root.oid);
}

function place({ oid }: CatalogRelation, column: string): string {
  return `${oid} ${column}`;
}

export type Implied = {
  readonly links: readonly Link[];
  /** By oid: columns that read like a key, and why they are none. */
  readonly unclear: ReadonlyMap<number, readonly string[]>;
};

/**
 * Columns that are named like a foreign key elsewhere, like the setting, or like a table, where nothing is declared.
 * `owner_id` beside `owner_type` is none: it names rows of several tables.
 */
export function impliedLinks(
  catalog: Catalog,
  declared: readonly Link[],
  root: CatalogRelation,
  key: Column,
  stem: string,
): Implied {
  const meanings = meaningsOf(catalog, declared, root, key, stem);
  const linked = new Set(
    declared.flatMap(({ from, columns }) => (columns.length === 1 ? [place(from, columns[0] ?? '')] : [])),
  );
  const links: Link[] = [];
  const unclear = new Map<number, readonly string[]>();
  for (const from of catalog.relations) {
    const taken = new Set(from.foreignKeys.flatMap(({ columns }) => columns));
    const kinds = new Set(from.columns.map(({ name }) => snake(name)));
    const reasons: string[] = [];
    for (const column of from.columns) {
      if (linked.has(place(from, column.name))) continue;
      const subject = subjectOf(column.name);
      if (subject !== snake(column.name) && kinds.has(`${subject}_type`)) {
        reasons.push(`${subject}_type and ${column.name} name rows of several tables, which no key can say`);
        continue;
      }
      const found = meanings(from, column);
      const [meant, another] = found;
      if (meant === undefined || (taken.has(column.name) && meant.to.oid !== root.oid)) continue;
      if (another === undefined) links.push({ from, columns: [column.name], ...meant, cascades: false });
      else reasons.push(`${column.name} may name ${found.map(({ to }) => `${to}`).join(' or ')}`);
    }
    if (reasons.length > 0) unclear.set(from.oid, reasons);
  }
  return { links, unclear };
}

type Meaning = Pick<Link, 'to' | 'toColumns'>;

function meaningsOf(
  catalog: Catalog,
  declared: readonly Link[],
  root: CatalogRelation,
  key: Column,
  stem: string,
): (from: CatalogRelation, column: Column) => readonly Meaning[] {
  const elsewhere = new Map<string, Map<number, Meaning>>();
  const learn = (name: string, { to, toColumns }: Meaning): void => {
    const known = elsewhere.get(name) ?? new Map<number, Meaning>();
    if (!known.has(to.oid)) known.set(to.oid, { to, toColumns });
    elsewhere.set(name, known);
  };
  learn(stem, { to: root, toColumns: [key.name] });
  learn(`${stem}_id`, { to: root, toColumns: [key.name] });
  for (const link of declared) if (link.columns.length === 1) learn(snake(link.columns[0] ?? ''), link);
  const tables = Map.groupBy(
    catalog.relations.filter(({ kind }) => kind === 'table' || kind === 'partitioned table'),
    ({ name }) => snake(name),
  );
  const tablesCalled = (name: string): readonly Meaning[] =>
    /_(id|uuid|uid)$/.test(name)
      ? tableNames(subjectOf(name))
          .flatMap((table) => tables.get(table) ?? [])
          .flatMap((to) => {
            const [toColumn, second] = to.uniques[0] ?? [];
            return toColumn === undefined || second !== undefined ? [] : [{ to, toColumns: [toColumn] }];
          })
      : [];
  return (from, column) => {
    const name = snake(column.name);
    const fits = ({ to, toColumns }: Meaning): boolean => {
      const target = to.columns.find((one) => one.name === toColumns[0]);
      return to.oid !== from.oid && target !== undefined && comparable(column, target);
    };
    const known = [...(elsewhere.get(name)?.values() ?? [])].filter(fits);
    const alike = tablesCalled(name).filter(fits);
    const near = ({ to }: Meaning): boolean => to.schema === from.schema;
    // What a key elsewhere says goes before what a table is called, and the same schema before any other.
    const orders = [known.filter(near), alike.filter(near), known, alike];
    return orders.find((meanings) => meanings.length > 0) ?? [];
  };
}

const integers = new Set(['int2', 'int4', 'int8']);
const texts = new Set(['text', 'varchar', 'bpchar', 'citext', 'name']);

/** Whether the server compares the two as they are. */
export function comparable(one: Column, other: Column): boolean {
  return (
    one.base === other.base || [integers, texts].some((alike) => alike.has(one.base) && alike.has(other.base))
  );
}

export function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name, index) => name === b[index]);
}
