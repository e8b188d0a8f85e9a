import { createRedactor, type Json, type Observation } from '@surety/evidence';

/** What is secret in this run, and how it is blacked out of observations and of text. */
export type RunRedactor = {
  readonly secret: (value: string) => void;
  readonly redact: (observations: readonly Observation[]) => {
    readonly observations: readonly Observation[];
    readonly count: number;
  };
  readonly redactText: (value: string) => string;
  /** String by string: what looks like a secret may reach to the end of a line, and a document has only one. */
  readonly json: (value: Json) => Json;
};

export function createRunRedactor(): RunRedactor {
  const redactor = createRedactor();
  return {
    secret: (value) => void redactor.secret(value),
    redact: redactor.redactObservations,
    redactText: (value) => redactor.redact(value).text,
    json: (value) => redactor.redactJson(value).value,
  };
}
