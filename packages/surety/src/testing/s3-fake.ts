import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import type { S3Facts } from '../backup/stores/s3/client.ts';
import { listenOnLoopback, stopServer } from './loopback.ts';
import { answer, refusalXml } from './s3-fake/answers.ts';
import { type Bucket, type FakeUpload, type FakeVersion, flip } from './s3-fake/bucket.ts';
import {
  type Answer,
  type Ask,
  type Operation,
  operationOf,
  type S3FakeOptions,
  S3Refusal,
} from './s3-fake/rules.ts';

export type { FakeUpload, FakeVersion, Lock } from './s3-fake/bucket.ts';
export type { Operation, S3FakeOptions, S3Lie } from './s3-fake/rules.ts';

/**
 * What goes wrong with a request.
 *
 * - a status: answered with it, and nothing done: 500 InternalError, 503 SlowDown, 403 AccessDenied
 * - `cut`: the connection ends in the middle of the request's body, and nothing is done
 * - `cut-answer`: it is done, and the connection ends before the answer; of a GetObject, in the middle of it
 * - `error-in-200`: 200, and an error in its body, as CompleteMultipartUpload does; nothing is done
 * - `stall`: no answer until the fake is stopped
 * - `slow`: the answer comes a second later
 */
export type Fault = {
  /** Default: whatever is asked. */
  readonly on?: Operation;
  /** Which of them, from 1; default the next. */
  readonly nth?: number;
  /** How many from there on; default 1. */
  readonly times?: number;
  readonly how: 500 | 503 | 403 | 'cut' | 'cut-answer' | 'error-in-200' | 'stall' | 'slow';
};

/** An S3 server on loopback that does as S3 does, and goes wrong as it is told. */
export type S3Fake = {
  readonly endpoint: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** What an estate says of it; `over` changes that. */
  facts(over?: Partial<S3Facts>): S3Facts;
  /** Every version and delete marker: by key, the newest first. */
  versions(): readonly FakeVersion[];
  uploads(): readonly FakeUpload[];
  /** What was asked so far, in its order. */
  readonly asked: readonly Operation[];
  inject(fault: Fault): void;
  /** Flips a bit of every version of an object where it lies. */
  corrupt(key: string): void;
  /** Takes an object away, whatever holds it. */
  lose(key: string): void;
  /** Moves the server's clock. */
  advance(milliseconds: number): void;
  stop(): Promise<void>;
};

const codes = { 500: 'InternalError', 503: 'SlowDown', 403: 'AccessDenied' } as const;
const longestSkew = 15 * 60_000;

type Scheduled = { readonly fault: Fault; seen: number };

