/** Text as Markdown shows it: nothing in it is markup, and it stays on one line. */
export function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replace(/[\\`*[\]<>|]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_');
}

/** A table in Markdown. Cells are Markdown already. Columns named in `right` are aligned there. */
export function table(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  right: ReadonlySet<string> = new Set(),
): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |\n`;
  return [
    line(header),
    line(header.map((name) => (right.has(name) ? '--:' : '---'))),
    ...rows.map(line),
  ].join('');
}
