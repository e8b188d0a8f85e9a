import { randomInt, randomUUID } from 'node:crypto';
import type { CatalogRelation, Column } from '../catalog/catalog.ts';
import { quoted, quotedRelation } from '../name.ts';
import type { Tie } from '../tenancy/tenancy.ts';

/** A row as text by column. Stays inside the target: never part of an attempt or an observation. */
export type Row = ReadonlyMap<string, string | null>;

type KeyColumn = { readonly name: string; readonly type: string };

/** What tells rows of a relation apart; where nothing declared does, their physical place does. */
export function keyOf(relation: CatalogRelation): readonly KeyColumn[] {
  const [names] = relation.uniques;
  if (names === undefined) {
    return [
      { name: 'tableoid', type: 'oid' },
      { name: 'ctid', type: 'tid' },
    ];
  }
  return names.map((name) => ({
    name,
    type: relation.columns.find((column) => column.name === name)?.type ?? 'text',
  }));
}

/** `(k1, k2) in (…)`, with one array parameter per key column from number `first` on. */
export function isAmong(alias: string, key: readonly KeyColumn[], first: number): string {
  const columns = key.map(({ name }) => `${alias}.${quoted(name)}`).join(', ');
  const arrays = key.map(({ type }, index) => `$${first + index}::${type}[]`).join(', ');
  return `(${columns}) in (select * from unnest(${arrays}))`;
}

/** The parameters of `isAmong`. */
export function keysOf(
  rows: readonly Row[],
  key: readonly KeyColumn[],
): readonly (readonly (string | null)[])[] {
  return key.map(({ name }) => rows.map((row) => row.get(name) ?? null));
}

/** Columns as text, under the names `c0`, `c1`, … because names of columns may clash with one another's case. */
export function selectText(alias: string, names: readonly string[]): string {
  return names.map((name, index) => `${alias}.${quoted(name)}::text as c${index}`).join(', ');
}

export function toRow(names: readonly string[], selected: Readonly<Record<string, string | null>>): Row {
  return new Map(names.map((name, index) => [name, selected[`c${index}`] ?? null]));
}

export type Statement = { readonly sql: string; readonly values: readonly unknown[] };

export function insertOf(relation: CatalogRelation, row: Row, returning: readonly string[]): Statement {
  const columns = relation.columns.filter(({ name }) => row.has(name));
  const names = columns.map(({ name }) => quoted(name)).join(', ');
  const values = columns.map(({ type }, index) => `$${index + 1}::${type}`).join(', ');
  const tail = returning.length === 0 ? '' : ` returning ${selectText('t', returning)}`;
  return {
    sql:
      columns.length === 0
        ? `insert into ${quotedRelation(relation)} as t default values${tail}`
        : `insert into ${quotedRelation(relation)} as t (${names}) values (${values})${tail}`,
    values: columns.map(({ name }) => row.get(name)),
  };
}

/** A new row like an existing one: the same tenant and texts, other values where a key must not repeat. */
export function copyOf(tie: Tie, row: Row): Row {
  const { relation } = tie;
  const fixed = new Set([
    ...tie.columns,
    ...tie.authors,
    ...relation.foreignKeys.flatMap(({ columns }) => columns),
  ]);
  const fresh = new Set(
    relation.uniques.flatMap((names) => {
      const free = names.filter((name) => !fixed.has(name));
      // A value that no row has may miss every partition.
      const first = free.find((name) => !relation.placedBy.includes(name)) ?? free[0];
      return first === undefined ? [] : [first];
    }),
  );
  return new Map(
    relation.columns.filter(isInsertable).flatMap((column): readonly [string, string | null][] => {
      if (!fresh.has(column.name)) return [[column.name, row.get(column.name) ?? null]];
      return column.hasDefault ? [] : [[column.name, freshValue(column)]];
    }),
  );
}

/** A row from nothing but types; `known` are values of columns that lead somewhere. */
export function inventRow(relation: CatalogRelation, known: Row): Row {
  const keys = new Set(relation.uniques.flat());
  return new Map(
    relation.columns.filter(isInsertable).flatMap((column): readonly [string, string | null][] => {
      const value = known.get(column.name);
      if (value !== undefined) return [[column.name, value]];
      if (column.hasDefault || !column.notNull) return [];
      return [[column.name, keys.has(column.name) ? freshValue(column) : plainValue(column)]];
    }),
  );
}

function isInsertable({ generated, grants }: Column): boolean {
  return !generated && grants.includes('insert');
}

/** A value that no row has. */
export function freshValue(column: Pick<Column, 'base' | 'category' | 'type' | 'labels'>): string {
  if (column.base === 'uuid') return randomUUID();
  if (column.base === 'int2') return String(randomInt(20_000, 32_000));
  if (column.category === 'N') return String(randomInt(1_500_000_000, 2_100_000_000));
  if (column.category === 'S') return randomUUID().replaceAll('-', '').slice(0, lengthOf(column.type));
  return plainValue(column);
}

function lengthOf(type: string): number {
  const [, length] = /\((\d+)\)$/.exec(type) ?? [];
  return length === undefined ? 32 : Number(length);
}

const byCategory: Readonly<Record<string, string>> = {
  A: '{}',
  B: 'true',
  D: '2020-01-01 00:00:00+00',
  I: '127.0.0.1',
  N: '1',
  T: '1 second',
  V: '0',
};

function plainValue({
  base,
  category,
  labels,
  type,
}: Pick<Column, 'base' | 'category' | 'type' | 'labels'>): string {
  if (base === 'uuid') return randomUUID();
  if (base === 'json' || base === 'jsonb') return '{}';
  if (category === 'E') return labels[0] ?? '';
  if (category === 'S') return 'surety'.slice(0, lengthOf(type));
  return byCategory[category] ?? '';
}
