import type { KeyObject } from 'node:crypto';
import { rungResults } from '@surety/evidence';
import { z } from 'zod';
import { SuretyError } from '../../core/error.ts';
import { manifestKey } from '../manifest.ts';
import type { Whose } from '../sets.ts';
import { openStatement, type StatementKind, sealStatement } from '../statement.ts';
import type { Store } from '../stores/store.ts';
import { rungs } from './ladder.ts';

const time = z.iso.datetime();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);
const id = z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/);

const receipt = z.strictObject({
  drill: id,
  /** What was restored, and its signed manifest; `null` where there was none. */
  backup: z.strictObject({ backup: id, store: z.string().min(1), manifest: sha256 }).nullable(),
  /** Which database it is about; the server by the backup, `null` where there was none. */
  source: z.strictObject({
    database: z.string().min(1),
    systemIdentifier: z.string().regex(/^\d+$/).nullable(),
  }),
  started: time,
  finished: time,
  outcome: z.enum(rungResults),
  /** All eleven, in order. */
  rungs: z
    .array(
      z.strictObject({
        rung: z.enum(rungs.map(({ rung }) => rung)),
        result: z.enum(rungResults),
        fact: z.string(),
      }),
    )
    .length(rungs.length),
  /** Milliseconds from the declaration to the last check, by phase. */
  recovery: z.record(z.string(), count),
  /** Milliseconds from the snapshot to the declaration. */
  loss: z.int().nullable(),
  /** Bytes: of the database at the snapshot, of production now, as stored, as restored from. */
  sizes: z.strictObject({
    source: count.nullable(),
    production: count.nullable(),
    stored: count.nullable(),
    plain: count.nullable(),
  }),
  /** Milliseconds that a recovery of the size of production would take, by the measured throughput; a projection. */
  projected: count.nullable(),
  tools: z.record(z.string(), z.string()),
});

/** What a drill came to, signed and put beside the backups. */
export type Receipt = z.infer<typeof receipt>;

const folder = 'drills/';
const limit = 1024 * 1024;

export const receiptKey = (drill: string): string => `${folder}${drill}.json`;

const kind: StatementKind<Receipt> = {
  name: 'receipt',
  predicateType: 'urn:surety:drill:v1',
  predicate: receipt,
  subjectsOf: ({ backup }) =>
    backup === null ? [] : [{ name: manifestKey(backup.backup), digest: { sha256: backup.manifest } }],
  otherSubjects: 'its subject is not what was restored',
  refused,
};

/** A signed statement about the manifest of what was restored. */
export function sealReceipt(content: Receipt, key: KeyObject): Buffer {
  const predicate = receipt.parse(content);
  return sealStatement(kind.predicateType, kind.subjectsOf(predicate), predicate, key);
}

/** @throws {SuretyError} `receipt/malformed`, `receipt/foreign-key`, `receipt/altered` */
export function openReceipt(bytes: Uint8Array, signers: readonly string[]): Receipt {
  return openStatement(bytes, signers, kind);
}

/** Whether a drill was one of this database: receipts of several may lie in one store, and one can be carried from another. */
export function isAbout({ source }: Pick<Receipt, 'source'>, { database, systemIdentifier }: Whose): boolean {
  if (source.database !== database) return false;
  return (
    [source.systemIdentifier, systemIdentifier].includes(null) || source.systemIdentifier === systemIdentifier
  );
}

/** Receipts that verify, oldest first, and what lies where one would be. */
export type Receipts = {
  readonly receipts: readonly Receipt[];
  readonly others: readonly { readonly key: string; readonly why: string }[];
};

/** Every drill that a store has a receipt of. @throws what the store throws */
export async function readReceipts(store: Store, signers: readonly string[]): Promise<Receipts> {
  const found = new Map<string, Receipt>();
  const others = new Map<string, string>();
  for await (const { key, version } of store.list(folder)) {
    try {
      const one = openReceipt(await readWhole(store, key, version), signers);
      if (receiptKey(one.drill) !== key) throw refused('altered', `it is the receipt of ${one.drill}`);
      found.set(key, one);
    } catch (error) {
      if (!(error instanceof SuretyError) || !error.code.startsWith('receipt/')) throw error;
      others.set(key, error.message);
    }
  }
  return {
    receipts: [...found.values()].sort((a, b) => (a.started < b.started ? -1 : 1)),
    // A later version of a receipt is somebody else's work: one that verifies is enough.
    others: [...others].filter(([key]) => !found.has(key)).map(([key, why]) => ({ key, why })),
  };
}

async function readWhole(store: Store, key: string, version: string | null): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of store.read(key, version)) {
    bytes += chunk.length;
    if (bytes > limit) throw refused('malformed', 'it is larger than any receipt');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function refused(what: string, fact: string): SuretyError {
  return new SuretyError(`receipt/${what}`, fact, 'surety drill makes a new one');
}
