import { SuretyError } from '../core/error.ts';
import type { Difference } from './compare.ts';
import type { BackupSet } from './sets.ts';
import type { SourceFacts } from './source-facts.ts';
import type { Store } from './stores/store.ts';

/** `pg_restore`, as `findTools` found it. */
export type RestoreTools = {
  readonly pgRestore: {
    readonly path: string;
    readonly version: { readonly major: number; readonly minor: number; readonly text: string };
  };
};

export type RestoreOptions = {
  /** Its manifest is verified: `inventory` did that. */
  readonly set: BackupSet;
  /** The store that the set lies in. */
  readonly store: Store;
  /** `AGE-SECRET-KEY-1…` of one of the recipients of the manifest. */
  readonly identity: string;
  /** Connection string of a superuser of the server; whatever database it names is only a place to stand. */
  readonly server: string;
  /** PEM text of the authority that signs the server's certificate. */
  readonly ca?: string | undefined;
  /** Of the database to make. There may be none of that name. */
  readonly database: string;
  readonly tools: RestoreTools;
  /**
   * What becomes of roles that the server has already. `missing`: they stay as they are, and what differs is said. `all`: they become what they
   * were, but for who restores; for servers that nobody else uses. Default: `missing`.
   */
  readonly roles?: 'missing' | 'all';
  /** How many streams and indexes at once. Default: 2. */
  readonly jobs?: number;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Registers what was only now learnt and must not be printed: hashes of passwords. */
  readonly secret: (value: string) => void;
  /** Told what begins. */
  readonly step: (text: string) => void;
};

/** In the order in which they come. */
export const restorePhases = [
  'verify',
  'preflight',
  'globals',
  'create',
  'outline',
  'data',
  'indexes',
  'statements',
  'analyze',
  'compare',
] as const;
export type RestorePhase = (typeof restorePhases)[number];

export type Restored = {
  readonly backup: string;
  readonly database: string;
  /** `15.20` */
  readonly server: string;
  /** Milliseconds. */
  readonly phases: Readonly<Record<RestorePhase, number>>;
  /** As stored, and as `pg_restore` took them. */
  readonly bytes: { readonly stored: number; readonly plain: number };
  /** What the source was. */
  readonly facts: SourceFacts;
  /** What the copy is otherwise than the source; empty: it is the same. */
  readonly differences: readonly Difference[];
  readonly roles: {
    readonly created: readonly string[];
    /** There already, and left as they are. */
    readonly kept: readonly string[];
  };
  /** What was not done as the backup says, and why: sentences. */
  readonly notes: readonly string[];
};

/**
 * Restores a backup into a new database. Nothing is handed to `pg_restore` or to the server before every part was read once and is what the signed
 * manifest says. Where anything fails, or `signal` aborts, the new database and the roles that were made are removed again.
 *
 * @throws {SuretyError} `restore/…`, `seal/…`, `store/…`, `tools/…`
 * @throws {BlindError} where the server cannot be asked
 */
export async function restoreInto(_options: RestoreOptions): Promise<Restored> {
  throw new SuretyError('restore/unfinished', 'not yet', 'wait');
}
