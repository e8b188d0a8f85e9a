import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { checkKey } from '../key.ts';
import { refusals } from '../refusals.ts';
import type { S3Reach } from './client.ts';
import { failureOf, s3Error } from './error.ts';

const resumptions = 5;

type Opened = { readonly body: AsyncIterable<Uint8Array>; readonly bytes: number; readonly etag: string };

/** The bytes of an object. A connection that breaks is taken up again where it broke, a few times, if it is still the same object. */
export async function* readObject(
  reach: S3Reach,
  key: string,
  version: string | null,
  stop: AbortSignal = reach.signal,
): AsyncGenerator<Uint8Array> {
  checkKey(key);
  const signal = AbortSignal.any([reach.signal, stop]);
  let got = 0;
  let opened: Opened | null = null;
  for (let left = resumptions; ; left -= 1) {
    try {
      const part: Opened = await openAt(reach, key, version, got, opened?.etag ?? null, signal);
      opened ??= part;
      for await (const chunk of part.body) {
        got += chunk.length;
        yield chunk;
      }
      if (got === opened.bytes) return;
    } catch (error) {
      signal.throwIfAborted();
      const failure = failureOf(error);
      const broken = failure !== null && failure.status === null;
      if (!broken || opened === null || left === 0) throw s3Error(reach.name, `read ${key}`, key, error);
    }
    if (left === 0 || got > opened.bytes) throw refusals.cut(reach.name, key, got, opened.bytes);
  }
}

async function openAt(
  reach: S3Reach,
  key: string,
  version: string | null,
  from: number,
  etag: string | null,
  signal: AbortSignal,
): Promise<Opened> {
  const answer = await reach.client.send(
    new GetObjectCommand({
      Bucket: reach.bucket,
      Key: reach.prefix + key,
      ...(version !== null && { VersionId: version }),
      ...(from > 0 && { Range: `bytes=${from}-` }),
      ...(etag !== null && { IfMatch: etag }),
    }),
    { abortSignal: signal },
  );
  const { Body: body, ContentLength: bytes, ETag } = answer;
  if (!(body instanceof Readable) || bytes === undefined || ETag === undefined) {
    throw refusals.incomplete(reach.name, key, 'the answer has no body, or does not say how long it is');
  }
  // Another range than was asked for would be put together to other bytes.
  if (from > 0 && !answer.ContentRange?.startsWith(`bytes ${from}-`)) {
    throw refusals.incomplete(reach.name, key, 'it was not read on from where it broke off');
  }
  return { body, bytes, etag: ETag };
}
