import { SuretyError } from './error.ts';
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

type Described = {
  readonly claim: string;
  readonly why: string;
  readonly requirements: readonly Mapping[];
  readonly touch: Touch;
  /** Milliseconds until the run is `unknown`. Default 60,000. */
  readonly timeout?: number;
  /** Set where only a person can answer: what they are asked, and for how many days an answer counts. */
  readonly attested?: { readonly question: string; readonly days: number };
};

/** One claim, answerable yes or no, as its file writes it. The id is the path of that file below `controls/`. */
export type Definition<W extends Wanted> = Described & {
  readonly targets: W;
  prove(targets: Handles<W>, see: See): Promise<void>;
  /** The changes that would make the claim true; none where it already is. Reads only. */
  plan?(targets: Handles<W>): Promise<readonly Change[]>;
};

export type OpenTargets = { readonly [role: string]: { readonly kind: Kind; readonly handle: Handle } };

/** A control as the runner sees it: it takes whatever was opened, and checks that it is what it wants. */
export type Control = Described & {
  readonly targets: Wanted;
  readonly prove: (open: OpenTargets, see: See) => Promise<void>;
  readonly plan: ((open: OpenTargets) => Promise<readonly Change[]>) | null;
};

export function control<const W extends Wanted>(definition: Definition<W>): Control {
  const { prove, plan, ...described } = definition;
  return {
    ...described,
    prove: (open, see) => prove(handles(definition.targets, open), see),
    plan: plan === undefined ? null : (open) => plan(handles(definition.targets, open)),
  };
}

function handles<W extends Wanted>(wanted: W, open: OpenTargets): Handles<W> {
  const byRole = Object.fromEntries(Object.entries(open).map(([role, { handle }]) => [role, handle]));
  if (!fits(wanted, open, byRole)) {
    const kinds = Object.entries(open).map(([role, { kind }]) => `${role}: ${kind}`);
    throw new SuretyError(
      'control/wrong-targets',
      `given ${kinds.join(', ')}`,
      'this is a mistake in surety: please report it',
    );
  }
  return byRole;
}

/** Each role is filled by a handle that a target of the wanted kind made. */
function fits<W extends Wanted>(wanted: W, open: OpenTargets, _byRole: object): _byRole is Handles<W> {
  return Object.entries(wanted).every(([role, kind]) =>
    typeof kind === 'string'
      ? open[role]?.kind === kind
      : [undefined, kind.optional].includes(open[role]?.kind),
  );
}
