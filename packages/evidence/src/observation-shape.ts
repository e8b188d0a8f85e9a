import { canonicalize } from './canonical.ts';
import { EvidenceError } from './error.ts';
import { type Attempt, methods, type Observation } from './observation.ts';
import {
  anyJson,
  byTag,
  count,
  type Fault,
  flag,
  list,
  nullable,
  object,
  oneOf,
  type Shape,
  text,
} from './shape.ts';

const seen = { subject: text, method: oneOf(...methods) };
const also = { standIn: oneOf(true), hint: text };

const attempt: Shape<Attempt> = object({
  act: text,
  actor: text,
  result: oneOf('done', 'refused', 'broken'),
  detail: text,
  method: oneOf(...methods),
});

const observation: Shape<Observation> = byTag<Observation>('check', {
  equal: object({ check: oneOf('equal'), ...seen, want: anyJson, got: anyJson }, also),
  must: object({ check: oneOf('must'), ...seen, want: text, got: text, holds: flag }, also),
  allowed: object({ check: oneOf('allowed'), ...seen, attempt }, also),
  required: object({ check: oneOf('required'), ...seen, attempt }, also),
  refused: object({ check: oneOf('refused'), ...seen, attempt, because: list(text) }, also),
  population: object(
    { check: oneOf('population'), ...seen, how: text, count, recount: object({ how: text, count }) },
    { ...also, emptyIsTheClaim: oneOf(true) },
  ),
  attestation: object(
    {
      check: oneOf('attestation'),
      ...seen,
      statement: nullable(object({ record: text, by: text, from: text, until: text })),
      at: text,
    },
    also,
  ),
  blind: object({ check: oneOf('blind'), ...seen, missing: text }, also),
  'not-applicable': object({ check: oneOf('not-applicable'), ...seen, reason: text }, also),
  note: object({ check: oneOf('note'), ...seen, got: text }, also),
});

/** Stored observations: strict, because a field that is not understood may be what matters. */
export const observationsShape: Shape<readonly Observation[]> = list(observation);

/**
 * A copy of an observation as a log stores it and `verify` reads it: nothing in it can change any more.
 *
 * @throws {EvidenceError} `json/not-canonical` or `observation/malformed`, where no log could hold it
 */
export function storedObservation(seen: Observation): Observation {
  const copy: unknown = JSON.parse(canonicalize(seen));
  const fault: Fault = { at: [] };
  if (observation(copy, fault)) return copy;
  throw new EvidenceError(
    'observation/malformed',
    `the observation is not what its check says at ${fault.at.join('.') || 'its top'}`,
    'this is a mistake in the control: please report it',
  );
}
