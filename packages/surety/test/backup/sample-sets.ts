import { createHash, type KeyObject } from 'node:crypto';
import { type Manifest, manifestKey, partKey, sealManifest } from '../../src/backup/manifest.ts';
import type { BackupSet } from '../../src/backup/sets.ts';
import type { Store } from '../../src/backup/stores/store.ts';

export const minute = 60_000;
export const hour = 60 * minute;
export const day = 24 * hour;

/** `20261122T020000Z-00000007` */
export function sampleId(at: Date, number = 0): string {
  const time = at.toISOString().replace(/[-:]|\.\d+/g, '');
  return `${time}-${number.toString(16).padStart(8, '0')}`;
}

/** A backup of two parts that began at `at`, took a minute, and says what `changes` say. */
export function sampleSet(
  at: Date,
  changes: Partial<Manifest> & { readonly number?: number } = {},
): BackupSet {
  const { number, ...said } = changes;
  const backup = sampleId(at, number);
  const parts = ['facts', 'data-0'].map((part) => ({
    part,
    key: partKey(backup, part),
    bytes: 1_000,
    sha256: createHash('sha256').update(part).digest('hex'),
    version: null,
    lockedUntil: null,
  }));
  const manifest: Manifest = {
    backup,
    engine: 'logical',
    store: 'vault',
    source: {
      systemIdentifier: '7123456789012345678',
      database: 'budget',
      server: '15.20',
      size: 9_000_000,
      tables: 12,
      rows: 100_000,
    },
    slot: at.toISOString(),
    started: at.toISOString(),
    snapshot: new Date(at.getTime() + 1_000).toISOString(),
    finished: new Date(at.getTime() + minute).toISOString(),
    skew: { database: 0, store: 0 },
    lockedUntil: null,
    recipients: ['age1one', 'age1two'],
    tools: { pg_dump: '15.20' },
    took: { dump: 60 },
    parts,
    ...said,
  };
  return { backup, store: manifest.store, manifest, digest: '0'.repeat(64), version: null };
}

/** Puts it into `store` as its own: parts of the right sizes, and a manifest signed by `key`. Gives the name. */
export async function storeSet(
  store: Store,
  { backup, manifest }: BackupSet,
  key: KeyObject,
): Promise<string> {
  for (const part of manifest.parts) await store.put(part.key, once(Buffer.alloc(part.bytes, 'x')));
  const sealed = sealManifest({ ...manifest, store: store.name }, key);
  await store.put(manifestKey(backup), once(sealed));
  return backup;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** Of identities that nobody has. */
export const sampleRecipients = [
  'age17vantada6ghre0djfjjkxwn3rws7nzwnejvgpw75l7ad2fagtp4qptdu3p',
  'age1usvt2s4z0tznwzhuarz7pmakgxtjw68rey0txuu5x84xyvqvupssd0gtal',
] as const;