export async function startS3Fake(options: S3FakeOptions = {}): Promise<S3Fake> {
  const clock = { ahead: options.skew ?? 0 };
  const bucket: Bucket = {
    versions: new Map(),
    uploads: new Map(),
    options,
    now: () => new Date(Date.now() + clock.ahead),
  };
  const name = options.bucket ?? 'backups';
  const accessKeyId = `FAKE${randomBytes(8).toString('hex').toUpperCase()}`;
  const secretAccessKey = `canary-${randomBytes(20).toString('hex')}`;
  const asked: Operation[] = [];
  const faults: Scheduled[] = [];
  const server = createServer((request, response) => {
    serve(request, response).catch(() => request.destroy());
  });

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const [, asBucket = '', ...rest] = decodeURIComponent(url.pathname).split('/');
    const key = rest.join('/');
    const operation = operationOf(request.method ?? '', key, url.searchParams);
    if (operation !== null) asked.push(operation);
    const fault = operation === null ? null : faultOf(faults, operation);
    if (fault === 'cut') return cutOff(request);
    const body = await bodyOf(request);
    if (fault === 'stall') return;
    if (fault === 'slow') await after(1000);
    const header = (one: string): string | undefined => {
      const value = request.headers[one];
      return Array.isArray(value) ? value.join(', ') : value;
    };
    const made = attend(() => {
      checkCaller(header, accessKeyId, bucket.now());
      if (asBucket !== name) throw new S3Refusal(404, 'NoSuchBucket');
      if (operation === null) throw new S3Refusal(501, 'NotImplemented');
      if (typeof fault === 'number') throw new S3Refusal(fault, codes[fault]);
      if (fault === 'error-in-200') return { status: 200, body: refusalXml('InternalError') };
      return answer(bucket, { operation, key, query: url.searchParams, header, body });
    });
    if (fault === 'cut-answer' && operation !== 'GetObject') {
      request.socket.destroy();
      return;
    }
    send(request, response, made, bucket.now(), fault === 'cut-answer');
  }

  const port = await listenOnLoopback(server);
  const endpoint = `http://127.0.0.1:${port}`;
  return {
    endpoint,
    accessKeyId,
    secretAccessKey,
    facts: (over = {}) => ({
      bucket: name,
      endpoint,
      region: 'auto',
      prefix: '',
      accessKeyId,
      secretAccessKey,
      lock: 'none',
      ...over,
    }),
    versions: () => [...bucket.versions.keys()].sort().flatMap((key) => bucket.versions.get(key) ?? []),
    uploads: () => [...bucket.uploads.values()],
    asked,
    inject: (fault) => {
      faults.push({ fault, seen: 0 });
    },
    corrupt: (key) => {
      for (const { content } of bucket.versions.get(key) ?? []) flip(content);
    },
    lose: (key) => {
      bucket.versions.delete(key);
    },
    advance: (milliseconds) => {
      clock.ahead += milliseconds;
    },
    stop: () => stopServer(server),
  };
}

/** Counts the request for every fault that waits for one, and gives the first that is due. */
function faultOf(faults: readonly Scheduled[], operation: Operation): Fault['how'] | null {
  const due = faults.filter((one) => {
    const { on, nth = 1, times = 1 } = one.fault;
    if (on !== undefined && on !== operation) return false;
    one.seen += 1;
    return one.seen >= nth && one.seen < nth + times;
  });
  return due[0]?.fault.how ?? null;
}

/** The key is looked at, the signature is not: that the SDK can sign is not ours to test. */
function checkCaller(header: Ask['header'], accessKeyId: string, now: Date): void {
  const named = /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(header('authorization') ?? '')?.[1];
  if (named === undefined) throw new S3Refusal(403, 'AccessDenied');
  if (named !== accessKeyId) throw new S3Refusal(403, 'InvalidAccessKeyId');
  const stamp = header('x-amz-date') ?? '';
  const sent = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(Math.abs(sent - now.getTime()) < longestSkew)) throw new S3Refusal(403, 'RequestTimeTooSkewed');
}

function attend(work: () => Answer): Answer {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof S3Refusal)) throw error;
    return { status: error.status, body: refusalXml(error.code) };
  }
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function cutOff(request: IncomingMessage): void {
  const half = Number(request.headers['content-length'] ?? 0) / 2;
  let got = 0;
  if (half === 0) request.socket.destroy();
  request.on('data', (chunk: Buffer) => {
    got += chunk.length;
    if (got >= half) request.socket.destroy();
  });
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  { status, headers = {}, body = '' }: Answer,
  now: Date,
  half: boolean,
): void {
  const content = typeof body === 'string' ? [Buffer.from(body)] : body;
  const length = content.reduce((sum, buffer) => sum + buffer.length, 0);
  response.sendDate = false;
  response.writeHead(status, {
    'content-length': String(length),
    ...headers,
    date: now.toUTCString(),
    'x-amz-request-id': 'fake',
  });
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  if (half) {
    const part = Buffer.concat(content).subarray(0, Math.ceil(length / 2));
    response.write(part, () => request.socket.destroySoon());
    return;
  }
  for (const buffer of content) response.write(buffer);
  response.end();
}
