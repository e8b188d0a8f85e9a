export type Area =
  | 'roles and ownership'
  | 'objects beside the policy'
  | 'logic of policies'
  | 'context and pool'
  | 'covert channels';

/** What stands against an attack. */
export type Cover =
  /** A sabotage that the control must fail. */
  | { readonly how: 'caught'; readonly control: `tenancy/${string}`; readonly by: string }
  /** A look-alike that the control must pass: PostgreSQL stops it. */
  | { readonly how: 'safe'; readonly control: `tenancy/${string}`; readonly by: string }
  /** A test of the runtime that the application ships. */
  | { readonly how: 'tested'; readonly file: string; readonly by: string }
  /** Nothing can be tried or closed; it is said, with what helps. */
  | { readonly how: 'registered'; readonly reason: string; readonly fix: string | null };

export type Bypass = {
  readonly number: number;
  readonly area: Area;
  /** What somebody does, or what was left open. */
  readonly attack: string;
  /** What comes of it where nobody has done anything about it. */
  readonly alone: 'gets through' | 'is stopped' | 'fails with an error' | 'gets through on old servers';
  readonly covers: readonly [Cover, ...Cover[]];
};

export const caught = (control: `tenancy/${string}`, ...names: readonly string[]): readonly Cover[] =>
  names.map((by) => ({ how: 'caught', control, by }));
export const safe = (control: `tenancy/${string}`, ...names: readonly string[]): readonly Cover[] =>
  names.map((by) => ({ how: 'safe', control, by }));
export const tested = (file: string, ...names: readonly string[]): readonly Cover[] =>
  names.map((by) => ({ how: 'tested', file: `packages/guard/test/tenant/${file}`, by }));
export const registered = (reason: string, fix: string | null = null): readonly Cover[] => [
  { how: 'registered', reason, fix },
];

/** One attack as its list writes it. */
export type Entry = readonly [
  attack: string,
  alone: Bypass['alone'],
  ...covers: readonly (readonly Cover[])[],
];
