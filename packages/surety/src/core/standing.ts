import {
  attestationInForce,
  type ExceptionInForce,
  exceptionsInForce,
  type LoggedRecord,
} from '@surety/evidence';
import type { Person } from './estate.ts';
import type { AttestationStatement } from './see.ts';

/** What people have said and accepted, as far as it counts for a control and binding at a time. */
export type Standing = {
  readonly exceptions: (control: string, binding: string, at: Date) => readonly ExceptionInForce[];
  readonly attestation: (control: string, binding: string, at: Date) => AttestationStatement;
};

/**
 * Of what the log holds, only what people of the estate signed, with the keys that they have there now:
 * whoever has left, or lost a key, vouches no longer.
 */
export function standing(records: readonly LoggedRecord[], people: readonly Person[]): Standing {
  const known = records.filter(({ record }) => {
    if (record.type === 'attestation') return isKnown(record.signed, people);
    if (record.type === 'exception') return isKnown(record.owner, people) && isKnown(record.approval, people);
    return false;
  });
  return {
    exceptions: (control, binding, at) =>
      exceptionsInForce(known, { control, binding, at: at.toISOString() }),
    attestation: (control, binding, at) =>
      attestationInForce(known, { control, binding, at: at.toISOString() }),
  };
}

type Signer = { readonly signer: string; readonly publicKey: string };

/** Two fields of a key line identify it; the third is a comment. */
function isKnown({ signer, publicKey }: Signer, people: readonly Person[]): boolean {
  const key = (line: string): string => line.trim().split(/\s+/).slice(0, 2).join(' ');
  return people.some((person) => person.id === signer && key(person.key) === key(publicKey));
}
