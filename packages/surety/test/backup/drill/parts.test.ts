import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { it } from 'node:test';
import { openParts } from '../../../src/backup/drill/parts.ts';
import type { CheckedPart } from '../../../src/backup/restore/parts.ts';
import { checkPart } from '../../../src/backup/restore/parts.ts';
import { seal } from '../../../src/backup/seal.ts';
import { openFolder } from '../../../src/backup/stores/folder.ts';
import type { Store } from '../../../src/backup/stores/store.ts';
import { BlindError } from '../../../src/core/error.ts';
import { makeKeys } from '../made-backup.ts';

const { signal } = new AbortController();

it('tells a store that went away, a key that is another and content that is none apart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'surety-opened-'));
  try {
    const [keys, others] = [await makeKeys(), await makeKeys()];
    const store = await openFolder('vault', folder, signal);
    const sealed = async (name: string, text: string): Promise<CheckedPart> => {
      const put = await store.put(name, seal(Readable.from([Buffer.from(text)]), keys.recipients));
      const { key, bytes, sha256, version, lockedUntil } = put;
      return checkPart(store, { part: name, key, bytes, sha256, version, lockedUntil }, signal);
    };
    const facts = await sealed('facts', '{}');
    const parts = { facts, globals: facts, outline: facts, rows: [] };
    const opened = (from: Store, identity: string) => openParts(parts, from, identity, signal);
    assert.equal((await opened(store, others.identity)).failed, 'key');
    assert.equal((await opened(store, keys.identity)).failed, 'content');
    const gone: Store = {
      ...store,
      // biome-ignore lint/correctness/useYield: it never comes to that
      async *read() {
        throw new BlindError('store/unreachable', 'the store is gone', 'try again');
      },
    };
    await assert.rejects(opened(gone, keys.identity), { code: 'store/unreachable' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
