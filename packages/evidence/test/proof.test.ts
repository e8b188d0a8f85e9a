import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  checkConsistency,
  checkInclusion,
  EvidenceError,
  openLog,
  openProver,
  readLog,
} from '../src/index.ts';
import { run, scratchFolder, writer } from './scratch.ts';

test('every record can be proved to be in the log, and every earlier log to be its beginning', async (t) => {
  const folder = scratchFolder(t);
  const log = await openLog(writer(folder));
  const heads = new Map<number, string>();
  for (const name of ['1', '2', '3']) {
    await log.append(run(name, ['a/a', 'a/b']));
    heads.set(log.size(), (await readLog(join(folder, 'log'))).rootHash);
  }
  const { records, rootHash } = await readLog(join(folder, 'log'));
  const prover = await openProver(join(folder, 'log'));
  for (const { index, leaf } of records) {
    const proof = await prover.inclusion(index);
    assert.deepEqual([proof.leaf, proof.root], [leaf, rootHash]);
    assert.ok(checkInclusion(proof));
    assert.ok(!checkInclusion({ ...proof, leaf: rootHash }));
  }
  for (const [size, root] of heads) {
    const proof = await prover.consistency(size);
    assert.equal(proof.firstRoot, root);
    assert.ok(checkConsistency(proof));
    assert.ok(!checkConsistency({ ...proof, firstRoot: '0'.repeat(64) }));
  }
  const code = (wanted: string) => (error: unknown) =>
    error instanceof EvidenceError && error.code === wanted;
  await assert.rejects(prover.inclusion(10), code('log/no-record'));
  await assert.rejects(prover.consistency(0), code('log/no-record'));
  rmSync(join(folder, 'log/tile/0'), { recursive: true });
  await assert.rejects((await openProver(join(folder, 'log'))).inclusion(1), code('log/altered'));
});
