import type { Change } from './plan.ts';
import type { See } from './see.ts';
import type { Handle, Kind, TargetKinds, Touch } from './target.ts';

/** How a control serves a requirement. Never "satisfies": that word is the auditor's. */
export type Mapping = {
  readonly requirement: string;
  readonly relation: 'supports' | 'partly';
  readonly reason: string;
};

export const supports = (requirement: string, reason: string): Mapping => ({
  requirement,
  relation: 'supports',
  reason,
});
export const partly = (requirement: string, reason: string): Mapping => ({
  requirement,
  relation: 'partly',
  reason,
});

export type OptionalKind<K extends Kind> = { readonly optional: K };
/** A target that the control uses where the estate has one. */
export const optional = <K extends Kind>(kind: K): OptionalKind<K> => ({ optional: kind });

export type Wanted = { readonly [role: string]: Kind | OptionalKind<Kind> };

export type Handles<W extends Wanted> = {
  readonly [Role in keyof W]: W[Role] extends Kind
    ? TargetKinds[W[Role]] & Handle
    : W[Role] extends OptionalKind<infer K>
      ? (TargetKinds[K] & Handle) | undefined
      : never;
};

/** One claim, answerable yes or no. The id is the path of its file below `controls/`. */
export type Control<W extends Wanted = Wanted> = {
  readonly claim: string;
  readonly why: string;
  readonly requirements: readonly Mapping[];
  readonly targets: W;
  readonly touch: Touch;
  /** Milliseconds until the run is `unknown`. Default 60,000. */
  readonly timeout?: number;
  /** Set where only a person can answer: what they are asked, and for how many days an answer counts. */
  readonly attested?: { readonly question: string; readonly days: number };
  prove(targets: Handles<W>, see: See): Promise<void>;
  /** The changes that would make the claim true; none where it already is. Reads only. */
  plan?(targets: Handles<W>): Promise<readonly Change[]>;
};

/** Types a control; adds nothing at run time. */
export function control<const W extends Wanted>(definition: Control<W>): Control<W> {
  return definition;
}
