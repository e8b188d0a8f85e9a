import { type Meaning, meaningOf } from './claim.ts';
import type { Line } from './document.ts';
import { cellsOf, type Table } from './table.ts';

export type TallyColumn = {
  readonly column: number;
  readonly counts: Exclude<Meaning, 'unrecognised'> | 'lines' | 'percent';
};

export type TallyRow = {
  readonly index: number;
  /** The section that it counts, as it calls it; `null` for the total. */
  readonly title: string | null;
  readonly stated: readonly (TallyColumn & { readonly value: number })[];
};

/** A document's own count of its lines: a table with a column for each of several statuses. */
export type Tally = {
  readonly table: Table;
  readonly columns: readonly TallyColumn[];
  readonly rows: readonly TallyRow[];
};

export function tallyOf(table: Table, lines: readonly Line[]): Tally | null {
  const columns = table.columns.flatMap((name, column): readonly TallyColumn[] => {
    const bare = name.replace(/[*_`]/g, '').trim().toLowerCase();
    if (/^(?:total|items|total items|lines|count)$/.test(bare)) return [{ column, counts: 'lines' }];
    if (/^(?:%|percent|percentage|% (?:done|complete)|(?:done|complete) %)$/.test(bare))
      return [{ column, counts: 'percent' }];
    const counts = meaningOf(bare);
    return counts === 'unrecognised' || bare.length < 2 ? [] : [{ column, counts }];
  });
  const statuses = columns.filter(({ counts }) => counts !== 'lines' && counts !== 'percent');
  if (statuses.length < 2) return null;
  return { table, columns, rows: table.rows.map((index) => rowOf(index, columns, lines)) };
}

function rowOf(index: number, columns: readonly TallyColumn[], lines: readonly Line[]): TallyRow {
  const cells = cellsOf(lines[index]?.text ?? '').map((cell) => cell.replace(/[*_`]/g, '').trim());
  const title = cells[0] ?? '';
  return {
    index,
    title: /^(?:grand )?(?:total|sum|overall|all)$/i.test(title) ? null : title,
    stated: columns.flatMap((column) => {
      const value = /^(\d+)\s*%?$/.exec(cells[column.column] ?? '')?.[1];
      return value === undefined ? [] : [{ ...column, value: Number(value) }];
    }),
  };
}
