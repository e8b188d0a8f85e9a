import type { S3Reach } from './client.ts';
import { failureOf, isUncertain, isUnknownThere } from './error.ts';
import type { LockHeaders } from './lock.ts';
import { lookAt, versionsOf } from './look.ts';
import type { Sums } from './sums.ts';

/** What was sent, and by what the store can be held to it. */
export type Sent = Sums & { readonly bytes: number; readonly version: string | null };

/** What makes a put safer, and not every store knows. */
export type Extras = {
  /** Refused where the key is taken. */
  readonly condition: boolean;
  /** SHA-256 that the store compares, and keeps. */
  readonly checksums: boolean;
};

const none: Extras = { condition: false, checksums: false };
const rungs: readonly Extras[] = [
  { condition: true, checksums: true },
  { condition: true, checksums: false },
  { condition: false, checksums: true },
];

/** One put under way. */
export type Putting = {
  readonly reach: S3Reach;
  readonly key: string;
  readonly lock: LockHeaders;
  readonly signal: AbortSignal;
  /** Ends the body when something else has failed. */
  readonly fail: (error: unknown) => void;
};

/**
 * Asks for what not every store knows, and with less where this one says that it does not. What it said is remembered: each
 * object would ask again.
 */
export async function withExtras<T>(reach: S3Reach, ask: (extras: Extras) => Promise<T>): Promise<T> {
  for (;;) {
    const tried = reach.knows.rung;
    try {
      return await ask(rungs[tried] ?? none);
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null || !isUnknownThere(failure) || tried >= rungs.length) throw error;
      reach.knows.rung = Math.max(reach.knows.rung, tried + 1);
    }
  }
}

/** Does what makes the object visible. Where its answer is lost, the object itself says whether it was done. */
export async function landed(
  reach: S3Reach,
  key: string,
  sent: Omit<Sent, 'version'>,
  work: () => Promise<{ VersionId?: string | undefined }>,
): Promise<Sent> {
  try {
    const { VersionId } = await work();
    return { ...sent, version: reach.versioned ? (VersionId ?? null) : null };
  } catch (error) {
    const failure = failureOf(error);
    if (failure === null || !isUncertain(failure)) throw error;
    const ours = reach.versioned
      ? (await versionsOf(reach, key)).find(({ etag }) => etag === sent.etag)
      : await lookAt(reach, key, null);
    if (ours?.etag !== sent.etag) throw error;
    return { ...sent, version: ours.version };
  }
}
