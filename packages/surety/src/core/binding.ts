import type { Control } from './control.ts';
import type { Estate, EstateTarget } from './estate.ts';
import type { Kind } from './target.ts';

/** The named targets that one run of a control uses, by the control's own names for them. */
export type Binding = {
  /** `budget-db`, or `budget-api+budget-db` where there are several; `estate` where there is none. */
  readonly name: string;
  readonly environment: string;
  readonly targets: { readonly [role: string]: EstateTarget };
};

export type Bound = {
  readonly bindings: readonly Binding[];
  /** Kinds that the control wants and the estate does not have: out of scope, which is said and counted. */
  readonly lacking: readonly Kind[];
  /** Targets of a wanted kind that are in no binding, because their environment has no partner for them. */
  readonly alone: readonly EstateTarget[];
};

/** Every binding of a control in an estate: targets of one environment, and those that name each other together. */
export function bind(control: Control, estate: Estate): Bound {
  const roles = Object.entries(control.targets).map(([role, wanted]) => {
    const kind = typeof wanted === 'string' ? wanted : wanted.optional;
    const candidates = estate.targets.filter((target) => target.kind === kind);
    return { role, kind, optional: typeof wanted !== 'string', candidates };
  });
  const required = roles.filter(({ optional }) => !optional);
  const lacking = required.filter(({ candidates }) => candidates.length === 0).map(({ kind }) => kind);
  const combinations =
    lacking.length > 0
      ? []
      : roles.reduce<readonly Choice[]>(
          (choices, role) => choices.flatMap((choice) => extend(choice, role, estate)),
          [{ environment: null, targets: {} }],
        );
  const used = new Set(combinations.flatMap(({ targets }) => Object.values(targets)));
  return {
    bindings: combinations.map(({ environment, targets }) => named(environment ?? 'all', targets)),
    lacking,
    alone:
      lacking.length > 0
        ? []
        : required.flatMap(({ candidates }) => candidates.filter((target) => !used.has(target))),
  };
}

type Choice = {
  readonly environment: string | null;
  readonly targets: { readonly [role: string]: EstateTarget };
};
type Role = {
  readonly role: string;
  readonly kind: Kind;
  readonly optional: boolean;
  readonly candidates: readonly EstateTarget[];
};

function extend(
  choice: Choice,
  { role, kind, optional, candidates }: Role,
  estate: Estate,
): readonly Choice[] {
  const fitting = candidates.filter(
    (candidate) =>
      (choice.environment === null || candidate.environment === choice.environment) &&
      Object.values(choice.targets).every(
        (chosen) => agrees(chosen, candidate, kind, estate) && agrees(candidate, chosen, chosen.kind, estate),
      ),
  );
  if (fitting.length === 0) return optional ? [choice] : [];
  return fitting.map((target) => ({
    environment: target.environment,
    targets: { ...choice.targets, [role]: target },
  }));
}

/** A target whose facts name a target of that kind (`database: 'budget-db'`) goes with that one only. */
function agrees(from: EstateTarget, to: EstateTarget, kind: Kind, estate: Estate): boolean {
  const facts = typeof from.facts === 'object' && from.facts !== null ? Object.values(from.facts) : [];
  const meant = estate.targets.filter((target) => target.kind === kind && facts.includes(target.name));
  return meant.length === 0 || meant.includes(to);
}

function named(environment: string, targets: Choice['targets']): Binding {
  const names = Object.values(targets).map((target) => target.name);
  return { name: names.length === 0 ? 'estate' : names.join('+'), environment, targets };
}
