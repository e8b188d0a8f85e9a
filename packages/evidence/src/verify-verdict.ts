import { sha256 } from './digest.ts';
import type { Files } from './files.ts';
import { observationsPath } from './layout.ts';
import type { Observation } from './observation.ts';
import { observationsShape } from './observation-shape.ts';
import { attestationFault, covers, exceptionFault } from './people.ts';
import type { AttestationRecord, ExceptionRecord, Sha256, VerdictRecord } from './record.ts';
import { type Fault, parseJson } from './shape.ts';
import { judge } from './verdict.ts';
import type { Problem, ProblemKind } from './verification.ts';

/** What people signed, as it stands in the log before a verdict. */
export type Vouched = {
  readonly exceptions: ReadonlyMap<Sha256, ExceptionRecord>;
  readonly attestations: ReadonlyMap<Sha256, AttestationRecord>;
};

/** Judges the stored observations of a verdict again and compares. */
export async function verifyVerdict(
  files: Files,
  index: number,
  record: VerdictRecord,
  vouched: Vouched,
): Promise<readonly Problem[]> {
  const where = `record ${index}`;
  const problem = (kind: ProblemKind, message: string, at = where): Problem => ({ kind, where: at, message });
  const path = observationsPath(record.observations.sha256);
  const bytes = await files.read(path);
  if (bytes === null) return [problem('deleted', `the observations of ${where} are missing`, path)];
  if (sha256(bytes) !== record.observations.sha256)
    return [problem('edited', `these are not the observations that ${where} was judged by`, path)];
  const observations = parseJson(bytes.toString('utf8'), 'canonical');
  const fault: Fault = { at: [] };
  if (observations === undefined || !observationsShape(observations, fault))
    return [
      problem('malformed', `observations that this version does not know, at ${fault.at.join('.')}`, path),
    ];
  const exceptions = checkExceptions(record, vouched);
  const judged = judge(observations, exceptions.subjects);
  const differs = [
    ['verdict', record.verdict, judged.verdict],
    ['method', record.method ?? 'none', judged.method ?? 'none'],
    ['stand-in', String(record.standIn), String(judged.standIn)],
    ['count', String(record.observations.count), String(observations.length)],
  ].filter(([, said, is]) => said !== is);
  return [
    ...exceptions.faults.map((message) => problem('exception', message)),
    ...differs.map(([what, said, is]) =>
      problem('verdict', `${record.control.id} says ${what} ${said}, its observations say ${is}`),
    ),
    ...attestationFaults(record, observations, vouched).map((message) => problem('attestation', message)),
  ];
}

/** Those that count when the run started forgive their subjects; the others are faults. */
function checkExceptions(
  record: VerdictRecord,
  vouched: Vouched,
): { readonly subjects: ReadonlySet<string>; readonly faults: readonly string[] } {
  const subjects = new Set<string>();
  const faults: string[] = [];
  const scope = { control: record.control.id, binding: record.binding, at: record.started };
  for (const digest of record.exceptions) {
    const exception = vouched.exceptions.get(digest);
    const fault =
      exception === undefined
        ? 'is not in the log before it'
        : (exceptionFault(exception) ??
          (covers(exception.owner.claim, scope) ? null : 'was of something else, or not in force then'));
    if (fault === null) for (const subject of exception?.owner.claim.subjects ?? []) subjects.add(subject);
    else faults.push(`exception ${digest.slice(0, 12)} ${fault}`);
  }
  return { subjects, faults };
}

/** An observation may only say what the attestation that it names says. */
function attestationFaults(
  record: VerdictRecord,
  observations: readonly Observation[],
  vouched: Vouched,
): readonly string[] {
  return observations.flatMap((seen) => {
    if (seen.check !== 'attestation' || seen.statement === null) return [];
    const { record: digest, by, from, until } = seen.statement;
    const name = `attestation ${digest.slice(0, 12)}`;
    const attestation = vouched.attestations.get(digest);
    if (attestation === undefined) return [`${name} is not in the log before it`];
    const fault = attestationFault(attestation);
    if (fault !== null) return [`${name}: ${fault}`];
    const { claim, signer } = attestation.signed;
    const scope = { control: record.control.id, binding: record.binding, at: from };
    const same = covers(claim, scope) && claim.from === from && claim.until === until && signer === by;
    return same ? [] : [`${name} says something else than the observation that names it`];
  });
}
