import { type Freshness, type ProofState, requirementStatus, type Status, statuses } from '@surety/evidence';
import type { Mapping } from '../core/control.ts';
import type { Requirement } from '../requirements/index.ts';

export type AnsweringControl = Pick<Mapping, 'relation' | 'reason'> & {
  readonly id: string;
  /** The worst of its bindings. */
  readonly status: Status;
  /** Why, of the binding that is worst. */
  readonly because: string;
};

/** What the controls of one requirement say of it. */
export type Answer = {
  readonly status: Status;
  /** Whether the controls, taken together, stand for all of the line. */
  readonly coverage: 'whole' | 'part' | 'none';
  readonly controls: readonly AnsweringControl[];
};

/** By id of the requirement. One that is missing has no control. */
export type Answers = ReadonlyMap<string, Answer>;

export const noAnswer: Answer = { status: 'no-control', coverage: 'none', controls: [] };

type Mapped = {
  readonly ref: { readonly id: string };
  readonly control: { readonly requirements: readonly Mapping[] };
};

/**
 * What is known of every requirement. A criterion of SOC 2 is wider than any set of controls, whatever they say of
 * themselves: it is covered in part at most, and whether it is met is for an auditor to say.
 *
 * @param statesWithin the state of every control and binding, when proofs count for so long
 */
export function answersOf(
  requirements: readonly Requirement[],
  controls: readonly Mapped[],
  statesWithin: (freshness: Freshness) => readonly ProofState[],
): Answers {
  const periods = new Set(requirements.map(({ freshness }) => freshness));
  const states = new Map(
    [...periods].map((freshness) => [
      freshness,
      Map.groupBy(statesWithin(freshness), ({ control }) => control),
    ]),
  );
  return new Map(
    requirements.map(({ id, framework, freshness }) => {
      const mapped = controls.flatMap(({ ref, control }) =>
        control.requirements
          .filter(({ requirement }) => requirement === id)
          .map((mapping) => ({ ...mapping, id: ref.id, states: states.get(freshness)?.get(ref.id) ?? [] })),
      );
      const known = mapped.flatMap(({ relation, states: own }) =>
        own.length === 0
          ? [{ relation, status: 'unknown' as const }]
          : own.map(({ status }) => ({ relation, status })),
      );
      const { status, coverage } = requirementStatus(known);
      const most = framework === 'tsc' && coverage === 'whole' ? 'part' : coverage;
      return [id, { status, coverage: most, controls: mapped.map(answeringControl) }];
    }),
  );
}

function answeringControl({
  id,
  relation,
  reason,
  states,
}: Mapping & { readonly id: string; readonly states: readonly ProofState[] }): AnsweringControl {
  const worst = states.toSorted((a, b) => statuses.indexOf(a.status) - statuses.indexOf(b.status))[0];
  return {
    id,
    relation,
    reason,
    status: worst?.status ?? 'unknown',
    because: worst?.because ?? 'never proved',
  };
}

/** The answer to a requirement; where nothing answers a superseded one, that of the requirement in its place. */
export function answerTo(requirement: Requirement, answers: Answers): Answer {
  const own = answers.get(requirement.id) ?? noAnswer;
  const other = requirement.superseded?.by;
  return own.coverage === 'none' && other !== undefined ? (answers.get(other) ?? noAnswer) : own;
}

/** A line covered only in part never counts as done. */
export function isDone({ status, coverage }: Pick<Answer, 'status' | 'coverage'>): boolean {
  return isGood(status) && coverage === 'whole';
}

export function isInPart({ status, coverage }: Pick<Answer, 'status' | 'coverage'>): boolean {
  return isGood(status) && coverage !== 'whole';
}

function isGood(status: Status): boolean {
  return status === 'proven' || status === 'attested';
}

/** `proven`, `proven in part`, `no control` */
export function statusWord(answer: Pick<Answer, 'status' | 'coverage'>): string {
  return isInPart(answer) ? `${answer.status} in part` : answer.status.replace('-', ' ');
}
