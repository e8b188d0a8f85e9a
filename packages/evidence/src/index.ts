export { canonicalize } from './canonical.ts';
export { observationsDigest, recordDigest, sha256 } from './digest.ts';
export { EvidenceError } from './error.ts';
export type { Json, JsonObject } from './json.ts';
export {
  formatVerifierKey,
  generateKey,
  type NoteVerifier,
  parseVerifierKey,
  privateKeyFromPem,
  privateKeyToPem,
  publicKeyFromText,
  publicKeyText,
} from './key.ts';
export { type Attempt, type Check, type Method, methods, type Observation } from './observation.ts';
export { type Appended, type Entry, type Log, type OpenLog, openLog } from './open-log.ts';
export { type LoggedRecord, type ReadLog, readLog } from './read-log.ts';
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
