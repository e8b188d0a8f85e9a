import type { KeyObject } from 'node:crypto';
import { canonicalize } from './canonical.ts';
import { recordDigest, sha256 } from './digest.ts';
import { type Envelope, sealEnvelope } from './envelope.ts';
import { EvidenceError } from './error.ts';
import type { Json } from './json.ts';
import type { Sha256, SuretyRecord } from './record.ts';
import { recordShape } from './record-shape.ts';
import { byTag, type Fault, hexSha256, list, object, oneOf, parseJson, type Shape, text } from './shape.ts';

/** The media type of in-toto statements, as DSSE names it. */
export const payloadType = 'application/vnd.in-toto+json';
const predicateType = 'urn:surety:record:v1';
const statementType = 'https://in-toto.io/Statement/v1';

/**
 * A record and the place in a log that it was signed for. The place is part of what is signed, so that a
 * record moved, copied to another log or left out is seen even by someone who rebuilt the whole tree.
 */
export type Placed = {
  readonly origin: string;
  readonly index: number;
  readonly digest: Sha256;
  readonly record: SuretyRecord;
};

/** A record that was checked, with its canonical JSON. */
export type Checked = { readonly canonical: string; readonly digest: Sha256 };

/**
 * Checks a record before it is written, so that no log holds one that `verify` would refuse to read.
 *
 * @throws {EvidenceError} `record/malformed` or `json/not-canonical`.
 */
export function checkRecord(record: SuretyRecord): Checked {
  const canonical = canonicalize(record satisfies Json);
  const fault: Fault = { at: [] };
  const unchecked: unknown = record;
  if (recordShape(unchecked, fault)) return { canonical, digest: sha256(canonical) };
  throw new EvidenceError(
    'record/malformed',
    `the ${record.type} record is not what its type says at ${fault.at.join('.') || 'its top'}`,
    'this is a bug in the program that made the record; nothing was written',
  );
}

/** Signs a record for one place in one log: the bytes of its leaf. */
export function sealRecord(
  origin: string,
  index: number,
  { canonical, digest }: Checked,
  key: KeyObject,
): Buffer {
  const subject = canonicalize([{ digest: { sha256: digest }, name: `${origin}#${index}` }]);
  // Canonical as it stands: its keys are in order, and each value is canonical.
  const statement = `{"_type":"${statementType}","predicate":${canonical},"predicateType":"${predicateType}","subject":${subject}}`;
  return sealEnvelope(payloadType, Buffer.from(statement), key);
}

type Statement = {
  readonly predicate: SuretyRecord;
  readonly subject: readonly { readonly name: string; readonly digest: { readonly sha256: Sha256 } }[];
};

const statementShape: Shape<Statement> = byTag<Statement>('predicateType', {
  [predicateType]: object({
    _type: oneOf(statementType),
    predicate: recordShape,
    predicateType: oneOf(predicateType),
    subject: list(object({ name: text, digest: object({ sha256: hexSha256 }) })),
  }),
});

/** What is wrong with a statement, in words. */
export type Malformed = { readonly malformed: string };

/** Reads the record in an envelope, strictly. The signature is not looked at. */
export function readStatement(envelope: Envelope): Placed | Malformed {
  if (envelope.payloadType !== payloadType)
    return { malformed: `its payload type is ${JSON.stringify(envelope.payloadType)}` };
  const json = parseJson(envelope.payload.toString('utf8'), 'canonical');
  if (json === undefined) return { malformed: 'its payload is not canonical JSON' };
  const fault: Fault = { at: [] };
  if (!statementShape(json, fault)) return { malformed: `its statement is wrong at ${fault.at.join('.')}` };
  const [subject, ...others] = json.subject;
  const [, origin, index] = /^(.+)#(0|[1-9]\d{0,14})$/.exec(subject?.name ?? '') ?? [];
  if (subject === undefined || others.length > 0 || origin === undefined || index === undefined)
    return { malformed: 'its subject does not name one place in a log' };
  const digest = recordDigest(json.predicate);
  if (subject.digest.sha256 !== digest) return { malformed: 'its subject is not the digest of its record' };
  return { origin, index: Number(index), digest, record: json.predicate };
}
