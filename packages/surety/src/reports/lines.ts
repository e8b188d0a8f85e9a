import { inOneLine } from '@surety/evidence';

/** Text of several lines as a terminal may show it: none of them can rewrite another one. */
export function inLines(text: string): string {
  return text.split('\n').map(inOneLine).join('\n');
}
