/** What can be said of something that may happen in CI. What is not followed is unknown, and says so. */
export type Answer =
  | { readonly kind: 'yes' }
  | {
      readonly kind: 'no';
      readonly why: string;
      /** It is about something else altogether, so that its reason explains nothing. */
      readonly elsewhere?: true;
    }
  | { readonly kind: 'unknown'; readonly why: string };

export const yes: Answer = { kind: 'yes' };
export const no = (why: string): Answer => ({ kind: 'no', why });
export const elsewhere = (why: string): Answer => ({ kind: 'no', why, elsewhere: true });
export const unknown = (why: string): Answer => ({ kind: 'unknown', why });

/** All of it must hold: one `no` decides, then one `unknown`. */
export function both(...answers: readonly Answer[]): Answer {
  const refusals = answers.filter((answer) => answer.kind === 'no');
  return (
    refusals.find((answer) => answer.elsewhere) ??
    refusals[0] ??
    answers.find(({ kind }) => kind === 'unknown') ??
    yes
  );
}

/** One of them is enough: one `yes` decides, then one `unknown`. */
export function either(answers: readonly Answer[], otherwise: string): Answer {
  return (
    answers.find(({ kind }) => kind === 'yes') ??
    answers.find(({ kind }) => kind === 'unknown') ??
    answers.find((answer) => answer.kind === 'no' && !answer.elsewhere) ??
    answers[0] ??
    elsewhere(otherwise)
  );
}
