/**
 * Text of others (a name in a repository, an answer of a server, a file beside a log) as a terminal may show it:
 * on one line, and without what moves the cursor, hides or turns around what stands beside it.
 */
export function inOneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028-\u202e\u2066-\u2069]+/gu, ' ');
}
