import type { CatalogRelation, Column } from '../catalog/catalog.ts';
import { quoted } from '../name.ts';
import type { Tie } from '../tenancy/tenancy.ts';
import { isAmong, keyOf, keysOf, type Row, type Statement, selectText } from './rows.ts';
import type { Stance } from './stance.ts';

/** The rows of the owner, as a condition with parameters from number `first` on. */
export function among({ tie, targets }: Stance, first: number) {
  const key = keyOf(tie.relation);
  return { condition: isAmong('t', key, first), values: keysOf(targets, key) };
}

/** The same rows as a list to join with: `unnest(…) as s (k0, k1)`, and what joins them. */
export function joined({ tie, targets }: Stance, first: number) {
  const key = keyOf(tie.relation);
  const arrays = key.map(({ type }, index) => `$${first + index}::${type}[]`).join(', ');
  const names = key.map((_, index) => `k${index}`);
  return {
    list: `unnest(${arrays}) as s (${names.join(', ')})`,
    on: key.map(({ name }, index) => `t.${quoted(name)} = s.${names[index]}`).join(' and '),
    values: keysOf(targets, key),
  };
}

export function returningOf(relation: CatalogRelation, returning: boolean): string {
  const names = returning ? readable(relation) : [];
  return names.length === 0 ? '' : ` returning ${selectText('t', names)}`;
}

/** One column that the role may read: reading any is what brings the policies for SELECT in. */
export function readable(relation: CatalogRelation): readonly string[] {
  const names = keyOf(relation).map(({ name }) => name);
  const columns = relation.columns.filter(({ grants }) => grants.includes('select'));
  const key = columns.filter(({ name }) => names.includes(name));
  return (key.length > 0 ? key : columns).slice(0, 1).map(({ name }) => name);
}

/**
 * Changes of one column to a constant, the least harmful first, so that the statement reads no column: reading
 * one would bring the policies for SELECT in, which hide what a wrong policy for UPDATE lets through.
 */
export function plainChanges(tie: Tie, row: Row | null): readonly Statement[] {
  if (row === null) return [];
  return changeableColumns(tie).map((name) => setOf(tie.relation, [name], row));
}

/** Columns that a change may be tried with, the least harmful first. */
export function changeableColumns(tie: Tie): readonly string[] {
  const { relation } = tie;
  const keys = new Set([
    ...relation.uniques.flat(),
    ...relation.foreignKeys.flatMap(({ columns }) => columns),
  ]);
  const changeable = relation.columns.filter(
    ({ grants, generated }) => !generated && grants.includes('update'),
  );
  const harmless = changeable.filter(({ name }) => !keys.has(name) && !tie.columns.includes(name));
  const rest = changeable.filter((column) => !harmless.includes(column));
  // Where nothing is granted, the refusal is what is to be seen.
  const any = relation.columns.find(({ generated }) => !generated);
  const chosen = harmless.length > 0 ? harmless : [...rest, ...(any === undefined ? [] : [any])].slice(0, 1);
  return chosen.map(({ name }) => name);
}

/** `c = $1::text`, numbered from `first` on. */
export function setOf(
  relation: CatalogRelation,
  names: readonly string[],
  row: Row,
  first: number = 1,
): Statement {
  const columns = names.flatMap((name): readonly Column[] =>
    relation.columns.filter((column) => column.name === name),
  );
  return {
    sql: columns.map(({ name, type }, index) => `${quoted(name)} = $${first + index}::${type}`).join(', '),
    values: columns.map(({ name }) => row.get(name) ?? null),
  };
}
