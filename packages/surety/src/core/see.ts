import { type Attempt, type Json, type Method, type Observation, storedObservation } from '@surety/evidence';

/** How a list of things to examine came about, and a second count by another way. */
export type Population<T> = {
  readonly items: readonly T[];
  readonly how: string;
  readonly recount: { readonly how: string; readonly count: number };
};

type Options = {
  readonly method?: Method;
  readonly hint?: string;
};

/** Writes down what a control sees. It never decides: the verdict is a function of what was written. */
export type See = {
  /** The claim needs `got` to equal `want`, as JSON values. */
  equal(subject: string, want: Json, got: Json, options?: Options): void;
  /** The claim needs this to hold; an act that was refused breaks it, one that could not be tried is `unknown`. */
  must(
    subject: string,
    holds: Attempt | boolean,
    options?: Options & { readonly want?: string; readonly got?: string },
  ): void;
  /** The witness: the rightful party does the act. Without it, refusals of the same act count for nothing. */
  allowed(subject: string, attempt: Attempt, options?: Options): void;
  /** The attack: refused for one of the reasons in `because` (default `0 rows`, `42501`), or it does not count. */
  refused(
    subject: string,
    attempt: Attempt,
    options?: Options & { readonly because?: readonly string[] },
  ): void;
  /** The things to examine, counted twice. None is `unknown`, unless that is the claim. Gives the items back. */
  population<T>(
    subject: string,
    population: Population<T> | Promise<Population<T>>,
    options?: Options & { readonly emptyIsTheClaim?: boolean },
  ): Promise<readonly T[]>;
  /** Something that could not be looked at, named; the rest of the control goes on. */
  blind(subject: string, missing: string, options?: Options): void;
  /** Nothing here to examine, seen to be so. */
  notApplicable(subject: string, reason: string, options?: Options): void;
  /** Whether a person vouches for it: looks for an attestation of this control and binding that still counts. */
  attestation(subject: string, options?: Options): Promise<void>;
  /** For the reader; bears on nothing. */
  note(subject: string, got: string): void;
};

export type AttestationStatement = Extract<Observation, { check: 'attestation' }>['statement'];

export type SeeContext = {
  /** What methods are recorded as when the control does not say. */
  readonly method: Method;
  readonly standIn: boolean;
  readonly now: () => Date;
  readonly attestation: () => Promise<AttestationStatement>;
};

const rowSecurityRefusals = ['0 rows', '42501'];

/** A `See` that appends to `observations`. */
export function seeInto(observations: Observation[], context: SeeContext): See {
  const seen = (subject: string, { method = context.method, hint }: Options) => ({
    subject,
    method,
    ...(context.standIn && { standIn: true as const }),
    ...(hint !== undefined && { hint }),
  });
  const tried = (subject: string, attempt: Attempt, options: Options) => ({
    ...seen(subject, { ...options, method: attempt.method }),
    attempt,
  });
  const write = (observation: Observation): void => {
    observations.push(written(observation));
  };
  return {
    equal(subject, want, got, options = {}) {
      write({ check: 'equal', ...seen(subject, options), want, got });
    },
    must(subject, holds, options = {}) {
      if (typeof holds !== 'boolean') {
        write({ check: 'required', ...tried(subject, holds, options) });
        return;
      }
      const { want = 'yes', got = holds ? 'yes' : 'no' } = options;
      write({ check: 'must', ...seen(subject, options), want, got, holds });
    },
    allowed(subject, attempt, options = {}) {
      write({ check: 'allowed', ...tried(subject, attempt, options) });
    },
    refused(subject, attempt, options = {}) {
      const { because = rowSecurityRefusals } = options;
      write({ check: 'refused', ...tried(subject, attempt, options), because });
    },
    async population(subject, population, options = {}) {
      const { items, how, recount } = await population;
      write({
        check: 'population',
        ...seen(subject, options),
        how,
        count: items.length,
        recount,
        ...(options.emptyIsTheClaim === true && { emptyIsTheClaim: true as const }),
      });
      return items;
    },
    blind(subject, missing, options = {}) {
      write({ check: 'blind', ...seen(subject, options), missing });
    },
    notApplicable(subject, reason, options = {}) {
      write({ check: 'not-applicable', ...seen(subject, options), reason });
    },
    async attestation(subject, options = {}) {
      const statement = await context.attestation();
      write({
        check: 'attestation',
        ...seen(subject, { ...options, method: 'attested' }),
        statement,
        at: context.now().toISOString(),
      });
    },
    note(subject, got) {
      write({ check: 'note', ...seen(subject, {}), got });
    },
  };
}

/**
 * What was seen as it stands at this moment. What no log can hold (NaN, half a character, a cycle) was seen and
 * cannot be said: that is blindness, and costs neither the verdict nor the run.
 */
export function written(observation: Observation): Observation {
  try {
    return storedObservation(observation);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      check: 'blind',
      subject: String(observation.subject).toWellFormed(),
      method: 'read',
      missing: `what was seen cannot be written down: ${why.toWellFormed()}`,
    };
  }
}
