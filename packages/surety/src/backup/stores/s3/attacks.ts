import {
  DeleteObjectCommand,
  GetObjectRetentionCommand,
  PutObjectCommand,
  PutObjectRetentionCommand,
} from '@aws-sdk/client-s3';
import type { Attempt } from '@surety/evidence';
import { checkKey } from '../key.ts';
import { acts } from '../store.ts';
import type { S3Reach } from './client.ts';
import { failureOf, isMissing, isUncertain } from './error.ts';
import { lockTime } from './lock.ts';
import { lookAt } from './look.ts';
import { sumsOf } from './sums.ts';

/** How an attack went about it, for who reads of it; each is tried until one has its effect. */
type Way = { readonly how: string; readonly go: () => Promise<unknown> };

/** Removes a version, also past a GOVERNANCE lock. */
export async function tryRemove(reach: S3Reach, key: string, version: string | null): Promise<Attempt> {
  const at = objectAt(reach, key, version);
  if ((await lookAt(reach, key, version)) === null) return broken(acts.remove, 'it was not there before');
  const remove = (bypass: boolean) => () =>
    reach.client.send(new DeleteObjectCommand({ ...at, ...(bypass && { BypassGovernanceRetention: true }) }));
  return tried(
    acts.remove,
    [
      { how: 'removed', go: remove(false) },
      { how: 'removed, bypassing governance', go: remove(true) },
    ],
    async () => (await lookAt(reach, key, version)) === null,
  );
}

/** Puts other bytes under the same key; done when the version cannot be read any more as it was. */
export async function tryOverwrite(reach: S3Reach, key: string, version: string | null): Promise<Attempt> {
  const before = await lookAt(reach, key, version);
  if (before === null) return broken(acts.overwrite, 'it was not there before');
  const bytes = Buffer.from('overwritten');
  const put = new PutObjectCommand({
    Bucket: reach.bucket,
    Key: reach.prefix + key,
    Body: bytes,
    ContentMD5: (await sumsOf(bytes)).md5,
  });
  return tried(
    acts.overwrite,
    [{ how: 'overwritten', go: () => reach.client.send(put) }],
    async () => (await lookAt(reach, key, version))?.etag !== before.etag,
  );
}

/** Sets the retention of a version to end at `until`, also as GOVERNANCE, bypassing governance. */
export async function tryShorten(
  reach: S3Reach,
  key: string,
  version: string | null,
  until: Date,
): Promise<Attempt> {
  const at = objectAt(reach, key, version);
  const set = (mode: 'COMPLIANCE' | 'GOVERNANCE') => () =>
    reach.client.send(
      new PutObjectRetentionCommand({
        ...at,
        Retention: { Mode: mode, RetainUntilDate: lockTime(until) },
        ...(mode === 'GOVERNANCE' && { BypassGovernanceRetention: true }),
      }),
    );
  return tried(
    acts.shorten,
    [
      { how: 'set', go: set('COMPLIANCE') },
      { how: 'set to GOVERNANCE, bypassing it', go: set('GOVERNANCE') },
    ],
    async () => {
      const { Retention } = await reach.client.send(new GetObjectRetentionCommand(at)).catch(nothingHeld);
      return Retention?.RetainUntilDate?.getTime() === lockTime(until).getTime();
    },
  );
}

/** An object without retention is answered by 404. */
function nothingHeld(error: unknown): { Retention?: undefined } {
  const failure = failureOf(error);
  if (failure === null || !isMissing(failure)) throw error;
  return {};
}

function objectAt(reach: S3Reach, key: string, version: string | null) {
  checkKey(key);
  return {
    Bucket: reach.bucket,
    Key: reach.prefix + key,
    ...(version !== null && { VersionId: version }),
  };
}

/** What the store answers is not believed: `took` looks whether it had its effect. */
async function tried(act: string, ways: readonly Way[], took: () => Promise<boolean>): Promise<Attempt> {
  let detail = 'kept';
  for (const { how, go } of ways) {
    try {
      await go();
      if (await took()) return { ...attempt(act), result: 'done', detail: how };
      detail = 'kept';
    } catch (error) {
      const failure = failureOf(error);
      if (failure === null) throw error;
      if (isUncertain({ ...failure, attempts: 1 })) return broken(act, failure.code);
      if (await took()) return { ...attempt(act), result: 'done', detail: `${how}, and called refused` };
      detail = failure.code;
    }
  }
  return { ...attempt(act), result: 'refused', detail };
}

const attempt = (act: string) => ({ act, actor: 'the key that stores backups', method: 'attack' }) as const;

function broken(act: string, detail: string): Attempt {
  return { ...attempt(act), result: 'broken', detail };
}
