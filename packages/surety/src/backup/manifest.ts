import type { KeyObject } from 'node:crypto';
import { z } from 'zod';
import { SuretyError } from '../core/error.ts';
import { openStatement, type StatementKind, sealStatement } from './statement.ts';

const time = z.iso.datetime();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const count = z.int().min(0);

/**
 * Parts of a logical backup: `globals` (roles, tablespaces), `outline` (an archive without rows: `--section=pre-data --section=post-data`, since
 * `--schema-only` and `--data-only` both leave out the refreshes of materialized views), `data-0`, `data-1`, … (archives of rows: `--section=data`)
 * and `facts` (what the source was, for comparing). Of a physical one:
 * `repository` and `backup.manifest`, which tell what lies in the repository of pgBackRest and are no copy of it.
 */
const part = z.strictObject({
  part: z.string().min(1),
  key: z.string().min(1),
  /** As stored: compressed, then encrypted. */
  bytes: count,
  sha256,
  version: z.string().nullable(),
  lockedUntil: time.nullable(),
});
export type Part = z.infer<typeof part>;

const physical = z.strictObject({
  stanza: z.string().min(1),
  /** As pgBackRest names it: `20261122-122625F`. */
  label: z.string().min(1),
  type: z.enum(['full', 'diff', 'incr']),
  /** How the repository is ciphered: `none`, `aes-256-cbc`. */
  cipher: z.string().min(1),
  /** Of pgBackRest's own list of the files of this backup, deciphered. */
  manifest: sha256,
  /** The first and the last WAL segment that it cannot do without. */
  wal: z.strictObject({ start: z.string(), stop: z.string() }),
});
export type PhysicalContent = z.infer<typeof physical>;

const manifest = z.strictObject({
  /** `20261122T020000Z-1f2e3d4c`: when it began, and eight random characters. */
  backup: z.string().regex(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/),
  engine: z.enum(['logical', 'physical']),
  /** The store that this manifest lies in, by its name in the estate: each store has its own. */
  store: z.string().min(1),
  source: z.strictObject({
    systemIdentifier: z.string().regex(/^\d+$/),
    database: z.string().min(1),
    /** `15.20` */
    server: z.string().min(1),
    /** Bytes, by `pg_database_size`. */
    size: count,
    tables: count,
    rows: count,
  }),
  /** When the schedule wanted it; `null` where a person did. */
  slot: time.nullable(),
  started: time,
  /** The moment that the backup holds, by the clock of the database. */
  snapshot: time,
  finished: time,
  /** Milliseconds that the others' clocks are ahead of ours. */
  skew: z.strictObject({ database: z.int(), store: z.int() }),
  /** When retention may take it at the earliest, where the store locks it. */
  lockedUntil: time.nullable(),
  recipients: z.array(z.string().min(1)).min(1),
  /** What the dumping role could not see, and what a restore therefore does not bring back; missing: nothing. */
  leftOut: z.array(z.enum(['role-passwords'])).optional(),
  /** Of a physical backup: what lies in pgBackRest's repository, which the parts only tell of. */
  physical: physical.optional(),
  tools: z.record(z.string(), z.string()),
  /** Seconds by phase. */
  took: z.record(z.string(), z.number().min(0)),
  parts: z.array(part).min(1),
});

/** What a backup is, signed and stored last: a backup without one that verifies does not exist. */
export type Manifest = z.infer<typeof manifest>;

export const manifestKey = (backup: string): string => `backups/${backup}/manifest.json`;
export const partKey = (backup: string, name: string): string => `backups/${backup}/${name}`;

const kind: StatementKind<Manifest> = {
  name: 'manifest',
  predicateType: 'urn:surety:backup:v1',
  predicate: manifest,
  subjectsOf: ({ parts }) =>
    parts.map(({ key, sha256: digest }) => ({ name: key, digest: { sha256: digest } })),
  otherSubjects: 'its subjects are not its parts',
  refused,
};

/** The manifest as it is stored: a signed statement about its parts. */
export function sealManifest(content: Manifest, key: KeyObject): Buffer {
  const { leftOut, physical: repository, ...rest } = content;
  const predicate = {
    ...rest,
    ...(leftOut !== undefined && { leftOut }),
    ...(repository !== undefined && { physical: repository }),
  };
  return sealStatement(kind.predicateType, kind.subjectsOf(content), predicate, key);
}

/**
 * Reads a manifest that one of `signers` (public keys, base64 of 32 bytes) signed.
 *
 * @throws {SuretyError} `manifest/malformed`, `manifest/foreign-key`, `manifest/altered`
 */
export function openManifest(bytes: Uint8Array, signers: readonly string[]): Manifest {
  return openStatement(bytes, signers, kind);
}

function refused(what: string, fact: string): SuretyError {
  return new SuretyError(
    `manifest/${what}`,
    fact,
    'look for another copy of this backup; do not restore this one',
  );
}
