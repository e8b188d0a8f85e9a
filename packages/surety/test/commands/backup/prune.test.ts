import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import { type LoggedRecord, publicKeyText } from '@surety/evidence';
import { type BackupFacts, backupFacts } from '../../../src/backup/facts.ts';
import type { Manifest } from '../../../src/backup/manifest.ts';
import { openFolder } from '../../../src/backup/stores/folder.ts';
import type { Store } from '../../../src/backup/stores/store.ts';
import { recordMetrics } from '../../../src/commands/backup/metrics.ts';
import { type PruneAllOptions, pruneAll } from '../../../src/commands/backup/prune.ts';
import { BlindError } from '../../../src/core/error.ts';
import { type PostgresServer, startServer } from '../../../src/targets/postgres/server.ts';
import { withClient } from '../../../src/testing/pg-client.ts';
import { day, hour, sampleRecipients, sampleSet, storeSet } from '../../backup/sample-sets.ts';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');
const signal = new AbortController().signal;
const now = new Date();

describe('the stores of an estate', () => {
  let server: PostgresServer;
  let folder = '';
  let vault: Store;
  let offsite: Store;
  let lines: string[] = [];
  let source: Manifest['source'];

  before(async () => {
    server = await startServer();
    const systemIdentifier = await withClient(server.url, async (client) => {
      const { rows } = await client.query<{ is: string }>(
        'select system_identifier::text as is from pg_control_system()',
      );
      return rows[0]?.is ?? '';
    });
    source = { ...sampleSet(now).manifest.source, systemIdentifier, database: 'postgres' };
  });
  after(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'surety-stores-'));
    lines = [];
    vault = await openFolder('vault', await mkdtemp(join(folder, 'vault-')), signal);
    offsite = await openFolder('offsite', await mkdtemp(join(folder, 'offsite-')), signal);
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const facts = (changes: object = {}): BackupFacts =>
    backupFacts.parse({
      url: server.url,
      stores: { vault: { folder: '/vault' }, offsite: { folder: '/offsite' } },
      recipients: [...sampleRecipients],
      signers: [publicKeyText(publicKey)],
      keep: { days: 2, weeks: 0, months: 0, years: 0 },
      ...changes,
    });
  const options = (changes: Partial<PruneAllOptions> = {}): PruneAllOptions => ({
    facts: facts(),
    stores: [vault, offsite],
    missing: [],
    records: [],
    dryRun: false,
    now: () => now,
    signal,
    say: (line) => lines.push(line),
    ...changes,
  });
  const put = async (stores: readonly Store[], ages: readonly number[]): Promise<readonly string[]> => {
    const sets = ages.map((age) => sampleSet(new Date(now.getTime() - age * day - hour), { source }));
    for (const store of stores) for (const set of sets) await storeSet(store, set, privateKey);
    return sets.map(({ backup }) => backup);
  };
  const removed = async (changes: Partial<PruneAllOptions> = {}) =>
    (await pruneAll(options(changes))).stores.map((one) => one.removed);

  it('are pruned each by itself, and the clock of the database is asked', async () => {
    const made = await put([vault, offsite], [4, 3, 1, 0]);
    const { outcome, stores } = await pruneAll(options({ dryRun: true }));
    assert.deepEqual([outcome, stores.map(({ plan }) => plan.remove.length)], ['done', [2, 2]]);
    const gone = [made[1], made[0]];
    assert.deepEqual(await removed(), [gone, gone]);
    const wrong = facts({ url: server.url.replace(/:[^:@/]+@/, ':wrong@') });
    await put([vault, offsite], [4]);
    assert.deepEqual(await removed({ facts: wrong }), [[], []]);
    assert.ok(lines.includes('vault: nothing is removed: nobody can say what time it is at the database'));
  });

  it('keep what is of another database, whatever the rules of this one are', async () => {
    await put([vault, offsite], [4, 3, 1, 0]);
    const [own] = await removed();
    assert.equal(own?.length, 2);
    source = { ...source, database: 'ledger' };
    await put([vault, offsite], [9, 8, 0.01]);
    assert.deepEqual(await removed(), [[], []]);
    assert.match(lines.join('\n'), /is left alone: it is of ledger on server \d+, and not ours to remove/);
    source = { ...source, database: 'postgres' };
  });

  it('keep everything while one of them lacks the last backup', async () => {
    await put([vault, offsite], [4, 3, 1]);
    await put([vault], [0]);
    assert.deepEqual(await removed(), [[], []]);
    assert.ok(lines.includes('offsite: nothing is removed: the last run failed'));
  });

  it('keep everything while one of them cannot be read', async () => {
    await put([vault, offsite], [4, 3, 1, 0]);
    const missing = [{ store: 'offsite', fact: 'it is not there' }];
    const closed = await pruneAll(options({ stores: [vault], missing }));
    assert.deepEqual(closed, { stores: [], outcome: 'unknown' });
    const mute: Store = {
      ...offsite,
      list: () => {
        throw new BlindError('store/gone', 'it does not answer', 'try again');
      },
    };
    assert.deepEqual(await removed({ stores: [vault, mute] }), []);
    assert.deepEqual(lines, [
      'offsite: nothing is removed anywhere: it is not there',
      'offsite: nothing is removed anywhere: it does not answer',
    ]);
  });

  it('are told of in a file of metrics, also those that do not answer', async () => {
    await put([vault], [0]);
    const file = join(folder, 'budget.prom');
    const records: readonly LoggedRecord[] = [];
    const target = { name: 'budget-backups', environment: 'test' };
    await recordMetrics(file, {
      target,
      database: 'postgres',
      facts: facts(),
      stores: [vault],
      records,
      now,
    });
    const text = await readFile(file, 'utf8');
    assert.match(text, /store_reachable\{.*store="vault"\} 1\n/);
    assert.match(text, /store_reachable\{.*store="offsite"\} 0\n/);
    assert.match(text, /surety_backup_rows\{.*store="vault"\} 100000\n/);
    assert.match(text, /drill_timestamp_seconds\{.*\} 0\n/);
    assert.ok(!(await readdir(folder)).some((name) => name.endsWith('.tmp')));
  });

  it('show no sign of life of this database in backups of others, nor of whoever is called like it', async () => {
    const file = join(folder, 'ledger.prom');
    const target = { name: 'ledger-backups', environment: 'test' };
    const written = async (): Promise<string> => {
      await recordMetrics(file, {
        target,
        database: 'ledger',
        facts: facts(),
        stores: [vault],
        records: [],
        now,
      });
      return readFile(file, 'utf8');
    };
    await put([vault], [0]);
    assert.match(await written(), /surety_backup_newest_timestamp_seconds\{.*store="vault"\} 0\n/);
    const own = source;
    source = { ...own, database: 'ledger' };
    await put([vault], [1]);
    assert.match(await written(), /surety_backup_newest_timestamp_seconds\{.*store="vault"\} 1\d+/);
    source = { ...source, systemIdentifier: '7000000000000000000' };
    await put([vault], [0.5]);
    assert.match(await written(), /store_reachable\{.*store="vault"\} 0\n/);
    source = own;
  });
});
