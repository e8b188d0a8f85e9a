import type { Timestamp } from '@surety/evidence';
import { SuretyError } from '../../../core/error.ts';
import type { S3Reach } from './client.ts';

const day = 86_400_000;
/** A typo in a COMPLIANCE lock cannot be taken back by anybody, and is paid for until it runs out. */
const longest = 10 * 366 * day;

export type LockHeaders =
  | { readonly ObjectLockMode: 'COMPLIANCE'; readonly ObjectLockRetainUntilDate: Date }
  | Record<string, never>;

/** Up to the full second: stores keep no finer. */
export const lockTime = (until: Date): Date => new Date(Math.ceil(until.getTime() / 1000) * 1000);

/** What a put asks for. @throws {SuretyError} `store/lock-period` */
export function lockHeaders({ name, lock }: S3Reach, until: Date | undefined): LockHeaders {
  if (lock === 'none' || until === undefined) return {};
  const ahead = until.getTime() - Date.now();
  if (!(ahead > 0 && ahead <= longest)) {
    throw new SuretyError(
      'store/lock-period',
      `store ${name}: a lock until ${Number.isNaN(ahead) ? 'no date' : until.toISOString()} ${ahead > 0 ? 'is longer than ten years' : 'holds nothing back'}`,
      'nobody can take a lock back: look at `keep` in the estate',
    );
  }
  return { ObjectLockMode: 'COMPLIANCE', ObjectLockRetainUntilDate: lockTime(until) };
}

/** Only what nobody may take back counts: a GOVERNANCE lock holds back those who may not bypass it, and us perhaps not. */
export function lockedUntil(head: {
  readonly ObjectLockMode?: string | undefined;
  readonly ObjectLockRetainUntilDate?: Date | undefined;
}): Timestamp | null {
  return head.ObjectLockMode === 'COMPLIANCE' && head.ObjectLockRetainUntilDate !== undefined
    ? head.ObjectLockRetainUntilDate.toISOString()
    : null;
}
