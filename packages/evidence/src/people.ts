import { canonicalize } from './canonical.ts';
import type { Json } from './json.ts';
import type { Observation } from './observation.ts';
import type { LoggedRecord } from './read-log.ts';
import type { AttestationRecord, ExceptionRecord, Sha256, Signed } from './record.ts';
import { sshFault, sshKeyBlob } from './ssh.ts';
import type { Judgement } from './verdict.ts';

/** The text that a person signs with `ssh-keygen -Y sign -n surety`: the claim as canonical JSON. */
export function claimText(claim: Json): string {
  return canonicalize(claim);
}

/** What a control ran on, and when its run started. RFC 3339, UTC. */
export type Scope = { readonly control: string; readonly binding: string; readonly at: string };

/** An exception that counts for a run. */
export type ExceptionInForce = { readonly digest: Sha256; readonly subjects: readonly string[] };

/** Why an exception does not count, whatever the time; `null` when two people signed one claim. */
export function exceptionFault({ owner, approval }: ExceptionRecord): string | null {
  const { claim } = owner;
  if (canonicalize(claim) !== canonicalize(approval.claim))
    return 'owner and approver signed different claims';
  if (claim.owner !== owner.signer) return `${owner.signer} signed as the owner ${claim.owner}`;
  if (claim.approver !== approval.signer)
    return `${approval.signer} signed as the approver ${claim.approver}`;
  if (owner.signer === approval.signer) return `${owner.signer} approved their own exception`;
  if (sameKey(owner.publicKey, approval.publicKey)) return 'owner and approver signed with the same key';
  return (
    signatureFault(owner, "the owner's signature") ?? signatureFault(approval, "the approver's signature")
  );
}

/** Why an attestation does not count, whatever the time; `null` when its signer signed it. */
export function attestationFault({ signed }: AttestationRecord): string | null {
  return signatureFault(signed, 'the signature');
}

/**
 * The exceptions among `records` that count for a run: rightly signed by two people, for this control and
 * binding, and not expired when the run started.
 */
export function exceptionsInForce(records: readonly LoggedRecord[], scope: Scope): ExceptionInForce[] {
  return records.flatMap(({ digest, record }) =>
    record.type === 'exception' && covers(record.owner.claim, scope) && exceptionFault(record) === null
      ? [{ digest, subjects: record.owner.claim.subjects }]
      : [],
  );
}

/** Whether a claim is of this control and binding, and its period includes the time. */
export function covers(
  claim: {
    readonly control: string;
    readonly binding: string;
    readonly from: string;
    readonly until: string;
  },
  { control, binding, at }: Scope,
): boolean {
  const now = Date.parse(at);
  return (
    claim.control === control &&
    claim.binding === binding &&
    Date.parse(claim.from) <= now &&
    now < Date.parse(claim.until)
  );
}

/** The subjects that `judge` is to forgive. */
export function exceptedSubjects(exceptions: readonly ExceptionInForce[]): ReadonlySet<string> {
  return new Set(exceptions.flatMap(({ subjects }) => subjects));
}

/** Digests of those that covered a break: what a verdict record lists. A pass that lists any is not proven. */
export function usedExceptions(judgement: Judgement, exceptions: readonly ExceptionInForce[]): Sha256[] {
  const forgiven = new Set(
    judgement.judged.flatMap(({ bearing, observation }) =>
      bearing === 'excepted' ? [observation.subject] : [],
    ),
  );
  return exceptions
    .filter(({ subjects }) => subjects.some((subject) => forgiven.has(subject)))
    .map(({ digest }) => digest);
}

type Statement = Extract<Observation, { check: 'attestation' }>['statement'];

/** The attestation that counts longest for a run, as an observation states it; `null` when nobody vouches. */
export function attestationInForce(records: readonly LoggedRecord[], scope: Scope): Statement {
  let best: Statement = null;
  for (const { digest, record } of records) {
    if (record.type !== 'attestation' || !covers(record.signed.claim, scope)) continue;
    const { claim, signer } = record.signed;
    if (best !== null && Date.parse(best.until) >= Date.parse(claim.until)) continue;
    if (attestationFault(record) !== null) continue;
    best = { record: digest, by: signer, from: claim.from, until: claim.until };
  }
  return best;
}

function signatureFault({ claim, publicKey, signature }: Signed<Json>, which: string): string | null {
  const fault = sshFault({ publicKey, signature, message: claimText(claim) });
  return fault === null ? null : `${which} does not count: ${fault}`;
}

function sameKey(one: string, two: string): boolean {
  const [a, b] = [sshKeyBlob(one), sshKeyBlob(two)];
  return a !== null && b !== null && a.equals(b);
}
