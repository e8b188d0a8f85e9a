import { type Answer, no, unknown, yes } from './answer.ts';

/** One command of a script, and whether the script fails when it does. */
export type Command = {
  readonly words: readonly string[];
  /** Assignments before it. */
  readonly env: Readonly<Record<string, string>>;
  readonly fate: Answer;
};

export type ShellOptions = {
  /** Ends at the first failure, as `bash -e`. */
  readonly errexit: boolean;
  /** A pipe fails when any part of it does. */
  readonly pipefail: boolean;
};

/** What GitHub starts a step with; `null` where it is no shell that is followed. */
export function shellOptions(shell: string | null): ShellOptions | null {
  if (shell === null || shell === 'sh') return { errexit: true, pipefail: false };
  if (shell === 'bash') return { errexit: true, pipefail: true };
  const [program, ...flags] = shell.split(/\s+/);
  if (program !== 'bash' && program !== 'sh') return null;
  const text = flags.join(' ');
  return { errexit: /(^|\s)-\w*e/.test(text), pipefail: /pipefail/.test(text) };
}

const branching =
  /^\s*(?:if|for|while|until|case|select|function|trap|eval|exec|\{|\(|[A-Za-z_][\w-]*\s*\(\))(?:\s|$|\()/m;

/** The commands of a script, in order. Branches, functions and here-documents are not followed. */
export function commandsOf(script: string, options: ShellOptions): readonly Command[] {
  const lines = script
    .replace(/\\\r?\n/g, ' ')
    .split(/\r?\n/)
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter((line) => line !== '');
  const odd = lines.some((line) => branching.test(line) || /<<-?\s*['"\w]/.test(line));
  const lists = lines.flatMap(statements);
  const commands: Command[] = [];
  let { errexit, pipefail } = options;
  for (const [index, list] of lists.entries()) {
    const [first] = list;
    if (first?.words[0] === 'set') {
      ({ errexit, pipefail } = afterSet(first.words, { errexit, pipefail }));
      continue;
    }
    const last = index === lists.length - 1;
    for (const [place, part] of list.entries()) {
      const fate = odd
        ? unknown('a script with branches is not followed')
        : fateOf(list, place, { errexit, pipefail }, last);
      commands.push(withoutWrappers(part.words, fate));
    }
  }
  return commands;
}

function afterSet(words: readonly string[], { errexit, pipefail }: ShellOptions): ShellOptions {
  const text = words.join(' ');
  return {
    errexit: /\+\w*e|\+o errexit/.test(text) ? false : /-\w*e|-o errexit/.test(text) ? true : errexit,
    pipefail: /\+o pipefail/.test(text) ? false : /-\w*o pipefail/.test(text) ? true : pipefail,
  };
}

type Operator = '&&' | '||' | '|' | '&' | ';' | null;
type Part = { readonly words: readonly string[]; readonly next: Operator };

/** Whether a failure of one part of `a && b | c || d` ends the script as a failure. */
function fateOf(list: readonly Part[], place: number, options: ShellOptions, last: boolean): Answer {
  const before = list[place - 1]?.next ?? null;
  const part = list[place];
  if (part === undefined) return yes;
  if (part.words[0] === '!') return no('! turns its failure into success');
  if (list.at(-1)?.next === '&') return no('it runs in the background');
  if (before === '||') return no('it runs only where another fails');
  if (part.next === '|') {
    if (!options.pipefail) return no('its failure is lost in a pipe');
    return fateOf(list, place + 1, options, last);
  }
  const rest = list.slice(place);
  const rescue = rest.findIndex(({ next }) => next === '||');
  if (rescue !== -1) return rescued(rest[rescue + 1]?.words ?? []);
  if (rest.some(({ next }) => next === '&&') && !last) return no('its failure is lost before &&');
  if (!options.errexit && !last) return no('what follows it decides');
  return yes;
}

function rescued([first = '', second = '']: readonly string[]): Answer {
  if (first === 'false' || (first === 'exit' && second !== '0' && second !== '')) return yes;
  if (/^(true|:|echo|printf|exit)$/.test(first)) return no(`|| ${first} throws its failure away`);
  return unknown(`|| ${first} is not followed`);
}

/** Splits a line at `;`, and each piece at `&&`, `||`, `|`, `&`; quotes hold together what is in them. */
function statements(line: string): readonly (readonly Part[])[] {
  const lists: Part[][] = [[]];
  let words: string[] = [];
  const end = (next: Operator): void => {
    if (words.length > 0) lists.at(-1)?.push({ words, next });
    words = [];
    if ((next === ';' || next === '&') && (lists.at(-1)?.length ?? 0) > 0) lists.push([]);
  };
  for (const token of line.match(tokens) ?? []) {
    const operator = operators.get(token);
    if (operator === undefined) words.push(unquoted(token));
    else end(operator);
  }
  end(null);
  return lists.filter((list) => list.length > 0);
}

const tokens = /&&|\|\||[;|]|&(?!>)|(?:[^\s;|&"'\\]|\\.|"(?:\\.|[^"\\])*"|'[^']*'|(?<=>)&|&(?=>))+/g;
const operators: ReadonlyMap<string, Operator> = new Map<string, Operator>([
  ['&&', '&&'],
  ['||', '||'],
  ['|', '|'],
  ['&', '&'],
  [';', ';'],
]);

function unquoted(token: string): string {
  return token.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g, (_, double, single, escaped) =>
    String(double ?? single ?? escaped ?? ''),
  );
}

const assignment = /^([A-Za-z_]\w*)=(.*)$/s;

/** Without what only surrounds a command: assignments, `env`, `time`, `timeout 60`, `cross-env`, coverage. */
function withoutWrappers(given: readonly string[], fate: Answer): Command {
  const env: Record<string, string> = {};
  let words = given;
  for (;;) {
    const [first = '', second = ''] = words;
    const [, name, value] = assignment.exec(first) ?? [];
    if (name !== undefined && value !== undefined) env[name] = value;
    else if (first === 'timeout') words = words.slice(/^\d/.test(second) ? 1 : 0);
    else if (!/^(env|cross-env|time|command|xvfb-run|c8|nyc|dotenv|--)$/.test(first)) break;
    words = words.slice(1);
  }
  return { words, env, fate };
}
