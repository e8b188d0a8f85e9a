import { inOneLine } from '@surety/evidence';

/** Text of several lines as a terminal may show it: none of them can rewrite another one. */
export function inLines(text: string): string {
  return text.split('\n').map(inOneLine).join('\n');
}

/** One line in as many as a terminal of that width needs, broken at blanks; `below` is what the others begin with. */
export function wrapped(line: string, columns: number, below: string): string {
  const [, indent = '', rest = ''] = /^(\s*)([\s\S]*)$/.exec(line) ?? [];
  const lines: string[] = [];
  let current = indent;
  for (const word of rest.split(' ')) {
    const isFirst = current.trim() === '';
    if (!isFirst && current.length + 1 + word.length > columns) {
      lines.push(current);
      current = `${below}${word}`;
    } else current = isFirst ? `${current}${word}` : `${current} ${word}`;
  }
  return [...lines, current].join('\n');
}
