import type { KeyObject } from 'node:crypto';
import {
  canonicalize,
  type Json,
  keyDigest,
  publicKeyFromText,
  readEnvelope,
  sealEnvelope,
  verifyEnvelope,
} from '@surety/evidence';
import { z } from 'zod';
import type { SuretyError } from '../core/error.ts';

const statementType = 'https://in-toto.io/Statement/v1';
const payloadType = 'application/vnd.in-toto+json';

const subjects = z.array(
  z.strictObject({
    name: z.string(),
    digest: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }),
  }),
);

/** What a statement is about: keys in the store, and the SHA-256 of what lies there. */
export type Subjects = z.infer<typeof subjects>;

/** One kind of what is signed and put into stores. */
export type StatementKind<Content> = {
  /** `manifest` */
  readonly name: string;
  /** `urn:surety:backup:v1` */
  readonly predicateType: string;
  readonly predicate: z.ZodType<Content>;
  readonly subjectsOf: (content: Content) => Subjects;
  /** What is wrong where its subjects are others. */
  readonly otherSubjects: string;
  readonly refused: (what: 'malformed' | 'foreign-key' | 'altered', fact: string) => SuretyError;
};

/** An in-toto statement in a DSSE envelope. */
export function sealStatement(
  predicateType: string,
  subject: Subjects,
  predicate: Json,
  key: KeyObject,
): Buffer {
  const text = canonicalize({ _type: statementType, predicateType, subject, predicate });
  return sealEnvelope(payloadType, Buffer.from(text), key);
}

/**
 * Reads a statement that one of `signers` (public keys, base64 of 32 bytes) signed.
 *
 * @throws {SuretyError} what `refused` of the kind makes
 */
export function openStatement<Content>(
  bytes: Uint8Array,
  signers: readonly string[],
  { name, predicateType, predicate, subjectsOf, otherSubjects, refused }: StatementKind<Content>,
): Content {
  const envelope = readEnvelope(bytes);
  if (envelope === null || envelope.payloadType !== payloadType)
    throw refused('malformed', `it is not a signed ${name}`);
  const signer = signers.map(publicKeyFromText).find((key) => keyDigest(key) === envelope.keyid);
  if (signer === undefined)
    throw refused(
      'foreign-key',
      `it names key ${envelope.keyid.slice(0, 16)}…, which is none of the signers of the estate`,
    );
  if (!verifyEnvelope(envelope, signer, keyDigest(signer)))
    throw refused('altered', 'its signature is not that of its content');
  const statement = z.strictObject({
    _type: z.literal(statementType),
    predicateType: z.literal(predicateType),
    subject: subjects,
    predicate,
  });
  const read = statement.safeParse(asJson(envelope.payload));
  if (!read.success)
    throw refused('malformed', `it is not what a ${name} is at ${read.error.issues[0]?.path.join('.')}`);
  const { predicate: content, subject } = read.data;
  if (canonicalize(subject) !== canonicalize(subjectsOf(content))) throw refused('altered', otherSubjects);
  return content;
}

/** `null` where it is none, which no statement is. */
function asJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'));
  } catch {
    return null;
  }
}
