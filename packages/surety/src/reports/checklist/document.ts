/** One line of a text, with the bytes that end it. */
export type Line = { readonly text: string; readonly end: string };

/** The text in lines; joined again they are the text. */
export function linesOf(text: string): readonly Line[] {
  return [...text.matchAll(/([^\r\n]*)(\r\n|\n|\r|$)/g)]
    .map(([, line = '', end = '']) => ({ text: line, end }))
    .filter(({ text: line, end }) => line !== '' || end !== '');
}

export function textOf(lines: readonly Line[]): string {
  return lines.map(({ text, end }) => text + end).join('');
}

/** What a line is to Markdown, as far as a checklist needs to know. `code` is anything that is not shown as prose. */
export type Role = 'prose' | 'blank' | 'code';

type Block =
  | { readonly kind: 'fence'; readonly mark: string }
  | { readonly kind: 'comment' }
  | { readonly kind: 'front-matter' }
  | null;

/** The role of each line: fenced and indented code, comments of several lines and front matter are set apart. */
export function rolesOf(lines: readonly Line[]): readonly Role[] {
  let block: Block = null;
  let inList = false;
  let afterBlank = true;
  return lines.map(({ text }, index) => {
    const inside: Block = block;
    block = nextBlock(text, index, lines, block);
    if (inside !== null || block !== null) {
      if (inside === null && !/^\s/.test(text)) inList = false;
      afterBlank = false;
      return 'code';
    }
    if (text.trim() === '') {
      afterBlank = true;
      return 'blank';
    }
    const indented = /^(?: {4}|\t| {1,3}\t)/.test(text);
    if (listItem.test(text) && (!indented || inList)) inList = true;
    else if (!/^\s/.test(text)) inList = false;
    const isCode = indented && afterBlank && !inList;
    if (!isCode) afterBlank = false;
    return isCode ? 'code' : 'prose';
  });
}

const listItem = /^\s*(?:[-*+]|\d{1,9}[.)])\s/;

function nextBlock(text: string, index: number, lines: readonly Line[], block: Block): Block {
  switch (block?.kind) {
    case 'fence':
      return closesFence(text, block.mark) ? null : block;
    case 'comment':
      return text.includes('-->') ? null : block;
    case 'front-matter':
      return text.trimEnd() === '---' ? null : block;
    default:
      return opened(text, index, lines);
  }
}

function opened(text: string, index: number, lines: readonly Line[]): Block {
  const fence = /^\s*(?:(?:[-*+]|\d{1,9}[.)])\s+)?(`{3,}|~{3,})([^\r\n]*)$/.exec(text);
  if (fence?.[1] !== undefined && !(fence[1].startsWith('`') && fence[2]?.includes('`')))
    return { kind: 'fence', mark: fence[1] };
  if (/^\s*<!--/.test(text) && !text.includes('-->')) return { kind: 'comment' };
  const isFrontMatter =
    index === 0 && /^---\s*$/.test(text) && lines.slice(1, 200).some((line) => line.text.trimEnd() === '---');
  return isFrontMatter && /^[\w-]+:/.test(lines[1]?.text ?? '') ? { kind: 'front-matter' } : null;
}

function closesFence(text: string, mark: string): boolean {
  const closing = text.trim();
  return closing.length >= mark.length && [...closing].every((character) => character === mark[0]);
}

export type Heading = {
  /** Of its first line. */
  readonly index: number;
  /** Of the line after it. */
  readonly end: number;
  readonly level: number;
  readonly text: string;
};

/** Headings in both of Markdown's forms. */
export function headingsOf(lines: readonly Line[], roles: readonly Role[]): readonly Heading[] {
  return lines.flatMap(({ text }, index): readonly Heading[] => {
    if (roles[index] !== 'prose') return [];
    const mark = /^ {0,3}(#{1,6})(?=[ \t]|$)/.exec(text);
    if (mark?.[1] !== undefined) {
      const title = text
        .slice(mark[0].length)
        .trim()
        .replace(/[ \t]#+$/, '');
      return [{ index, end: index + 1, level: mark[1].length, text: title }];
    }
    const under = /^ {0,3}(=+|-{2,})[ \t]*$/.exec(lines[index + 1]?.text ?? '');
    const canBe = under !== null && roles[index + 1] === 'prose' && !/^\s*[>|#]|\|/.test(text);
    const follows =
      index > 0 && roles[index - 1] === 'prose' && !/^ {0,3}#/.test(lines[index - 1]?.text ?? '');
    if (!canBe || follows || listItem.test(text) || /^ {0,3}(=+|-{2,})[ \t]*$/.test(text)) return [];
    return [{ index, end: index + 2, level: under?.[1]?.startsWith('=') ? 1 : 2, text: text.trim() }];
  });
}

/** Text without comments that end on the same line. */
export function withoutComments(text: string): string {
  const kept: string[] = [];
  let at = 0;
  for (;;) {
    const from = text.indexOf('<!--', at);
    const to = from < 0 ? -1 : text.indexOf('-->', from);
    if (to < 0) return [...kept, text.slice(at)].join('');
    kept.push(text.slice(at, from));
    at = to + '-->'.length;
  }
}
