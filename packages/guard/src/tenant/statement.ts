/**
 * What a statement is to a transaction:
 * `begin`, `modes` (SET TRANSACTION) and `end` (COMMIT, ROLLBACK) touch no row; `outlives` would leave something in the
 * connection for the next tenant, or cannot be sent with a tenant; everything else is `ordinary`.
 */
export type StatementKind = 'begin' | 'modes' | 'end' | 'outlives' | 'ordinary';

/**
 * By the first words: the extended protocol lets only one statement through, so nothing can stand behind them.
 * What a function does that is called from a statement is not seen here; the README says what that leaves open.
 */
export function statementKind(text: string, setting: string): StatementKind {
  if (usual.test(text)) return 'ordinary';
  const [first, second, third] = leadingWords(text);
  switch (first) {
    case 'begin':
    case 'start':
      return 'begin';
    case 'commit':
    case 'rollback':
      return second === 'prepared' ? 'outlives' : 'end';
    case 'end':
    case 'abort':
      return 'end';
    case 'set':
      if (second === 'transaction' || (second === 'local' && third === 'transaction')) return 'modes';
      if (second === 'constraints') return 'ordinary';
      return second === 'local' && !mentions(text, setting) ? 'ordinary' : 'outlives';
    case 'declare':
      return /\bwith\s+hold\b/i.test(text) ? 'outlives' : 'ordinary';
    case 'copy':
    case 'deallocate':
    case 'discard':
    case 'listen':
    case 'load':
    case 'prepare':
    case 'reset':
    case 'unlisten':
      return 'outlives';
    default:
      return 'ordinary';
  }
}

/** Nearly every statement, told at once. */
const usual = /^\s*(?:select|insert|update|delete|with)\b/i;

type Words = readonly [first: string, second: string, third: string];

/** Lower case; `''` from where something else than a word stands. */
function leadingWords(text: string): Words {
  let rest = text;
  const next = (): string => {
    rest = withoutLeadingComments(rest);
    const word = /^[a-z_]+/i.exec(rest)?.[0] ?? '';
    rest = rest.slice(word.length);
    return word.toLowerCase();
  };
  return [next(), next(), next()];
}

function mentions(text: string, setting: string): boolean {
  const bare = text.replaceAll(/\/\*[\s\S]*?\*\/|--[^\n\r]*|["\s]/g, '');
  return bare.toLowerCase().includes(setting.toLowerCase());
}

/** PostgreSQL's own rules: `--` to the end of the line, nested slash-star, and empty statements count for nothing. */
function withoutLeadingComments(text: string): string {
  let rest = text;
  for (;;) {
    const skipped = /^(?:[\s;]|--[^\n\r]*)+/.exec(rest)?.[0].length ?? blockComment(rest);
    if (skipped === 0) return rest;
    rest = rest.slice(skipped);
  }
}

/** How long the block comment at the start of `text` is; 0: there is none, or it never ends. */
function blockComment(text: string): number {
  if (!text.startsWith('/*')) return 0;
  let depth = 0;
  for (const { 0: mark, index } of text.matchAll(/\/\*|\*\//g)) {
    depth += mark === '/*' ? 1 : -1;
    if (depth === 0) return index + 2;
  }
  return 0;
}
