export { writeBundle } from './bundle.ts';
export { canonicalize } from './canonical.ts';
export { observationsDigest, recordDigest, sha256 } from './digest.ts';
export { type Envelope, readEnvelope, sealEnvelope, verifyEnvelope } from './envelope.ts';
export { EvidenceError } from './error.ts';
export { createFingerprint } from './fingerprint.ts';
export type { Json, JsonObject } from './json.ts';
export {
  formatVerifierKey,
  generateKey,
  keyDigest,
  type NoteVerifier,
  parseVerifierKey,
  privateKeyFromPem,
  privateKeyToPem,
  publicKeyFromText,
  publicKeyText,
} from './key.ts';
export { type Attempt, type Check, type Method, methods, type Observation } from './observation.ts';
export { storedObservation } from './observation-shape.ts';
export { inOneLine } from './one-line.ts';
export { type Appended, type Entry, type Log, type OpenLog, openLog } from './open-log.ts';
export { droppedResults } from './owed.ts';
export {
  attestationFault,
  attestationInForce,
  claimText,
  covers,
  type ExceptionInForce,
  exceptedSubjects,
  exceptionFault,
  exceptionsInForce,
  type Scope,
  usedExceptions,
} from './people.ts';
export { printVerification } from './print-verification.ts';
export {
  type ConsistencyProof,
  checkConsistency,
  checkInclusion,
  type InclusionProof,
  openProver,
  type Prover,
} from './proof.ts';
export { type LoggedRecord, type ReadLog, readLog } from './read-log.ts';
export type * from './record.ts';
export { rungResults } from './record.ts';
export { createRedactor, type Redactor, redactedMark } from './redact.ts';
export { type SshSigned, sshFault, sshNamespace } from './ssh.ts';
export {
  type Freshness,
  freshnessPeriods,
  type MappedState,
  mergeRecords,
  type ProofState,
  proofStates,
  recordTime,
  requirementStatus,
  type Status,
  type StatusContext,
  statuses,
} from './status.ts';
export {
  type Bearing,
  type ExceptedSubjects,
  type Judged,
  type Judgement,
  judge,
  type Verdict,
  verdicts,
} from './verdict.ts';
export {
  type Dropped,
  type Note,
  type Problem,
  type ProblemKind,
  problemKinds,
  type Verification,
} from './verification.ts';
export { type VerifyOptions, verifyLog } from './verify.ts';
