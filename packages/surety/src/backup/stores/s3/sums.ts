import { createHash } from 'node:crypto';

/** Of one body or part: base64 as the headers want it, and the ETag that the store should give it. */
export type Sums = { readonly md5: string; readonly sha256: string; readonly etag: string };

export function sumsOf(bytes: Uint8Array): Sums {
  const md5 = createHash('md5').update(bytes).digest();
  const sha256 = createHash('sha256').update(bytes).digest('base64');
  return { md5: md5.toString('base64'), sha256, etag: md5.toString('hex') };
}

/** Of an object in parts: the hash of the parts' hashes, as S3 composes it. */
export function composed(parts: readonly Sums[]): Sums {
  const md5 = createHash('md5');
  const sha256 = createHash('sha256');
  for (const part of parts) {
    md5.update(Buffer.from(part.md5, 'base64'));
    sha256.update(Buffer.from(part.sha256, 'base64'));
  }
  const sum = md5.digest();
  return {
    md5: sum.toString('base64'),
    sha256: sha256.digest('base64'),
    etag: `${sum.toString('hex')}-${parts.length}`,
  };
}
