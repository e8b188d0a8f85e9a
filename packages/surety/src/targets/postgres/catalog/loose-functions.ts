import type { FunctionRow } from './function-calls.ts';
import { partsOf } from './loose-parts.ts';

type Asked = Pick<FunctionRow, 'name' | 'language' | 'body' | 'source' | 'signature'>;

/**
 * Why a function that a policy asks about a row may say yes whoever the row belongs to, in words: a part of it that OR joins
 * says nothing of what it was given. Such a part may hold for no tenant of today, so that trying it shows nothing.
 */
export function looseAnswers(asked: Asked): readonly string[] {
  const given = parametersOf(asked);
  if (given.length === 0 || !/\bRETURNS boolean\b/i.test(asked.source)) return [];
  const isTied = tiedTo(given);
  return answersOf(asked).every(isTied)
    ? []
    : [`a part of ${asked.name} decides by who asks, not by whose the row is, and nobody tried as everyone`];
}

const modes = /^(in|out|inout|variadic)$/i;

/** By name where they have one, and by place. */
function parametersOf({ signature }: Asked): readonly string[] {
  const list = signature.slice(signature.indexOf('(') + 1, -1).trim();
  if (list === '') return [];
  return list.split(', ').flatMap((parameter, place) => {
    const [first = '', second] = parameter.split(' ').filter((word) => !modes.test(word));
    return [`$${place + 1}`, ...(second === undefined ? [] : [first.replaceAll('"', '')])];
  });
}

/** The conditions under which it says yes, as far as its text says them. */
function answersOf({ language, body }: Asked): readonly string[] {
  const text = normal(body);
  if (language === 'sql') {
    const [, answer] = /^(?:SELECT|RETURN) (.*)$/s.exec(text.replace(/[\s;]+$/, '')) ?? [];
    return answer === undefined || answer.includes(';') ? [] : [`SELECT ${answer}`];
  }
  if (language !== 'plpgsql') return [];
  const branches = [...text.matchAll(/\bIF ((?:(?!\bTHEN\b|;).)+) THEN RETURN TRUE\b/gs)];
  const answers = [...text.matchAll(/\bRETURN ((?:(?!;).)+);/gs)];
  return [...branches, ...answers].flatMap(([, said = '']) => (/^\w+$/.test(said.trim()) ? [] : [said]));
}

const words =
  /'(?:[^']|'')*'|"(?:[^"]|"")*"|\b(?:select|where|and|or|union(?: all)?|exists|if|then|return|true|false|null)\b/gi;

/** Without comments, in single blanks, its words in capitals. */
function normal(body: string): string {
  return body
    .replaceAll(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replaceAll(words, (word) => (/^['"]/.test(word) ? word : word.toUpperCase()))
    .replaceAll(/ UNION(?: ALL)? /g, ' OR ');
}

const saysNo = /^(?:FALSE|NULL)(?:::\w+)?$/;
/** The same for every tenant, and tried as the role that it is about. */
const asksWhoConnects = /\b(current_user|session_user|current_role|pg_has_role)\b/i;

function tiedTo(given: readonly string[]): (text: string) => boolean {
  const mentions = (text: string): boolean =>
    given.some((name) => {
      const verbatim = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
      return new RegExp(`(?<![\\w'$])${verbatim}(?![\\w'])`, 'i').test(text);
    });
  const isTied = (text: string): boolean => {
    const anyOf = partsOf(text, ' OR ');
    if (anyOf.length > 1) return anyOf.every(isTied);
    const allOf = partsOf(text, ' AND ');
    if (allOf.length > 1) return allOf.some(isTied);
    const [whole = ''] = allOf;
    const trimmed = whole.trim();
    if (saysNo.test(trimmed.replace(/^SELECT /, '')) || asksWhoConnects.test(trimmed)) return true;
    const [, before, where] = /^((?:(?!\bWHERE\b)[^()])*)\bWHERE\b(.*)$/s.exec(trimmed) ?? [];
    if (before !== undefined && where !== undefined) return mentions(before) || isTied(where);
    const [, inner] = /^(?:SELECT )?(?:EXISTS ?)?\((.*)\)$/s.exec(trimmed) ?? [];
    if (inner !== undefined && isClosed(inner)) return isTied(inner);
    return mentions(trimmed);
  };
  return isTied;
}

/** Whether every bracket in it ends in it. */
function isClosed(text: string): boolean {
  let depth = 0;
  for (const sign of text.replaceAll(/'(?:[^']|'')*'/g, '')) {
    if (sign === '(') depth += 1;
    if (sign === ')') depth -= 1;
    if (depth < 0) return false;
  }
  return depth === 0;
}
