import type { Attempt } from '@surety/evidence';
import type { Population } from '../../../core/see.ts';
import type { Doubt } from '../tenancy/doubts.ts';

/** A place where marks of the owner were looked for, by the owner and by another tenant. */
export type Sighting = {
  /** Subjects of the attack and of its witness. */
  readonly subject: string;
  readonly witness: string;
  readonly owner: Attempt;
  readonly thief: Attempt;
  readonly hint: string;
};

/** What came of looking somewhere. */
export type Findings = {
  /** Where at least one of the two found something, or could not look. */
  readonly seen: readonly Sighting[];
  /** What could not be called or read, and may show or change anything. */
  readonly doubts: readonly Doubt[];
  /** For the reader; bears on nothing. */
  readonly notes: readonly { readonly subject: string; readonly got: string }[];
};

/** What came of looking beside the tables: in every relation, and in what functions answer. */
export type MarkerSearch = {
  readonly places: Population<string>;
  readonly relations: Findings;
  /** Functions, rules and triggers that may do more than whoever sets them off. */
  readonly doors: Findings;
};
