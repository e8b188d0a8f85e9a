import { createHash, webcrypto } from 'node:crypto';

/** Of one body or part: base64 as the headers want it, and the ETag that the store should give it. */
export type Sums = { readonly md5: string; readonly sha256: string; readonly etag: string };

/** The SHA-256 on a thread of its own: this one has the whole stream to seal. */
export async function sumsOf(bytes: Uint8Array<ArrayBuffer>): Promise<Sums> {
  const digest = webcrypto.subtle.digest('SHA-256', bytes);
  const md5 = createHash('md5').update(bytes).digest();
  const sha256 = Buffer.from(await digest).toString('base64');
  return { md5: md5.toString('base64'), sha256, etag: md5.toString('hex') };
}

/** Signs a request of the SDK for this SHA-256 of its body (base64), which it would compute once more. */
export function signFor(request: unknown, sha256: string): void {
  if (typeof request !== 'object' || request === null || !('headers' in request)) return;
  const { headers } = request;
  if (typeof headers !== 'object' || headers === null) return;
  Object.assign(headers, { 'x-amz-content-sha256': Buffer.from(sha256, 'base64').toString('hex') });
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
