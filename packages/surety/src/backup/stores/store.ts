import type { Attempt, Timestamp } from '@surety/evidence';
import type { OpenContext } from '../../core/target.ts';

export type StoreContext = Pick<OpenContext, 'root' | 'signal' | 'secret'>;

/** An object as it lies in a store. */
export type StoredObject = {
  readonly key: string;
  readonly bytes: number;
  /** `null` where the store keeps no versions. */
  readonly version: string | null;
  /** By the store's own clock. */
  readonly modified: Timestamp;
};

/** An object that was just put, with what was measured on the way. */
export type Put = StoredObject & {
  /** Of the stored bytes, computed here while they went out. */
  readonly sha256: string;
  /** Until when the store refuses to remove this version; `null` where it holds nothing back. */
  readonly lockedUntil: Timestamp | null;
};

export type PutOptions = {
  /** Stores without a lock take no notice. */
  readonly lockUntil?: Date;
  /** Bytes that may come, a high guess: S3 takes 10,000 parts, and their size is chosen before the first. Default 80 GB. */
  readonly expect?: number;
  readonly signal?: AbortSignal;
};

/** How a store keeps what is in it from being removed. */
export type Lock = 'object-lock' | 'none';

/** Something that was begun and never finished: an upload in parts, a temporary file. Nobody can read it as an object. */
export type Unfinished = {
  readonly key: string;
  readonly since: Timestamp;
  /** What `discard` knows it by. */
  readonly id: string;
  /** `null` where nobody says. */
  readonly bytes: number | null;
};

/** What `tryRemove` and its like try, for the witness to do the same: on an object that nothing holds back, under a key that is free. */
export const acts = {
  remove: 'removes a version',
  overwrite: 'puts other bytes under a key',
  shorten: 'sets the retention of a version',
} as const;

/**
 * A place for backups. Keys are paths of letters, digits, `-`, `_`, `.` and `/`, at most 200 of them; no part begins with a dot.
 *
 * Every method throws {@link SuretyError} `store/…` or {@link BlindError} when the store does not answer or does not let
 * us; none of them says that something was done which was not seen to be done.
 */
export type Store = {
  /** Its name in the estate. */
  readonly name: string;
  readonly kind: 'folder' | 's3';
  /** What the estate says of it; whether that is so, only `tryRemove` and its like can tell. */
  readonly lock: Lock;
  /**
   * Stores what `body` yields, under a key that is not taken. Nothing is visible until `body` has ended: when it
   * throws, or `signal` aborts, the store is as it was, and no part stays behind. Looks afterwards whether size and checksum arrived.
   * What `body` or `signal` throw comes out as it is. When it fails, `body` may be left unread: whoever made it ends it.
   *
   * @throws {SuretyError} `store/taken`, `store/refused`, `store/incomplete`, `store/full`, `store/gone`, …
   */
  put(key: string, body: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<Put>;
  /** The bytes of an object, of that version where one is given. @throws {SuretyError} `store/no-object` */
  read(key: string, version?: string | null, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** `null` where there is none. */
  look(
    key: string,
    version?: string | null,
  ): Promise<(StoredObject & { readonly lockedUntil: Timestamp | null }) | null>;
  /** Every version below a prefix, also those that a delete marker or a later version hides; in order of keys, and of one key the oldest first. */
  list(prefix: string): AsyncIterable<StoredObject & { readonly latest: boolean }>;
  /** Removes one version for good. @throws {SuretyError} `store/locked` */
  remove(key: string, version: string | null): Promise<void>;
  /** What was begun and never finished, also by a run that is still at work: see `since` before it is discarded. */
  unfinished(prefix: string): Promise<readonly Unfinished[]>;
  /** Takes away something unfinished; nothing happens where it is gone. */
  discard(one: Unfinished): Promise<void>;
  /** The store's clock, in milliseconds ahead of ours. */
  skew(): Promise<number>;
  /** How much more fits, in bytes; `null` where nobody says. */
  room(): Promise<number | null>;
  /**
   * The attacks of `backup/immutable`, on an object that may be lost. Refused with the store's own code, or with `kept`: it
   * took the other bytes, and the version can still be read.
   */
  tryRemove(key: string, version: string | null): Promise<Attempt>;
  tryOverwrite(key: string, version: string | null): Promise<Attempt>;
  tryShorten(key: string, version: string | null, until: Date): Promise<Attempt>;
  close(): Promise<void>;
};
