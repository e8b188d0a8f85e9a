export { canonicalize } from './canonical.ts';
export type { Json, JsonObject } from './json.ts';
export { type Attempt, type Check, type Method, methods, type Observation } from './observation.ts';
export type * from './record.ts';
export {
  type Bearing,
  type ExceptedSubjects,
  type Judged,
  type Judgement,
  judge,
  type Verdict,
  verdicts,
} from './verdict.ts';
