/** What we write ourselves: a line begun anew, and colours. */
const line = '\r\u001B[2K';
const colour = /^\[(?:1|22|3\d|9\d)m/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not come through
const control = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]/g;

/**
 * Text as a terminal may get it. Names of databases and tables may hold what moves its cursor, hides what stands there or types for
 * the person: these characters are shown by their numbers instead.
 */
export function printable(text: string): string {
  const begun = text.startsWith(line) ? line : '';
  const rest = text.slice(begun.length);
  return (
    begun +
    rest.replace(control, (found, at: number) => {
      if (found === '\u001B' && colour.test(rest.slice(at + 1, at + 6))) return found;
      return `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
    })
  );
}
