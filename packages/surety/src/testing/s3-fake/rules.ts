/** What the fake's bucket is, and in which ways its server is not what it says. */
export type S3FakeOptions = {
  /** Default `backups`. */
  readonly bucket?: string;
  /** Default true. R2 has none. */
  readonly versions?: boolean;
  /** Whether the bucket was made with Object Lock. Default: `versions`. */
  readonly objectLock?: boolean;
  /** Objects or versions on one page of a listing. Default 1000, as S3's. */
  readonly pageSize?: number;
  /** What the access key may do. Default: it may delete, and not bypass governance. */
  readonly may?: { readonly delete?: boolean; readonly bypass?: boolean; readonly read?: boolean };
  /** Whether `If-None-Match` is heeded; default true. `unknown`: answered by 501. */
  readonly conditional?: boolean | 'unknown';
  /** Whether `x-amz-checksum-sha256` is checked and kept; default true. `unknown`: answered by 501. */
  readonly checksums?: boolean | 'unknown';
  /** Milliseconds that the server's clock is ahead. */
  readonly skew?: number;
  /** Least size of a part that is not the last one; default 1, S3's is 5 MiB. */
  readonly minPart?: number;
  /** Whether all parts but the last have to be of one size, as R2's. */
  readonly evenParts?: boolean;
  /** Whether ETags have nothing to do with the bytes, as where the store encrypts with keys of its own. */
  readonly opaqueEtags?: boolean;
  /** Keeps sizes and sums, not bytes: for objects that do not fit into memory. */
  readonly sumsOnly?: boolean;
  readonly lies?: readonly S3Lie[];
};

/**
 * - `forgets`: says 200 to what is put, and keeps nothing.
 * - `corrupts`: flips a bit of what it was sent, and computes its sums of that.
 * - `rots`: flips a bit after the sums were computed, as a disk does.
 * - `ignores-checksums`: takes whatever the checksums say.
 * - `drops-locks`: takes lock headers, and neither keeps nor tells them.
 * - `drops-locks-of-parts`: the same, of uploads in parts only, as Ceph 16 does.
 * - `ignores-locks`: tells of locks, and lets everybody remove and shorten.
 * - `lies-about-locks`: answers 403 to whoever removes a locked version, and removes it.
 */
export type S3Lie =
  | 'forgets'
  | 'corrupts'
  | 'rots'
  | 'ignores-checksums'
  | 'drops-locks'
  | 'drops-locks-of-parts'
  | 'ignores-locks'
  | 'lies-about-locks';

export type Operation =
  | 'HeadBucket'
  | 'GetBucketVersioning'
  | 'GetObjectLockConfiguration'
  | 'ListObjectVersions'
  | 'ListObjectsV2'
  | 'ListMultipartUploads'
  | 'PutObject'
  | 'HeadObject'
  | 'GetObject'
  | 'DeleteObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'GetObjectRetention'
  | 'PutObjectRetention';

/** A request as the rules see it. */
export type Ask = {
  readonly operation: Operation;
  readonly key: string;
  readonly query: URLSearchParams;
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
};

export type Answer = {
  readonly status: number;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: string | readonly Buffer[];
};

/** Answered as S3 answers: a status, and its code in XML. */
export class S3Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

export function operationOf(method: string, key: string, query: URLSearchParams): Operation | null {
  const has = (name: string): boolean => query.has(name);
  if (key === '') {
    if (method === 'HEAD') return 'HeadBucket';
    if (method !== 'GET') return null;
    if (has('versioning')) return 'GetBucketVersioning';
    if (has('object-lock')) return 'GetObjectLockConfiguration';
    if (has('versions')) return 'ListObjectVersions';
    return has('uploads') ? 'ListMultipartUploads' : 'ListObjectsV2';
  }
  switch (method) {
    case 'HEAD':
      return 'HeadObject';
    case 'GET':
      return has('retention') ? 'GetObjectRetention' : 'GetObject';
    case 'PUT':
      if (has('uploadId')) return 'UploadPart';
      return has('retention') ? 'PutObjectRetention' : 'PutObject';
    case 'POST':
      if (has('uploads')) return 'CreateMultipartUpload';
      return has('uploadId') ? 'CompleteMultipartUpload' : null;
    case 'DELETE':
      return has('uploadId') ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return null;
  }
}
