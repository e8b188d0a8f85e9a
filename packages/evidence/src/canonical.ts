import { EvidenceError } from './error.ts';
import type { Json } from './json.ts';

// Deeper than any record, shallower than the stack of a process that reads a hostile file.
const maxDepth = 500;

/**
 * JSON in the one form of RFC 8785: no blanks, keys by UTF-16 code units, numbers and strings as
 * ECMAScript writes them.
 *
 * @throws {EvidenceError} `json/not-canonical` for what that form cannot carry: lone surrogates, NaN,
 * infinities, `undefined`, cycles, class instances, or more than 500 levels.
 */
export function canonicalize(value: Json): string {
  return write(value, []);
}

function write(value: unknown, above: object[]): string {
  switch (typeof value) {
    case 'string':
      return writeString(value);
    case 'number':
      if (!Number.isFinite(value)) throw refuse(`the number ${value}`);
      return JSON.stringify(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      return value === null ? 'null' : writeObject(value, above);
    default:
      throw refuse(typeof value);
  }
}

/** `above` are the objects that this one is in, as a stack. */
function writeObject(value: object, above: object[]): string {
  if (above.includes(value)) throw refuse('a cycle');
  if (above.length >= maxDepth) throw refuse(`more than ${maxDepth} levels`);
  above.push(value);
  const text = Array.isArray(value) ? writeList(value, above) : writeMembers(value, above);
  above.pop();
  return text;
}

function writeList(list: readonly unknown[], above: object[]): string {
  // Array.from also visits holes, which are `undefined` and refused.
  return `[${Array.from(list, (item) => write(item, above)).join(',')}]`;
}

function writeMembers(value: object, above: object[]): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) throw refuse('an instance of a class');
  const members = new Map<string, unknown>(Object.entries(value));
  return `{${[...members.keys()]
    .sort()
    .map((key) => `${writeString(key)}:${write(members.get(key), above)}`)
    .join(',')}}`;
}

function writeString(value: string): string {
  if (!value.isWellFormed()) throw refuse('a lone surrogate');
  return JSON.stringify(value);
}

function refuse(what: string): EvidenceError {
  return new EvidenceError(
    'json/not-canonical',
    `canonical JSON cannot carry ${what}`,
    'write it as text, or leave it out',
  );
}
