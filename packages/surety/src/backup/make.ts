import { type KeyObject, randomBytes } from 'node:crypto';
import type { StoreOutcome, Timestamp } from '@surety/evidence';
import type { BackupFacts } from './facts.ts';
import type { Manifest } from './manifest.ts';
import type { Store } from './stores/store.ts';

export type MakeOptions = {
  /** `newBackupId` makes one. */
  readonly backup: string;
  /** When the schedule wanted it; `null` where a person does. */
  readonly slot: Date | null;
  readonly facts: BackupFacts;
  /** PEM text of the authority that signs the server's certificate. */
  readonly ca?: string | undefined;
  /** Open ones; the caller closes them. */
  readonly stores: readonly Store[];
  /** Stores of the estate that could not be opened, and why: the run fails for them, and goes on for the others. */
  readonly missing?: readonly { readonly store: string; readonly fact: string }[];
  /** Signs the manifests; its public half is among `facts.signers`. */
  readonly key: KeyObject;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** At most so many streams of rows at once. Default: as many as there are cores. */
  readonly streams?: number;
  /** Told of each step that ended, as one line. */
  readonly step?: (line: string) => void;
};

/** How a backup ended. `done` only where every store of the estate has all of it, signed. */
export type BackupOutcome = {
  readonly backup: string;
  readonly outcome: 'done' | 'failed';
  /** By the clock of the database; `null` where it did not get that far. */
  readonly snapshot: Timestamp | null;
  readonly stores: readonly StoreOutcome[];
  /** Of each store that has it. */
  readonly manifests: readonly Manifest[];
  /** What a reader should know although nothing failed: databases that are not covered, passwords left out. */
  readonly notes: readonly string[];
  /** Why it failed as a whole; `null` where it did not. */
  readonly fact: string | null;
};

/** `20261122T020000Z-1f2e3d4c` */
export function newBackupId(now: Date): string {
  const stamp = now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:]/g, '');
  return `${stamp}-${randomBytes(4).toString('hex')}`;
}

/**
 * Dumps the database at one snapshot into every store at once, and signs what it stored, last. What fails leaves no manifest.
 *
 * @throws {SuretyError} `preflight/…`, `tools/…` before anything was written
 */
export async function makeBackup(_options: MakeOptions): Promise<BackupOutcome> {
  throw new Error('not yet');
}
