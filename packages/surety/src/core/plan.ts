import type { Sha256 } from '@surety/evidence';

/** One thing that a target carries out. A change is a list of these, and so is its undo. */
export type Step =
  /**
   * One SQL statement, run in the change's single transaction. `alone`: the server wants it outside of any
   * (`create index concurrently`); such a step is the only one of its change, and harmless when repeated.
   */
  | { readonly sql: string; readonly alone?: true }
  /** A file's whole new content; `null` removes it. Refused unless the file still has the digest `before`. */
  | { readonly file: string; readonly before: Sha256 | null; readonly content: string | null };

/** A hardening of one target: what to do, what must hold first, and how to take it back. */
export type Change = {
  /** Stable and readable, unique within its control: `accounts`. */
  readonly id: string;
  readonly title: string;
  /** Which of the control's targets it changes, by the control's name for it. */
  readonly target: string;
  readonly steps: readonly Step[];
  /** Steps back, or why there are none and what a person would do. */
  readonly undo: readonly Step[] | { readonly manual: string };
  /** Controls that must have a fresh pass before this may be applied. */
  readonly requires: readonly string[];
  /**
   * Set where only a person can say whether it is right: what they have to decide. Such a change is shown, is never part of
   * an area or a control, and is applied only when its full id is given. It does not keep a control from passing.
   */
  readonly proposed?: string;
};

/** What would start to fail if a change were applied now: `accounts as reporting: read while no tenant is set`, 3, `rows`. */
export type Impact = {
  readonly subject: string;
  readonly count: number;
  readonly unit: string;
  /** The count is an estimate. */
  readonly about?: true;
  /** A control: while it has a fresh pass, this does not happen. */
  readonly unless?: string;
  /** Why it is shown and does not keep the change from being applied. */
  readonly aside?: string;
};

/** A change as it is tried on a copy. */
export type Trial = { readonly id: string } & Pick<Change, 'steps' | 'undo'>;
