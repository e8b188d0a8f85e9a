import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { it } from 'node:test';
import { startScratch } from '../../../src/backup/drill/scratch.ts';
import { memoryPrefix } from '../../../src/backup/restore/outline.ts';

const { signal } = new AbortController();

it('says that an outline is left in memory, and once it is gone that nothing is', async () => {
  const left = `/dev/shm/${memoryPrefix}0123456789abcdef`;
  const scratch = await startScratch(15, { env: process.env, signal });
  try {
    await writeFile(left, '');
    assert.deepEqual(await scratch.tearDown(), [`${left} is left`]);
  } finally {
    await rm(left, { force: true });
    assert.deepEqual(await scratch.tearDown(), []);
  }
});
