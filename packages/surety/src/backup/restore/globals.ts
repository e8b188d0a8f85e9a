import { SuretyError } from '../../core/error.ts';

/** One statement that `pg_dumpall --globals-only` writes, and which role or tablespace it changes. */
export type GlobalStatement = { readonly sql: string } & (
  | { readonly kind: 'create-role'; readonly role: string }
  | { readonly kind: 'role-attributes'; readonly role: string; readonly password: string | null }
  | { readonly kind: 'role-setting' | 'role-remark'; readonly role: string }
  | {
      readonly kind: 'membership';
      readonly role: string;
      readonly of: string;
      /** The statement without `granted by`. */
      readonly ours: string;
    }
  | { readonly kind: 'parameter'; readonly role: string }
  | { readonly kind: 'create-tablespace' | 'tablespace'; readonly tablespace: string }
  | { readonly kind: 'unknown'; readonly begins: string }
);

type Token = {
  readonly kind: 'word' | 'name' | 'text' | 'sign';
  /** Words in lower case; names and texts without their quotes. */
  readonly is: string;
  readonly from: number;
  readonly to: number;
};

/** The last line, and what may still follow it: the frame of a comment, and the end of what psql is restricted to. */
const marker = /\n-- PostgreSQL database cluster dump complete\n(--|\s|\\unrestrict \w+)*$/;

/**
 * Reads what `pg_dumpall --globals-only` writes, and nothing else. What it does not know is given as `unknown`, for nobody to run.
 *
 * @throws {SuretyError} `restore/globals`
 */
export function readGlobals(text: string): readonly GlobalStatement[] {
  if (!marker.test(text)) throw odd('it has no end');
  const statements: GlobalStatement[] = [];
  let posing = false;
  for (const tokens of split(text)) {
    const [first, last] = [tokens[0], tokens.at(-1)];
    if (first === undefined || last === undefined) continue;
    const sql = text.slice(first.from, last.to);
    const words = tokens.map(({ is }) => is).join(' ');
    // What a grantor gave who is not the owner: theirs to give again.
    if (words.startsWith('set session authorization')) posing = true;
    if (posing) statements.push({ kind: 'unknown', sql, begins: beginOf(tokens) });
    else if (!preamble.has(words)) statements.push({ sql, ...read(tokens, text, sql) });
    if (words === 'reset session authorization') posing = false;
  }
  return statements;
}

const preamble = new Set([
  'set default_transaction_read_only = off',
  'set client_encoding = UTF8',
  'set standard_conforming_strings = on',
]);

type Reading<Kind = GlobalStatement> = Kind extends GlobalStatement ? Omit<Kind, 'sql'> : never;

function read(tokens: readonly Token[], text: string, sql: string): Reading {
  const at = (index: number): string => tokens[index]?.is ?? '';
  const verb = `${at(0)} ${at(1)}`;
  const target = tokens[2];
  const named = target?.kind === 'name' || target?.kind === 'word';
  if (verb === 'create role' && named && tokens.length === 3) return { kind: 'create-role', role: target.is };
  if (verb === 'alter role' && named && at(3) === 'with' && areAttributes(tokens.slice(4)))
    return { kind: 'role-attributes', role: target.is, password: passwordIn(tokens) };
  if (verb === 'alter role' && named && at(3) === 'set') return { kind: 'role-setting', role: target.is };
  const remark = remarkOn(tokens);
  if (remark !== null) return remark;
  if (verb === 'create tablespace' && named && at(3) === 'owner' && at(5) === 'location')
    return { kind: 'create-tablespace', tablespace: target.is };
  if (verb === 'alter tablespace' && named && at(3) === 'set')
    return { kind: 'tablespace', tablespace: target.is };
  if (at(0) === 'grant' || at(0) === 'revoke') return grant(tokens, text, sql);
  return { kind: 'unknown', begins: beginOf(tokens) };
}

/** `comment on role x is '…'`, `security label for p on role x is '…'`. */
function remarkOn(tokens: readonly Token[]): Reading | null {
  const start = tokens
    .map(({ is }) => is)
    .join(' ')
    .startsWith('security label for ')
    ? 4
    : 1;
  const verb = tokens[0]?.is;
  if (verb !== 'comment' && (verb !== 'security' || start === 1)) return null;
  const [on, what, name, is, text, more] = tokens.slice(start);
  if (on?.is !== 'on' || is?.is !== 'is' || text?.kind !== 'text' || more !== undefined) return null;
  if (name === undefined) return null;
  if (what?.is === 'role') return { kind: 'role-remark', role: name.is };
  return what?.is === 'tablespace' ? { kind: 'tablespace', tablespace: name.is } : null;
}

