import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { BackupRecord } from '@surety/evidence';
import type { BackupFacts } from '../../packages/surety/src/backup/facts.ts';
import {
  type Manifest,
  manifestKey,
  partKey,
  sealManifest,
} from '../../packages/surety/src/backup/manifest.ts';
import type { Store } from '../../packages/surety/src/backup/stores/store.ts';

/** Makes what looks like a backup to retention, which opens none. */
export type Forger = {
  store(store: Store, backup: string, at: Date): Promise<void>;
  /** What a run that was killed leaves: parts, and no manifest. */
  leave(store: Store, backup: string): Promise<void>;
  /** A manifest by somebody else, under this key. */
  forge(store: Store, key: string): Promise<void>;
  record(backup: string, at: Date, outcome: 'done' | 'failed'): BackupRecord;
};

const names = ['globals', 'outline', 'data-0', 'facts'] as const;
const bytes = Buffer.alloc(64, 'x');
const sha256 = createHash('sha256').update(bytes).digest('hex');

/** @param system identifier of the server that they are said to be of */
export function forgerOf({ recipients, url }: BackupFacts, key: KeyObject, system: string): Forger {
  const database = new URL(url).pathname.slice(1);
  const manifestOf = (backup: string, store: string, at: Date): Manifest => {
    const then = at.toISOString();
    return {
      ...{ backup, store, engine: 'logical', slot: null, started: then, snapshot: then, finished: then },
      source: {
        systemIdentifier: system,
        database,
        server: '15.20',
        size: 1,
        tables: 1,
        rows: 1,
      },
      skew: { database: 0, store: 0 },
      lockedUntil: null,
      recipients: [...recipients],
      tools: { pg_dump: '15.20' },
      took: { total: 1 },
      parts: names.map((part) => ({
        ...{ part, sha256, version: null, lockedUntil: null },
        key: partKey(backup, part),
        bytes: bytes.length,
      })),
    };
  };
  const putParts = async (store: Store, backup: string, which: readonly string[]): Promise<void> => {
    for (const part of which) await store.put(partKey(backup, part), once(bytes));
  };
  return {
    async store(store, backup, at) {
      await putParts(store, backup, names);
      await store.put(manifestKey(backup), once(sealManifest(manifestOf(backup, store.name, at), key)));
    },
    leave: (store, backup) => putParts(store, backup, names.slice(0, 2)),
    async forge(store, place) {
      const [, backup = ''] = place.split('/');
      const { privateKey } = generateKeyPairSync('ed25519');
      await store.put(place, once(sealManifest(manifestOf(backup, store.name, new Date()), privateKey)));
    },
    record: (backup, at, outcome) => ({
      ...{ type: 'backup', backup, outcome, snapshot: null, stores: [], fact: null, slot: null },
      at: at.toISOString(),
      target: {
        name: 'backups',
        kind: 'backup',
        environment: 'test',
        identity: {},
        revision: null,
        principal: null,
      },
    }),
  };
}

async function* once(content: Uint8Array): AsyncGenerator<Uint8Array> {
  yield content;
}
