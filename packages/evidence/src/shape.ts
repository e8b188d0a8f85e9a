import { canonicalize } from './canonical.ts';
import type { Json, JsonObject } from './json.ts';

/** Where in a value the shape that was wanted stopped fitting, innermost key last. */
export type Fault = { at: readonly (string | number)[] };

/** Says whether a value read from outside has a shape, and where it does not. */
export type Shape<T> = (value: unknown, fault: Fault) => value is T;

type Of<S> = S extends Shape<infer T> ? T : never;
type Fields = { readonly [key: string]: Shape<unknown> };

export const text: Shape<string> = (value, _fault): value is string => typeof value === 'string';
export const flag: Shape<boolean> = (value, _fault): value is boolean => typeof value === 'boolean';
export const count: Shape<number> = (value, _fault): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** Any JSON value. The value must come from `parseJson`. */
export const anyJson: Shape<Json> = (value, _fault): value is Json => value !== undefined;
export const anyObject: Shape<JsonObject> = (value, _fault): value is JsonObject => isObject(value);

export const timestamp: Shape<string> = (value, _fault): value is string => {
  if (typeof value !== 'string' || value.length !== 24) return false;
  const time = Date.parse(value);
  return !Number.isNaN(time) && new Date(time).toISOString() === value;
};

export const hexSha256: Shape<string> = (value, _fault): value is string =>
  typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);

export function oneOf<const T extends string | boolean | null>(...values: readonly T[]): Shape<T> {
  const allowed: ReadonlySet<unknown> = new Set(values);
  return (value, _fault): value is T => allowed.has(value);
}

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value, fault): value is T | null => value === null || shape(value, fault);
}

export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value, fault): value is readonly T[] =>
    Array.isArray(value) && value.every((item: unknown, index) => inside(index, item, shape, fault));
}

/** An object with keys of any name and values of one shape. */
export function mapOf<T>(shape: Shape<T>): Shape<{ readonly [key: string]: T }> {
  return (value, fault): value is { readonly [key: string]: T } =>
    isObject(value) && Object.entries(value).every(([key, member]) => inside(key, member, shape, fault));
}

/** An object with exactly these keys; those of `optional` may be absent. */
export function object<R extends Fields, O extends Fields = Record<never, never>>(
  required: R,
  optional?: O,
): Shape<{ readonly [K in keyof R]: Of<R[K]> } & { readonly [K in keyof O]?: Of<O[K]> }> {
  const shapes = new Map<string, Shape<unknown>>([
    ...Object.entries(required),
    ...Object.entries(optional ?? {}),
  ]);
  const wanted = Object.keys(required);
  return (
    value,
    fault,
  ): value is { readonly [K in keyof R]: Of<R[K]> } & { readonly [K in keyof O]?: Of<O[K]> } => {
    if (!isObject(value)) return false;
    const missing = wanted.find((key) => !Object.hasOwn(value, key));
    if (missing !== undefined) {
      fault.at = [missing];
      return false;
    }
    return Object.entries(value).every(([key, member]) => inside(key, member, shapes.get(key), fault));
  };
}

/** One of several object shapes, told apart by the text under `key`. */
export function byTag<T>(key: string, shapes: { readonly [tag: string]: Shape<T> }): Shape<T> {
  return (value, fault): value is T => {
    const tag = isObject(value) ? value[key] : undefined;
    if (typeof tag === 'string' && Object.hasOwn(shapes, tag)) {
      const shape = shapes[tag];
      if (shape !== undefined) return shape(value, fault);
    }
    fault.at = [key];
    return false;
  };
}

/** Parses JSON; `undefined` when it is not JSON, or not in its canonical form where that is wanted. */
export function parseJson(source: string, form: 'canonical' | 'any' = 'any'): Json | undefined {
  try {
    const value: Json = JSON.parse(source);
    return form === 'any' || isCanonical(value, source) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A long list item by item: written out once more as a whole, it would take as much again as its text. */
function isCanonical(value: Json, source: string): boolean {
  if (!isList(value)) return canonicalize(value) === source;
  let at = 0;
  for (const item of value) {
    const text = `${at === 0 ? '[' : ','}${canonicalize(item)}`;
    if (!source.startsWith(text, at)) return false;
    at += text.length;
  }
  return source.slice(at) === (at === 0 ? '[]' : ']');
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function inside(
  key: string | number,
  member: unknown,
  shape: Shape<unknown> | undefined,
  fault: Fault,
): boolean {
  const inner: Fault = { at: [] };
  if (shape?.(member, inner) === true) return true;
  fault.at = [key, ...inner.at];
  return false;
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
