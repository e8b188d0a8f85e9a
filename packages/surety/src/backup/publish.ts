import { createHash, type KeyObject } from 'node:crypto';
import { publicKeyText } from '@surety/evidence';
import { SuretyError } from '../core/error.ts';
import type { Copy } from './copies.ts';
import { type Manifest, manifestKey, openManifest, sealManifest } from './manifest.ts';
import type { Put, Store } from './stores/store.ts';

/** All of a manifest that is the same in every store. */
export type Description = Omit<Manifest, 'store' | 'parts' | 'finished' | 'skew' | 'lockedUntil'> & {
  readonly databaseSkew: number;
};

export type Published = { readonly manifest: Manifest; readonly digest: string; readonly bytes: number };

/**
 * Looks whether every part lies in the store as it was sent, and only then says so, signed; then reads that back. Only with it is what was
 * stored a backup.
 *
 * @throws {SuretyError} `backup/incomplete`, `store/…`; then there is no manifest
 */
export async function publish(
  { store, parts }: Copy,
  { databaseSkew, ...description }: Description,
  clock: { readonly storeSkew: number; readonly now: () => Date },
  key: KeyObject,
  lockUntil: Date,
  signal: AbortSignal,
): Promise<Published> {
  for (const part of parts) {
    signal.throwIfAborted();
    const found = await store.look(part.key, part.version);
    if (found?.bytes !== part.bytes)
      throw incomplete(store.name, `${part.key} is not there as it was stored`);
  }
  const locks = parts.map(({ lockedUntil }) => lockedUntil).filter((until) => until !== null);
  const manifest: Manifest = {
    ...description,
    store: store.name,
    finished: clock.now().toISOString(),
    skew: { database: databaseSkew, store: clock.storeSkew },
    lockedUntil: locks.sort()[0] ?? null,
    parts: [...parts].sort((a, b) => order(a.part) - order(b.part)),
  };
  const bytes = sealManifest(manifest, key);
  const put = await store.put(manifestKey(manifest.backup), once(bytes), {
    signal,
    ...(store.lock === 'object-lock' && { lockUntil }),
  });
  try {
    await readBack(store, put, bytes, key);
  } catch (error) {
    await store.remove(put.key, put.version).catch(() => undefined);
    throw error;
  }
  const stored = parts.reduce((sum, part) => sum + part.bytes, bytes.length);
  return { manifest, digest: createHash('sha256').update(bytes).digest('hex'), bytes: stored };
}

/** As a restore takes them. */
function order(part: string): number {
  const [, stream] = /^data-(\d+)$/.exec(part) ?? [];
  if (stream !== undefined) return 2 + Number(stream);
  return ['globals', 'outline'].indexOf(part) + (part === 'facts' ? 1_000_000 : 0);
}

async function readBack(store: Store, put: Put, bytes: Buffer, key: KeyObject): Promise<void> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of store.read(put.key, put.version)) {
    length += piece.length;
    if (length > bytes.length) break;
    pieces.push(piece);
  }
  const read = Buffer.concat(pieces);
  if (!read.equals(bytes)) throw incomplete(store.name, 'its manifest reads otherwise than it was written');
  openManifest(read, [publicKeyText(key)]);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function incomplete(store: string, fact: string): SuretyError {
  return new SuretyError(
    'backup/incomplete',
    `store ${store}: ${fact}`,
    'look who else writes there, and make the backup again',
  );
}
