import { S3Client } from '@aws-sdk/client-s3';
import { SuretyError } from '../../../core/error.ts';
import type { StoreFacts } from '../../facts.ts';

export type S3Facts = Extract<StoreFacts, { bucket: string }>;

/** How patient the client is, and how it cuts objects. Milliseconds and bytes. */
export type Tuning = {
  readonly connectTimeout: number;
  /** Without a byte in either direction. */
  readonly idleTimeout: number;
  /** Until an answer begins. */
  readonly answerTimeout: number;
  readonly attempts: number;
  readonly partSize: number;
};

export const usualTuning: Tuning = {
  connectTimeout: 10_000,
  idleTimeout: 60_000,
  answerTimeout: 300_000,
  attempts: 5,
  partSize: 8 * 1024 * 1024,
};

/** The Date of the last answer, with when it came by our clock. */
export type Clock = { read(): { readonly theirs: number; readonly ours: number } | null };

export type S3Reach = {
  readonly name: string;
  readonly client: S3Client;
  readonly bucket: string;
  readonly prefix: string;
  readonly lock: S3Facts['lock'];
  /** Whether the bucket keeps versions. */
  readonly versioned: boolean;
  /** R2 takes only parts of one size. */
  readonly evenParts: boolean;
  readonly tuning: Tuning;
  /** How much of what not every store knows this one does not: learnt from its refusals. */
  readonly knows: { rung: number };
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/** Whether it is Cloudflare's, which has neither versions nor Object Lock. */
export const isR2 = ({ endpoint }: Pick<S3Facts, 'endpoint'>): boolean =>
  endpoint !== undefined && new URL(endpoint).hostname.endsWith('.r2.cloudflarestorage.com');

/** @throws {SuretyError} `store/plaintext`, `store/region` */
export function makeClient(
  store: string,
  facts: S3Facts,
  tuning: Tuning,
): { readonly client: S3Client; readonly clock: Clock } {
  checkEndpoint(store, facts);
  const client = new S3Client({
    region: facts.region,
    ...(facts.endpoint !== undefined && { endpoint: facts.endpoint }),
    forcePathStyle: facts.pathStyle ?? facts.endpoint !== undefined,
    credentials: { accessKeyId: facts.accessKeyId, secretAccessKey: facts.secretAccessKey },
    // We give checksums of our own; a default CRC32 is what half of the stores refuse or ignore.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    retryMode: 'standard',
    maxAttempts: tuning.attempts,
    requestHandler: {
      connectionTimeout: tuning.connectTimeout,
      socketTimeout: tuning.idleTimeout,
      requestTimeout: tuning.answerTimeout,
      throwOnRequestTimeout: true,
    },
  });
  return { client, clock: watchClock(client) };
}

function checkEndpoint(store: string, { endpoint, region }: S3Facts): void {
  if (endpoint === undefined) {
    if (region !== 'auto') return;
    throw new SuretyError(
      'store/region',
      `store ${store} has neither an endpoint nor a region`,
      "AWS: region: 'eu-central-1'; R2 and others: endpoint: 'https://…'",
    );
  }
  const { protocol, hostname } = new URL(endpoint);
  if (protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname))) return;
  throw new SuretyError(
    'store/plaintext',
    `store ${store}: ${protocol}//${hostname} is not https`,
    'give an https:// endpoint; without TLS anybody on the way can answer for the store',
  );
}

function watchClock(client: S3Client): Clock {
  const seen: { last: ReturnType<Clock['read']> } = { last: null };
  client.middlewareStack.add(
    (next) => async (args) => {
      const sent = Date.now();
      const result = await next(args);
      const theirs = Date.parse(dateOf(result.response) ?? '');
      if (!Number.isNaN(theirs)) seen.last = { theirs, ours: (sent + Date.now()) / 2 };
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'suretyClock' },
  );
  return { read: () => seen.last };
}

function dateOf(response: unknown): string | null {
  if (typeof response !== 'object' || response === null || !('headers' in response)) return null;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return null;
  return typeof headers.date === 'string' ? headers.date : null;
}
