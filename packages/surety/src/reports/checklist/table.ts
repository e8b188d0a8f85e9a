import type { Line, Role } from './document.ts';

/** A pipe table: its header line, the delimiter below it, and its rows, as line indexes. */
export type Table = {
  readonly header: number;
  readonly rows: readonly number[];
  readonly columns: readonly string[];
};

type Span = { readonly from: number; readonly to: number };

/** Where the cells of a row are, without the pipes around them. An escaped pipe is content. */
function cellSpans(text: string): readonly Span[] {
  const pipes: number[] = [];
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === '|') pipes.push(at);
  }
  const edges = [-1, ...pipes, text.length];
  const spans = edges.slice(1).map((to, index) => ({ from: (edges[index] ?? 0) + 1, to }));
  const isBlank = ({ from, to }: Span): boolean => text.slice(from, to).trim() === '';
  const [first, last] = [spans[0], spans.at(-1)];
  const start = spans.length > 1 && first !== undefined && isBlank(first) ? 1 : 0;
  const end = spans.length - start > 1 && last !== undefined && isBlank(last) ? -1 : undefined;
  return spans.slice(start, end);
}

export function cellsOf(text: string): readonly string[] {
  return cellSpans(text).map(({ from, to }) => text.slice(from, to).trim());
}

export function tablesOf(lines: readonly Line[], roles: readonly Role[]): readonly Table[] {
  const tables: Table[] = [];
  let index = 0;
  while (index + 1 < lines.length) {
    const found = tableAt(index, lines, roles);
    if (found !== null) tables.push(found);
    index = found === null ? index + 1 : index + 2 + found.rows.length;
  }
  return tables;
}

function tableAt(header: number, lines: readonly Line[], roles: readonly Role[]): Table | null {
  const [top, under] = [lines[header]?.text ?? '', lines[header + 1]?.text ?? ''];
  if (roles[header] !== 'prose' || roles[header + 1] !== 'prose') return null;
  if (!top.includes('|') || !under.includes('|')) return null;
  const [columns, rules] = [cellsOf(top), cellsOf(under)];
  if (columns.length !== rules.length || !rules.every((rule) => /^:?-+:?$/.test(rule))) return null;
  const rows: number[] = [];
  for (let at = header + 2; isRow(lines[at]?.text ?? '', roles[at]); at += 1) rows.push(at);
  return { header, rows, columns };
}

function isRow(text: string, role: Role | undefined): boolean {
  return (
    role === 'prose' && text.includes('|') && !/^ {0,3}(?:#{1,6}\s|>|(?:[-*+]|\d{1,9}[.)])\s)/.test(text)
  );
}

/** The row with `cells` after its cell number `after`; a row that ends before that is left as it is. */
export function insertCells(text: string, after: number, cells: readonly string[]): string {
  const span = cellSpans(text)[after];
  if (span === undefined) return text;
  const added = cells.map((cell) => ` ${cell} `);
  return span.to < text.length
    ? `${text.slice(0, span.to + 1)}${added.map((cell) => `${cell}|`).join('')}${text.slice(span.to + 1)}`
    : `${text}${added.map((cell) => `|${cell.trimEnd()}`).join('')}`;
}

/** Undoes {@link insertCells}: `from` is the number of the first cell that goes, of `count`. */
export function removeCells(text: string, from: number, count: number): string {
  const removed = cellSpans(text).slice(from, from + count);
  const [first, last] = [removed[0], removed.at(-1)];
  if (first === undefined || last === undefined) return text;
  return last.to < text.length
    ? text.slice(0, first.from) + text.slice(last.to + 1)
    : text.slice(0, Math.max(0, first.from - 1));
}
