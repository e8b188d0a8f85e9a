import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { it } from 'node:test';
import { seal } from '../../../src/backup/seal.ts';
import { type SourceFacts, sourceFacts } from '../../../src/backup/source-facts.ts';
import { openFolder } from '../../../src/backup/stores/folder.ts';
import { openSourceFacts } from '../../../src/targets/backup/source-facts-of.ts';
import { makeKeys } from '../../backup/made-backup.ts';
import { sampleSet } from '../../backup/sample-sets.ts';

const { signal } = new AbortController();
const facts = sourceFacts.parse({
  seed: '1',
  tables: [{ schema: 'public', name: 'notes', rows: 1, hash: '1' }],
  sequences: [],
  largeObjects: { count: 0, hash: '0 0' },
  catalog: [],
  database: {
    owner: 'owner',
    encoding: 'UTF8',
    collate: 'C',
    ctype: 'C',
    provider: 'c',
    locale: null,
    connectionLimit: -1,
    statements: [],
  },
});

it('opens the facts that were signed, and none that somebody else sealed for the same recipients', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'surety-facts-'));
  try {
    const { recipients, identity } = await makeKeys();
    const store = await openFolder('vault', folder, signal);
    const sealed = async (name: string, tables: SourceFacts['tables']): Promise<string> => {
      const text = JSON.stringify({ ...facts, tables });
      await store.put(name, seal(Readable.from([Buffer.from(text)]), recipients));
      return join(folder, name);
    };
    const file = await sealed('signed/facts', facts.tables);
    const forged = await sealed('forged/facts', []);
    const found = await store.look('signed/facts');
    assert.ok(found);
    const sample = sampleSet(new Date());
    const part = {
      part: 'facts',
      key: 'signed/facts',
      bytes: found.bytes,
      sha256: createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
      version: null,
      lockedUntil: null,
    };
    const set = { ...sample, manifest: { ...sample.manifest, parts: [part] } };
    assert.deepEqual(await openSourceFacts(store, set, identity, signal), facts);
    await writeFile(file, await readFile(forged));
    await assert.rejects(openSourceFacts(store, set, identity, signal), { code: 'restore/altered' });
    const without = { ...set, manifest: { ...set.manifest, parts: [] } };
    await assert.rejects(openSourceFacts(store, without, identity, signal), { code: 'backup/unreadable' });
    await assert.rejects(openSourceFacts(store, set, undefined, signal), { code: 'backup/no-identity' });
  } finally {
    await rm(folder, { recursive: true });
  }
});
