import assert from 'node:assert/strict';
import { chmod, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Copy } from '../../../src/backup/physical/copy.ts';
import { drillPointInTime, type PointInTimeOptions } from '../../../src/backup/physical/drill.ts';
import { signedDigests } from '../../../src/backup/physical/repository.ts';
import { inventory } from '../../../src/backup/sets.ts';
import { openStore } from '../../../src/backup/stores/open.ts';
import { withClient } from '../../../src/testing/pg-client.ts';
import { type PgBackRestSite, scratchPgBackRest } from '../../../src/testing/scratch-pgbackrest.ts';
import type { Scene } from '../../../src/testing/specimens.ts';

const scratch = scratchPgBackRest();
const missing = await scratch.unavailable();
const skip = missing === null ? false : missing;

const opened = Promise.withResolvers<PgBackRestSite>();
let scene: Scene | null = null;
let folder = '';

before(async () => {
  if (missing !== null) return;
  folder = await mkdtemp(path.join(tmpdir(), 'surety-drills-'));
  await chmod(folder, 0o755);
  scene = await scratch.scene({
    edit: async (site) => {
      opened.resolve(site);
      return undefined;
    },
  });
});

after(async () => {
  await scene?.stop();
  await scratch.close();
  if (folder !== '') await rm(folder, { recursive: true, force: true });
});

async function options(more: Partial<PointInTimeOptions> = {}): Promise<PointInTimeOptions> {
  const { facts } = await opened.promise;
  const { url, physical } = facts;
  if (physical === undefined) throw new Error('the scene has no pgBackRest');
  return { physical, url, root: '/', folder, verify: false, signal: AbortSignal.timeout(120_000), ...more };
}

const notes = (copy: Copy): Promise<readonly string[]> =>
  withClient(copy.url('postgres', 'postgres'), async (client) => {
    const { rows } = await client.query<{ note: string }>(
      'select note from ledger where id >= 1000 order by id',
    );
    return rows.map(({ note }) => note);
  });

/** Looks for a text in the arguments of every process, until it is told to stop. */
async function seenInArguments(text: string, over: AbortSignal): Promise<boolean> {
  while (!over.aborted) {
    const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
    const lines = await Promise.all(
      pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
    );
    if (lines.some((line) => line.includes(text))) return true;
    await sleep(20);
  }
  return false;
}

test('a row written before the chosen second is there, and one written after it is not', {
  skip,
}, async () => {
  const site = await opened.promise;
  await site.sql(`insert into ledger values (1000, 'before')`);
  await sleep(300);
  const at = new Date();
  await sleep(300);
  await site.sql(`insert into ledger values (1001, 'after')`);
  await site.archive();
  const over = new AbortController();
  const pass = scene?.canaries[0] ?? '';
  assert.match(pass, /^canary/);
  const shown = seenInArguments(pass, over.signal);
  const outcome = await drillPointInTime(
    await options({
      at,
      verify: true,
      signed: new Map(),
      look: async (copy) => {
        assert.deepEqual(await notes(copy), ['before']);
        const settings = await withClient(copy.url('postgres', 'postgres'), async (client) => {
          const { rows } = await client.query<{ archives: string; listens: string; recovers: boolean }>(
            `select current_setting('archive_mode') as archives, current_setting('listen_addresses') as listens,
              pg_is_in_recovery() as recovers`,
          );
          return rows[0];
        });
        assert.deepEqual(settings, { archives: 'off', listens: '', recovers: false });
        return [{ rung: 'rows', result: 'pass', fact: 'as they were' }];
      },
    }),
  );
  over.abort();
  assert.equal(await shown, false, 'the cipher pass was in the arguments of a process');
  const results = Object.fromEntries(outcome.rungs.map(({ rung, result }) => [rung, result]));
  assert.deepEqual(results, {
    stanza: 'pass',
    'signed manifest': 'fail',
    repository: 'pass',
    archive: 'pass',
    restore: 'pass',
    'chosen second': 'pass',
    recovery: 'pass',
    'before the second': 'pass',
    'after the second': 'pass',
    storage: 'pass',
    'page checksums': 'pass',
    rows: 'pass',
    teardown: 'pass',
  });
  assert.equal(outcome.result, 'fail');
  assert.ok(outcome.recovery.restore !== undefined && outcome.loss !== null);
  const text = JSON.stringify(outcome);
  for (const canary of scene?.canaries ?? []) assert.ok(!text.includes(canary));
  assert.deepEqual(await readdir(folder), []);
});

test('a second before the oldest backup is refused, and the rest is not run', { skip }, async () => {
  const outcome = await drillPointInTime(await options({ at: new Date('2020-01-01T00:00:00Z') }));
  const [first, ...rest] = outcome.rungs;
  assert.equal(first?.result, 'fail');
  assert.match(first?.fact ?? '', /before the end of the oldest backup/);
  assert.ok(rest.every(({ result }) => result === 'not-run'));
});

test('a drill that is stopped leaves nothing behind', { skip }, async () => {
  const controller = new AbortController();
  const drill = drillPointInTime(
    await options({
      signal: controller.signal,
      look: async () => {
        controller.abort();
        return [];
      },
    }),
  );
  await assert.rejects(drill);
  assert.deepEqual(await readdir(folder), []);
});

test('without pgBackRest nothing is said of the backups', { skip }, async () => {
  await assert.rejects(drillPointInTime(await options({ env: { PATH: '/nowhere' } })), {
    name: 'SuretyError',
    code: 'physical/no-pgbackrest',
  });
});

test('what pgBackRest made is told of by a signed manifest, sealed like a dump', { skip }, async () => {
  const { facts, folder: root } = await opened.promise;
  const vault = facts.stores.vault;
  assert.ok(vault !== undefined);
  const { signal } = new AbortController();
  const store = await openStore('vault', vault, { root, signal, secret: () => undefined });
  const { sets, others } = await inventory(store, facts.signers);
  assert.deepEqual(others, []);
  const [set] = sets;
  assert.ok(set !== undefined);
  assert.equal(set.manifest.engine, 'physical');
  assert.equal(set.manifest.physical?.cipher, 'aes-256-cbc');
  assert.deepEqual(set.manifest.parts.map(({ part }) => part).sort(), ['backup.manifest', 'repository']);
  for (const { key, version } of set.manifest.parts) {
    for await (const chunk of store.read(key, version)) {
      assert.match(Buffer.from(chunk).toString('latin1', 0, 21), /^age-encryption\.org\/v1/);
      break;
    }
  }
  assert.equal(signedDigests(sets, 'main').size, sets.length);
  assert.equal(signedDigests(sets, 'another').size, 0);
  await store.close();
});
