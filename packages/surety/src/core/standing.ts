import {
  type AttestationRecord,
  type ExceptionRecord,
  exceptionTrouble,
  type LoggedRecord,
  signatureTrouble,
} from '@surety/evidence';
import type { Person } from './estate.ts';
import type { Standing } from './run.ts';

type Dated<R> = { readonly digest: string; readonly record: R };

/**
 * What people have said and accepted, as far as it counts now: signed by people of the estate with the
 * keys they have there, begun, and not over. The newest attestation of a control and binding decides.
 */
export function standing(records: readonly LoggedRecord[], people: readonly Person[], now: Date): Standing {
  const attestations = records.flatMap(({ digest, record }): Dated<AttestationRecord>[] =>
    record.type === 'attestation' ? [{ digest, record }] : [],
  );
  const exceptions = records.flatMap(({ digest, record }): Dated<ExceptionRecord>[] =>
    record.type === 'exception' ? [{ digest, record }] : [],
  );
  return {
    exceptions: (control, binding) =>
      exceptions.filter(({ record }) => {
        const { claim } = record.owner;
        return (
          claim.control === control &&
          claim.binding === binding &&
          isNow(claim, now) &&
          exceptionTrouble(record) === null &&
          isKnown(record.owner, people) &&
          isKnown(record.approval, people)
        );
      }),
    attestation: (control, binding) => {
      const newest = attestations.findLast(
        ({ record: { signed } }) =>
          signed.claim.control === control &&
          signed.claim.binding === binding &&
          isKnown(signed, people) &&
          signatureTrouble(signed) === null,
      );
      if (newest === undefined) return null;
      const { claim, signer } = newest.record.signed;
      return { record: newest.digest, by: signer, from: claim.from, until: claim.until };
    },
  };
}

function isNow({ from, until }: { readonly from: string; readonly until: string }, now: Date): boolean {
  return Date.parse(from) <= now.getTime() && now.getTime() < Date.parse(until);
}

/** Two fields of a key line identify it; the third is a comment. */
function isKnown(
  { signer, publicKey }: { readonly signer: string; readonly publicKey: string },
  people: readonly Person[],
): boolean {
  const key = (line: string): string => line.trim().split(/\s+/).slice(0, 2).join(' ');
  return people.some((person) => person.id === signer && key(person.key) === key(publicKey));
}
