import type { Json } from './json.ts';

/**
 * How something was seen, weakest first: a person said so, a file or catalog said so, the thing was
 * attacked, the thing was exercised end to end. A verdict reports the weakest that it rests on.
 */
export const methods = ['attested', 'read', 'attack', 'drill'] as const;
export type Method = (typeof methods)[number];

/**
 * What came of one act, as the side that tried it saw it.
 *
 * - `done`: the act had its effect. `detail` says which (`1 row`, `200`).
 * - `refused`: the target turned it down. `detail` is the reason (`0 rows`, `42501`, `403`).
 * - `broken`: the act could not be tried, or failed for a reason that says nothing about the claim.
 */
export type Attempt = {
  /** What was tried, without who tried it: the key that pairs an attack with its witness. */
  readonly act: string;
  readonly actor: string;
  readonly result: 'done' | 'refused' | 'broken';
  readonly detail: string;
  readonly method: Method;
};

type Seen = {
  /** The thing looked at, and what was asked of it: `accounts: other tenant reads it`. */
  readonly subject: string;
  readonly method: Method;
  /** Set when it was seen on a stand-in (a scratch copy, a local service), not on the real thing. */
  readonly standIn?: true;
  /** One command or sentence that helps when this is the observation that broke the verdict. */
  readonly hint?: string;
};

/** One thing seen. Redacted before it becomes an Observation; judged again by whoever verifies it. */
export type Observation =
  | (Seen & { readonly check: 'equal'; readonly want: Json; readonly got: Json })
  | (Seen & { readonly check: 'must'; readonly want: string; readonly got: string; readonly holds: boolean })
  | (Seen & { readonly check: 'allowed'; readonly attempt: Attempt })
  | (Seen & { readonly check: 'required'; readonly attempt: Attempt })
  | (Seen & { readonly check: 'refused'; readonly attempt: Attempt; readonly because: readonly string[] })
  | (Seen & {
      readonly check: 'population';
      readonly how: string;
      readonly count: number;
      readonly recount: { readonly how: string; readonly count: number };
      /** The claim is that there are none, so that none is an answer and not blindness. */
      readonly emptyIsTheClaim?: true;
    })
  | (Seen & {
      readonly check: 'attestation';
      /** RFC 3339, UTC. `null`: nobody has said so yet. */
      readonly statement: null | {
        readonly record: string;
        readonly by: string;
        readonly from: string;
        readonly until: string;
      };
      /** The time at which the statement was looked for. RFC 3339, UTC. */
      readonly at: string;
    })
  | (Seen & { readonly check: 'blind'; readonly missing: string })
  | (Seen & { readonly check: 'not-applicable'; readonly reason: string })
  | (Seen & { readonly check: 'note'; readonly got: string });

/** The ways to see something; each is judged in its own way. */
export type Check = Observation['check'];
