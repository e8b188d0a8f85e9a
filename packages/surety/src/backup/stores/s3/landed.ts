import type { S3Reach } from './client.ts';
import { failureOf, isUncertain, isUnknownThere } from './error.ts';
import type { LockHeaders } from './lock.ts';
import { lookAt, versionsOf } from './look.ts';
import type { Sums } from './sums.ts';

/** What was sent, and by what the store can be held to it. */
export type Sent = Sums & { readonly bytes: number; readonly version: string | null };

/** One put under way. */
export type Putting = {
  readonly reach: S3Reach;
  readonly key: string;
  readonly lock: LockHeaders;
  readonly signal: AbortSignal;
  /** Ends the body when something else has failed. */
  readonly fail: (error: unknown) => void;
};

/** Asks for what not every store knows, and once more without it where this one says so. */
export async function withExtras<T>(ask: (extras: boolean) => Promise<T>): Promise<T> {
  try {
    return await ask(true);
  } catch (error) {
    const failure = failureOf(error);
    if (failure === null || !isUnknownThere(failure)) throw error;
    return ask(false);
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
