import { methods } from './observation.ts';
import type {
  AttestationClaim,
  AttestationRecord,
  BackupRecord,
  ChangeRecord,
  DrillRecord,
  ExceptionClaim,
  ExceptionRecord,
  IntentRecord,
  OriginRecord,
  SuretyRecord,
  TargetRef,
  VerdictRecord,
} from './record.ts';
import { rungResults } from './record.ts';
import {
  anyJson,
  anyObject,
  byTag,
  count,
  type Fault,
  flag,
  hexSha256,
  list,
  mapOf,
  nullable,
  object,
  oneOf,
  type Shape,
  text,
  timestamp,
} from './shape.ts';
import { verdicts } from './verdict.ts';

const target: Shape<TargetRef> = object({
  name: text,
  kind: text,
  environment: text,
  identity: anyObject,
  revision: nullable(text),
  principal: nullable(text),
});

const origin: Shape<OriginRecord> = object({
  type: oneOf('origin'),
  at: timestamp,
  origin: text,
  logKey: text,
  proberKey: text,
});

const intent: Shape<IntentRecord> = object({
  type: oneOf('intent'),
  run: text,
  at: timestamp,
  scheduled: flag,
  owes: list(object({ control: text, binding: text, touch: text })),
});

const verdict: Shape<VerdictRecord> = object({
  type: oneOf('verdict'),
  run: text,
  control: object({ id: text, version: text, digest: hexSha256 }),
  binding: text,
  targets: mapOf(target),
  touch: text,
  parameters: anyObject,
  intended: timestamp,
  started: timestamp,
  finished: timestamp,
  verdict: oneOf(...verdicts),
  method: nullable(oneOf(...methods)),
  standIn: flag,
  observations: object({ sha256: hexSha256, count }),
  exceptions: list(hexSha256),
  redactions: count,
  tools: mapOf(text),
});

const manualUndo = object({ manual: text });
const undoSteps = list(anyJson);

const change: Shape<ChangeRecord> = object({
  type: oneOf('change'),
  at: timestamp,
  change: text,
  control: text,
  target,
  action: oneOf('apply', 'undo'),
  outcome: oneOf('started', 'done', 'failed'),
  steps: list(anyJson),
  undo: (value: unknown, fault: Fault): value is ChangeRecord['undo'] =>
    undoSteps(value, fault) || manualUndo(value, fault),
  impact: list(anyJson),
});

const backup: Shape<BackupRecord> = object({
  type: oneOf('backup'),
  at: timestamp,
  backup: text,
  target,
  outcome: oneOf('started', 'done', 'failed'),
  slot: nullable(timestamp),
  snapshot: nullable(timestamp),
  stores: list(
    object({
      store: text,
      outcome: oneOf('stored', 'failed'),
      manifest: nullable(hexSha256),
      bytes: count,
      fact: nullable(text),
    }),
  ),
  fact: nullable(text),
});

const drill: Shape<DrillRecord> = object({
  type: oneOf('drill'),
  at: timestamp,
  drill: text,
  backup: nullable(text),
  target,
  outcome: oneOf('started', ...rungResults),
  rungs: list(object({ rung: text, result: oneOf(...rungResults), fact: text })),
  recovery: mapOf(count),
  loss: nullable(count),
});

const attestationClaim: Shape<AttestationClaim> = object({
  kind: oneOf('attestation'),
  control: text,
  binding: text,
  statement: text,
  from: timestamp,
  until: timestamp,
  attachments: list(object({ name: text, sha256: hexSha256 })),
});

const exceptionClaim: Shape<ExceptionClaim> = object({
  kind: oneOf('exception'),
  control: text,
  binding: text,
  subjects: list(text),
  reason: text,
  owner: text,
  approver: text,
  from: timestamp,
  until: timestamp,
});

const signature = { signer: text, publicKey: text, signature: text };
const signedException = object({ claim: exceptionClaim, ...signature });

const attestation: Shape<AttestationRecord> = object({
  type: oneOf('attestation'),
  signed: object({ claim: attestationClaim, ...signature }),
});

const exception: Shape<ExceptionRecord> = object({
  type: oneOf('exception'),
  owner: signedException,
  approval: signedException,
});

/** A record read from outside: every key known, every text in its form. */
export const recordShape: Shape<SuretyRecord> = byTag<SuretyRecord>('type', {
  origin,
  intent,
  verdict,
  change,
  backup,
  drill,
  attestation,
  exception,
});
