import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { it } from 'node:test';
import { copiesIn } from '../../src/backup/copies.ts';
import { openFolder } from '../../src/backup/stores/folder.ts';
import type { PutOptions, Store } from '../../src/backup/stores/store.ts';
import { makeKeys } from './made-backup.ts';
import { sampleId } from './sample-sets.ts';

const { signal } = new AbortController();

it('tells every store how much may come, and one that locks until when', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'surety-copies-'));
  try {
    const { recipients } = await makeKeys();
    const vault = await openFolder('vault', folder, signal);
    const told: PutOptions[] = [];
    const locking: Store = {
      ...vault,
      lock: 'object-lock',
      put: (key, body, options = {}) => {
        told.push(options);
        return vault.put(key, body, options);
      },
    };
    const lockUntil = new Date();
    const backup = sampleId(new Date());
    const copies = copiesIn({ backup, stores: [locking], recipients, lockUntil, expect: 1e12, signal });
    await copies.put('data-0', Readable.from([Buffer.from('rows')]));
    assert.deepEqual(
      told.map(({ expect, lockUntil: until }) => [expect, until]),
      [[1e12, lockUntil]],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});
