import { createRedactor, type Observation, parseObservation } from '@surety/evidence';

export type ObservationRedactor = {
  readonly secret: (value: string) => void;
  readonly redact: (observation: Observation) => {
    readonly observation: Observation;
    readonly count: number;
  };
  readonly text: (value: string) => string;
};

/** Blacks out what it was told is secret, and what looks like it, in observations and in text. */
export function createObservationRedactor(): ObservationRedactor {
  const redactor = createRedactor();
  return {
    secret: (value) => redactor.secret(value),
    redact: (observation) => {
      const { value, count } = redactor.redactJson(observation);
      return { observation: parseObservation(value), count };
    },
    text: (value) => redactor.redact(value).text,
  };
}
