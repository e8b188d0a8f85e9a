/** What a variable is known to be. `unknown` says why it is not. */
export type Known = { readonly value: string } | { readonly unknown: string };
export type Lookup = (name: string) => Known;

/** A word with its variables filled in, up to the first that is not known. */
export type Expanded = { readonly text: string; readonly unknown: string | null };

/**
 * Fills in a word as builds do: single quotes keep, double quotes and bare words take `$x`, `${x}`,
 * `${x:-word}` and `${x:+word}`. Other forms of `${…}` are unknown.
 *
 * @param escapeChar `\`, or what the escape directive says.
 */
export function expand(word: string, lookup: Lookup, escapeChar: string): Expanded {
  let text = '';
  let quote = '';
  for (let at = 0; at < word.length; at += 1) {
    const char = word.charAt(at);
    if (char === escapeChar && quote !== "'") {
      at += 1;
      text +=
        quote === '"' && !`"$${escapeChar}`.includes(word.charAt(at))
          ? escapeChar + word.charAt(at)
          : word.charAt(at);
    } else if (quote === '' ? char === '"' || char === "'" : char === quote) {
      quote = quote === '' ? char : '';
    } else if (char === '$' && quote !== "'") {
      const variable = readVariable(word.slice(at));
      if (variable === null) {
        text += char;
        continue;
      }
      const filled = fill(variable, lookup, escapeChar);
      text += filled.text;
      if (filled.unknown !== null) return { text, unknown: filled.unknown };
      at += variable.length - 1;
    } else text += char;
  }
  return { text, unknown: null };
}

/** The words of a line, quotes and escapes kept in them. */
export function splitWords(line: string, escapeChar: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let quote = '';
  for (let at = 0; at < line.length; at += 1) {
    const char = line.charAt(at);
    if (char === escapeChar && quote !== "'") {
      word += char + line.charAt(at + 1);
      at += 1;
    } else if (quote === '' && /\s/.test(char)) {
      if (word !== '') words.push(word);
      word = '';
    } else {
      if (quote === '' ? char === '"' || char === "'" : char === quote) quote = quote === '' ? char : '';
      word += char;
    }
  }
  return word === '' ? words : [...words, word];
}

type Variable = {
  readonly name: string;
  readonly operator: string;
  readonly word: string;
  readonly length: number;
};

function readVariable(text: string): Variable | null {
  const bare = /^\$([A-Za-z_]\w*)/.exec(text);
  if (bare) return { name: bare[1] ?? '', operator: '', word: '', length: bare[0].length };
  if (!text.startsWith('${')) return null;
  let depth = 0;
  for (let at = 1; at < text.length; at += 1) {
    if (text.charAt(at) === '{') depth += 1;
    if (text.charAt(at) === '}') depth -= 1;
    if (depth > 0) continue;
    const inner = /^([A-Za-z_]\w*)(:?[-+]|$|.)(.*)$/s.exec(text.slice(2, at));
    return { name: inner?.[1] ?? '', operator: inner?.[2] ?? '?', word: inner?.[3] ?? '', length: at + 1 };
  }
  return { name: '', operator: '?', word: '', length: text.length };
}

function fill({ name, operator, word }: Variable, lookup: Lookup, escapeChar: string): Expanded {
  if (!['', '-', ':-', '+', ':+'].includes(operator))
    return { text: '', unknown: `\${${name}${operator}…} is not evaluated` };
  const known = lookup(name);
  if (operator.endsWith('-')) {
    // A variable without a value takes the default; one that may stand elsewhere does not.
    if ('value' in known && known.value !== '') return { text: known.value, unknown: null };
    if ('unknown' in known && !known.unknown.endsWith(noDefault)) return { text: '', unknown: known.unknown };
    return expand(word, lookup, escapeChar);
  }
  if ('unknown' in known) return { text: '', unknown: known.unknown };
  if (operator.endsWith('+'))
    return known.value === '' ? { text: '', unknown: null } : expand(word, lookup, escapeChar);
  return { text: known.value, unknown: null };
}

/** How an ARG without a value is told: known to be unset unless the build gives one. */
export const noDefault = 'has no default';
