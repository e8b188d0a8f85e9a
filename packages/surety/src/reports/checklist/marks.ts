import { SuretyError } from '../../core/error.ts';
import { type Line, linesOf, rolesOf, textOf } from './document.ts';
import { removeCells, tablesOf } from './table.ts';

/*
 * Everything that surety adds to a document stands between these two, so that it can be taken out again to the
 * byte. Markdown shows neither. A column that it adds has the first in its header.
 */
const open = '<!-- surety -->';
const close = '<!-- /surety -->';

/** A remark at the end of a line, before its trailing white space. */
export function remark(text: string, said: string): string {
  const end = text.trimEnd();
  return `${end} ${open}${said}${close}${text.slice(end.length)}`;
}

export function columnHeader(name: string): string {
  return `${name} ${open}`;
}

/** Lines of its own: `markdown` and a blank line. */
export function block(markdown: string, end: string): readonly Line[] {
  return [open, ...markdown.trimEnd().split('\n'), close, ''].map((text) => ({ text, end }));
}

/**
 * The document without what surety added to it.
 *
 * @throws {SuretyError} `checklist/broken-mark` where a mark was left without its end
 */
export function withoutMarks(markdown: string): string {
  return textOf(withoutColumns(withoutRemarks(withoutBlocks(linesOf(markdown)))));
}

function withoutBlocks(lines: readonly Line[]): readonly Line[] {
  const roles = rolesOf(lines);
  const kept: Line[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    if (line === undefined) break;
    if (line.text !== open || roles[at] !== 'prose') {
      kept.push(line);
      continue;
    }
    const end = lines.findIndex(({ text }, index) => index > at && text === close);
    if (end < 0) {
      throw new SuretyError(
        'checklist/broken-mark',
        `line ${at + 1} is ${open}, but no later line is ${close}`,
        'remove what an earlier report added by hand, from that line on',
      );
    }
    at = lines[end + 1]?.text === '' ? end + 1 : end;
  }
  return kept;
}

function withoutRemarks(lines: readonly Line[]): readonly Line[] {
  const roles = rolesOf(lines);
  return lines.map((line, index) =>
    roles[index] === 'prose' ? { ...line, text: withoutRemark(line.text) } : line,
  );
}

function withoutRemark(text: string): string {
  const from = text.indexOf(` ${open}`);
  const to = from < 0 ? -1 : text.indexOf(close, from);
  return to < 0 ? text : text.slice(0, from) + text.slice(to + close.length);
}

function withoutColumns(lines: readonly Line[]): readonly Line[] {
  const without = new Map<number, string>();
  for (const { header, rows, columns } of tablesOf(lines, rolesOf(lines))) {
    const from = columns.findIndex((name) => name.endsWith(open));
    if (from < 0) continue;
    const count = columns.filter((name) => name.endsWith(open)).length;
    for (const index of [header, header + 1, ...rows])
      without.set(index, removeCells(lines[index]?.text ?? '', from, count));
  }
  return lines.map((line, index) => ({ ...line, text: without.get(index) ?? line.text }));
}