function grant(tokens: readonly Token[], text: string, sql: string): Reading {
  const on = tokens.findIndex(({ kind, is }) => kind === 'word' && is === 'on');
  const to = tokens.findIndex(({ kind, is }) => kind === 'word' && (is === 'to' || is === 'from'));
  const receiver = tokens[to + 1];
  const unknown = { kind: 'unknown', begins: beginOf(tokens) } as const;
  if (to < 0 || receiver === undefined) return unknown;
  if (on < 0) {
    const [, group] = tokens;
    if (tokens[0]?.is !== 'grant' || to !== 2 || group === undefined) return unknown;
    const by = tokens.findIndex(
      ({ kind, is }, index) => kind === 'word' && is === 'granted' && tokens[index + 1]?.is === 'by',
    );
    const end = by < 0 ? undefined : tokens[by - 1]?.to;
    const ours = end === undefined ? sql : text.slice(tokens[0]?.from, end);
    return { kind: 'membership', role: receiver.is, of: group.is, ours };
  }
  if (tokens[on + 1]?.is === 'parameter') return { kind: 'parameter', role: receiver.is };
  const tablespace = tokens[on + 2];
  if (tokens[on + 1]?.is === 'tablespace' && tablespace !== undefined)
    return { kind: 'tablespace', tablespace: tablespace.is };
  return unknown;
}

const flags = /^(no)?(superuser|inherit|createrole|createdb|login|replication|bypassrls)$/;

function areAttributes(tokens: readonly Token[]): boolean {
  for (let index = 0; index < tokens.length; index += 1) {
    const [one, next, third] = tokens.slice(index, index + 3);
    if (one?.kind !== 'word') return false;
    if (flags.test(one.is)) continue;
    if (one.is === 'password' && next?.kind === 'text') index += 1;
    else if (one.is === 'valid' && next?.is === 'until' && third?.kind === 'text') index += 2;
    else if (one.is === 'connection' && next?.is === 'limit' && /^\d+$/.test(third?.is ?? '')) index += 2;
    else return false;
  }
  return true;
}

function passwordIn(tokens: readonly Token[]): string | null {
  const index = tokens.findIndex(({ kind, is }) => kind === 'word' && is === 'password');
  return index < 0 ? null : (tokens[index + 1]?.is ?? null);
}

/** The first words, which say what it does and to nobody whom. */
function beginOf(tokens: readonly Token[]): string {
  return tokens
    .slice(0, 2)
    .filter(({ kind }) => kind === 'word')
    .map(({ is }) => is)
    .join(' ');
}

const patterns = [
  /(?<space>\s+|--[^\n]*(?:\n|$))/y,
  /(?<meta>\\(?:un)?restrict [A-Za-z0-9]+(?=\n|$))/y,
  /(?<name>"(?:[^"]|"")+")/y,
  /(?<text>'(?:[^']|'')*')/y,
  /(?<escaped>E'(?:[^'\\]|''|\\[\s\S])*')/y,
  /(?<word>[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d+)/y,
  /(?<sign>[=,.();-])/y,
];

/** Statements as tokens. The two meta-commands of psql that pg_dumpall writes are none. */
function* split(text: string): Generator<readonly Token[]> {
  let tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const token = tokenAt(text, at);
    at = token.to;
    if (token.kind === 'skip') continue;
    if (token.kind === 'meta') {
      if (tokens.length > 0) throw odd('a meta-command is in the middle of a statement');
      continue;
    }
    if (token.kind === 'sign' && token.is === ';') {
      yield tokens;
      tokens = [];
    } else tokens.push({ ...token, kind: token.kind });
  }
  if (tokens.length > 0) throw odd('its last statement has no end');
}

type AnyToken = Omit<Token, 'kind'> & { readonly kind: Token['kind'] | 'skip' | 'meta' };

function tokenAt(text: string, from: number): AnyToken {
  for (const pattern of patterns) {
    pattern.lastIndex = from;
    const groups = pattern.exec(text)?.groups;
    if (groups === undefined) continue;
    const to = pattern.lastIndex;
    if (groups.space !== undefined) return { kind: 'skip', is: '', from, to };
    if (groups.meta !== undefined) return { kind: 'meta', is: '', from, to };
    if (groups.name !== undefined)
      return { kind: 'name', is: groups.name.slice(1, -1).replaceAll('""', '"'), from, to };
    if (groups.text !== undefined)
      return { kind: 'text', is: groups.text.slice(1, -1).replaceAll("''", "'"), from, to };
    if (groups.escaped !== undefined) return { kind: 'text', is: groups.escaped, from, to };
    if (groups.word !== undefined) return { kind: 'word', is: groups.word.toLowerCase(), from, to };
    return { kind: 'sign', is: groups.sign ?? '', from, to };
  }
  throw odd('it holds what pg_dumpall does not write');
}

function odd(fact: string): SuretyError {
  return new SuretyError(
    'restore/globals',
    `the part globals is not what pg_dumpall writes: ${fact}`,
    'nothing was restored: take another backup, or the version of surety that made this one',
  );
}
