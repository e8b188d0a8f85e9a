import { BlindError, SuretyError } from '../../../core/error.ts';
import { refusals } from '../refusals.ts';

/** What went wrong, as codes: what a server says in words may repeat keys, tokens and signed addresses. */
export type Failure = {
  /** `AccessDenied`, `ECONNREFUSED`, `TimeoutError` */
  readonly code: string;
  /** Of HTTP; `null` where there was no answer. */
  readonly status: number | null;
  /** How often it was tried. */
  readonly attempts: number;
};

/** `null` where it is no failure of a request, but one of ours. */
export function failureOf(error: unknown): Failure | null {
  if (!(error instanceof Error) || error instanceof SuretyError) return null;
  const metadata = '$metadata' in error ? error.$metadata : undefined;
  const number = (key: string): number | null => {
    if (typeof metadata !== 'object' || metadata === null) return null;
    const value = Object.entries(metadata).find(([name]) => name === key)?.[1];
    return typeof value === 'number' ? value : null;
  };
  const network = 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (metadata === undefined && network === null && error.name !== 'TimeoutError') return null;
  const said = network ?? error.name;
  return {
    code: /^[A-Za-z0-9_.]{1,60}$/.test(said) ? said : 'an error',
    status: number('httpStatusCode'),
    attempts: number('attempts') ?? 1,
  };
}

const noObject = ['NoSuchKey', 'NoSuchVersion', 'NotFound', 'MethodNotAllowed'];
const denied = ['AccessDenied', 'InvalidAccessKeyId', 'SignatureDoesNotMatch', 'ExpiredToken'];
const digest = ['BadDigest', 'InvalidDigest', 'XAmzContentSHA256Mismatch', 'XAmzContentChecksumMismatch'];
const full = [
  'EntityTooLarge',
  'QuotaExceeded',
  'InsufficientStorage',
  'InsufficientCapacity',
  'XMinioStorageFull',
];
const elsewhere = ['PermanentRedirect', 'TemporaryRedirect', 'AuthorizationHeaderMalformed'];

/** Whether the store says that there is no such object, or version of it. */
export function isMissing({ code, status }: Failure): boolean {
  return code !== 'NoSuchBucket' && (noObject.includes(code) || status === 404 || status === 405);
}

/** Whether the key is taken: the store looked, because we asked it to. */
function isTaken({ status }: Failure): boolean {
  return status === 412 || status === 409;
}

/** Whether the store does not know what was asked. */
export function isUnknownThere({ code, status }: Failure): boolean {
  return status === 501 || code === 'NotImplemented';
}

export function isDenied({ code, status }: Failure): boolean {
  return denied.includes(code) || status === 403 || status === 401;
}

/** Whether nobody can say if the store did it. */
export function isUncertain({ status, attempts }: Failure): boolean {
  return status === null || status >= 500 || attempts > 1;
}

/** What a failed request means for a store. Anything else is given back as it is. */
export function s3Error(store: string, what: string, key: string | null, error: unknown): unknown {
  const failure = failureOf(error);
  if (failure === null) return error;
  const { code, status } = failure;
  const fact = `store ${store}: ${what}: ${status === null ? code : `${code}, HTTP ${status}`}`;
  if (code === 'NoSuchBucket') {
    return new BlindError('store/gone', fact, 'is the bucket in the estate spelt right?');
  }
  if (key !== null && isMissing(failure)) return refusals.noObject(store, key);
  if (key !== null && isTaken(failure)) return refusals.taken(store, key);
  if (digest.includes(code)) {
    const hint = 'the store got other bytes than were sent: try again, and look at what lies between';
    return new SuretyError('store/incomplete', fact, hint);
  }
  if (full.includes(code) || status === 507) {
    return new SuretyError('store/full', fact, 'raise its quota; `surety backup --prune` says what may go');
  }
  if (code === 'RequestTimeTooSkewed') {
    return new BlindError('store/clock', fact, 'set the clock of this machine: timedatectl');
  }
  if (elsewhere.includes(code)) {
    return new BlindError('store/region', fact, 'give the region and the endpoint of the bucket');
  }
  if (isDenied(failure)) {
    return new BlindError('store/refused', fact, 'look at the access key, and at what its policy allows');
  }
  if (status === null || status >= 500 || status === 429 || status === 408) {
    return new BlindError('store/unreachable', fact, 'is the store up, and the endpoint right? try again');
  }
  return new SuretyError('store/refused', fact, 'look up that code at the store; it refused what was asked');
}
