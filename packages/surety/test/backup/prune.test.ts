import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { publicKeyText } from '@surety/evidence';
import { type PruneOptions, prune } from '../../src/backup/prune.ts';
import { inventory } from '../../src/backup/sets.ts';
import { openFolder } from '../../src/backup/stores/folder.ts';
import type { Store } from '../../src/backup/stores/store.ts';
import { SuretyError } from '../../src/core/error.ts';
import { day, hour, sampleSet, storeSet } from './sample-sets.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signers = [publicKeyText(publicKey)];
const last = new Date('2026-11-22T02:00:00Z');
const now = new Date(last.getTime() + hour);

/** A store with a backup of each of the last `days` days. */
async function fill(store: Store, days: number): Promise<readonly string[]> {
  const made: string[] = [];
  for (let n = days - 1; n >= 0; n -= 1)
    made.push(await storeSet(store, sampleSet(new Date(last.getTime() - n * day)), privateKey));
  return made;
}

describe('prune', () => {
  let folder = '';
  let store: Store;
  let lines: string[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'surety-prune-'));
    store = await openFolder('vault', folder, new AbortController().signal);
    lines = [];
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const options = (changes: Partial<PruneOptions> = {}): PruneOptions => ({
    store: { ...store, skew: async () => 0 },
    source: sampleSet(last).manifest.source,
    signers,
    keep: { days: 3, weeks: 0, months: 0, years: 0 },
    schedule: { every: 24, grace: 2 },
    now: () => now,
    databaseSkew: 0,
    lastRun: 'done',
    elsewhere: new Set(),
    dryRun: false,
    say: (line) => lines.push(line),
    signal: new AbortController().signal,
    ...changes,
  });
  const there = async (): Promise<readonly string[]> =>
    (await inventory(store, signers)).sets.map(({ backup }) => backup).toReversed();

  it('says what goes and why, and takes nothing in a dry run', async () => {
    const made = await fill(store, 5);
    const { digest, removed } = await prune(options({ dryRun: true }));
    assert.deepEqual(removed, []);
    assert.deepEqual(await there(), made);
    assert.deepEqual(lines, [
      `vault: ${made[1]} would go: superseded by ${made[4]}, which verifies`,
      `vault: ${made[0]} would go: superseded by ${made[4]}, which verifies`,
      `vault: ${made[4]} stays: the last good one`,
      `vault: ${made[3]} stays: younger than 3 days`,
      `vault: ${made[2]} stays: younger than 3 days`,
    ]);
    const done = await prune(options({ expected: digest }));
    assert.deepEqual(done.removed, [made[1], made[0]]);
    assert.deepEqual(await there(), made.slice(2));
    assert.deepEqual((await readdir(join(folder, 'backups'))).toSorted(), made.slice(2));
  });

  it('refuses a plan that is not the one that was seen', async () => {
    const made = await fill(store, 5);
    const { digest } = await prune(options({ dryRun: true }));
    await unlink(join(folder, 'backups', made[1] ?? '', 'data-0'));
    await assert.rejects(prune(options({ expected: digest })), { code: 'prune/changed' });
    assert.equal((await readdir(join(folder, 'backups'))).length, 5);
  });

  it('refuses when what supersedes the rest goes while it plans', async () => {
    const made = await fill(store, 5);
    let looks = 0;
    const fading: Store = {
      ...options().store,
      skew: async () => {
        looks += 1;
        if (looks === 1) await unlink(join(folder, 'backups', made[4] ?? '', 'data-0'));
        return 0;
      },
    };
    await assert.rejects(prune(options({ store: fading })), { code: 'prune/changed' });
    assert.deepEqual(await there(), made);
  });

  it('leaves nothing that looks like a backup and is none, wherever it is interrupted', async () => {
    for (const failAt of [1, 2, 3, 4]) {
      await rm(join(folder, 'backups'), { recursive: true, force: true });
      const made = await fill(store, 5);
      let removals = 0;
      const dying: Store = {
        ...options().store,
        remove: async (key, version) => {
          removals += 1;
          if (removals === failAt) throw new SuretyError('store/gone', 'cut', 'again');
          await store.remove(key, version);
        },
      };
      await assert.rejects(prune(options({ store: dying })), { code: 'store/gone' });
      const { sets } = await inventory(store, signers);
      for (const { manifest } of sets)
        for (const part of manifest.parts)
          assert.notEqual(await store.look(part.key), null, `${part.key} after ${failAt} removals`);
      // The next run clears away what is left: it has no manifest, and is older than a day.
      await prune(options());
      assert.deepEqual(await there(), made.slice(2));
      assert.equal((await readdir(join(folder, 'backups'))).length, 3);
    }
  });

  it('goes on past what the store holds', async () => {
    const made = await fill(store, 5);
    const holding: Store = {
      ...options().store,
      remove: async (key, version) => {
        if (key.includes(made[0] ?? '')) throw new SuretyError('store/locked', 'held', 'wait');
        await store.remove(key, version);
      },
    };
    const { removed, left } = await prune(options({ store: holding }));
    assert.deepEqual(removed, [made[1]]);
    assert.deepEqual(left, [{ backup: made[0], why: 'held' }]);
  });

  it('discards uploads that were begun long ago, and nothing after a failure', async () => {
    const made = await fill(store, 5);
    await writeFile(
      join(folder, '.partial-0123456789abcdef-backups~20261120T020000Z-00000000~data-0'),
      'half',
    );
    const since = (age: number): Partial<PruneOptions> => ({
      store: {
        ...options().store,
        unfinished: async (prefix) =>
          (await store.unfinished(prefix)).map((one) => ({
            ...one,
            since: new Date(now.getTime() - age).toISOString(),
          })),
      },
    });
    const unfinished = async (): Promise<number> => (await store.unfinished('backups/')).length;
    await prune(options({ ...since(2 * day), lastRun: 'failed' }));
    assert.deepEqual(lines, ['vault: nothing is removed: the last run failed', 'vault: 5 stay']);
    assert.equal(await unfinished(), 1);
    assert.deepEqual(await there(), made);
    await prune(options(since(hour)));
    assert.equal(await unfinished(), 1);
    await prune(options(since(2 * day)));
    assert.equal(await unfinished(), 0);
  });

  it('counts no backup that somebody else signed', async () => {
    const made = await fill(store, 5);
    const stranger = generateKeyPairSync('ed25519').privateKey;
    const forged = sampleSet(new Date(last.getTime() + 60_000), { number: 1 });
    await storeSet(store, forged, stranger);
    const { plan } = await prune(options({ dryRun: true }));
    assert.equal(plan.remove[0]?.by, made[4]);
    assert.equal(plan.aside[0]?.backup, forged.backup);
  });
});
