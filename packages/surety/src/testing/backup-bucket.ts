import { createHash } from 'node:crypto';
import { request } from 'undici';
import type { Shelf } from './backup-shelf.ts';
import { type S3Fake, type S3FakeOptions, startS3Fake } from './s3-fake.ts';

/** A bucket as a store of a scene. Where it has Object Lock, so says the estate, and each object is locked as it is put. */
export type BucketShelf = Shelf & { readonly fake: S3Fake };

export type BucketOptions = S3FakeOptions & {
  /** What the estate says of the lock. Default: `object-lock`. */
  readonly said?: 'object-lock' | 'none';
  /** Of what is put. Default: COMPLIANCE. */
  readonly mode?: 'COMPLIANCE' | 'GOVERNANCE';
};

export async function bucketShelf(
  name: string,
  { said = 'object-lock', mode = 'COMPLIANCE', ...options }: BucketOptions = {},
): Promise<BucketShelf> {
  const fake = await startS3Fake({ bucket: 'surety-scene', ...options });
  const put: Shelf['put'] = async (key, bytes, lockUntil) => {
    const locks = said === 'object-lock' && options.objectLock !== false;
    const lockedUntil = locks && lockUntil !== undefined ? wholeSeconds(lockUntil) : null;
    const { statusCode, headers, body } = await request(`${fake.endpoint}/surety-scene/${key}`, {
      method: 'PUT',
      headers: {
        ...signed(fake),
        'content-md5': createHash('md5').update(bytes).digest('base64'),
        ...(lockedUntil !== null && {
          'x-amz-object-lock-mode': mode,
          'x-amz-object-lock-retain-until-date': lockedUntil,
        }),
      },
      body: Buffer.from(bytes),
    });
    await body.dump();
    if (statusCode !== 200) throw new Error(`the fake answered ${statusCode} to a put of ${key}`);
    return { version: String(headers['x-amz-version-id'] ?? '') || null, lockedUntil };
  };
  const latest = (key: string) => fake.versions().find((one) => one.key === key && !one.marker);
  const read = async (key: string): Promise<Buffer> => Buffer.concat(latest(key)?.content ?? []);
  return {
    name,
    fake,
    folder: null,
    facts: { ...fake.facts({ lock: said }) },
    put,
    read,
    async change(key, to) {
      const [content] = latest(key)?.content ?? [];
      const bytes = to(await read(key));
      if (content?.length !== bytes.length) throw new Error('what lies in a bucket keeps its size');
      content.set(bytes);
    },
    remove: async (key) => {
      const below = fake.versions().filter((one) => one.key === key || one.key.startsWith(`${key}/`));
      for (const one of below) fake.lose(one.key);
    },
    keys: async () => [...new Set(fake.versions().map(({ key }) => key))],
    touch: async () => undefined,
    fingerprint: async () => fingerprint(fake),
    stop: () => fake.stop(),
  };
}

/** The fake looks who signs, and not at the signature. */
function signed({ accessKeyId }: S3Fake): Record<string, string> {
  const stamp = new Date()
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:]/g, '');
  return { authorization: `AWS4-HMAC-SHA256 Credential=${accessKeyId}/scene`, 'x-amz-date': stamp };
}

const wholeSeconds = (moment: Date): string =>
  new Date(Math.floor(moment.getTime() / 1000) * 1000).toISOString();

/** What probes leave behind, until their lock is over, is what touch `writes` announces. */
function fingerprint(fake: S3Fake): string {
  const hash = createHash('sha256');
  for (const { key, version, content, lock } of fake.versions()) {
    if (key.startsWith('probes/')) continue;
    hash.update(`${key}\0${version}\0${lock?.until.toISOString()}\0`);
    for (const buffer of content) hash.update(buffer);
  }
  return hash.digest('hex');
}
