import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, it } from 'node:test';
import { publicKeyText } from '@surety/evidence';
import { chooseBackup } from '../../src/backup/drill/choose.ts';
import { openReceipt, readReceipts, receiptKey } from '../../src/backup/drill/receipt.ts';
import { type DrillOptions, type DrillOutcome, drill, newDrillId } from '../../src/backup/drill.ts';
import { backupFacts } from '../../src/backup/facts.ts';
import { makeBackup } from '../../src/backup/make.ts';
import type { BackupSet } from '../../src/backup/sets.ts';
import { type SourceFacts, sourceFacts } from '../../src/backup/source-facts.ts';
import { openFolder } from '../../src/backup/stores/folder.ts';
import type { Store } from '../../src/backup/stores/store.ts';
import isolated from '../../src/controls/tenancy/isolated.ts';
import { type PostgresServer, startServer } from '../../src/targets/postgres/server.ts';
import { databaseUrl, inDatabase, withClient } from '../../src/testing/pg-client.ts';
import { tenantCanaries, tenantSchema, tenantSetting } from '../../src/testing/tenant-schema.ts';
import { type Keys, type MakeOptions, makeKeys, makeSet } from './made-backup.ts';
import { richDatabase, richRoles, richSchema } from './rich-source.ts';
import { sampleSet, storeSet } from './sample-sets.ts';

const passes = [
  'authentic',
  'decrypts',
  'whole',
  'server',
  'restores',
  'catalog',
  'rows',
  'storage',
  'isolation',
  'invariants',
  'teardown',
];

describe('the drill', { concurrency: 1 }, () => {
  let live: PostgresServer;
  let home: string;
  let keys: Keys;

  before(async () => {
    [live, keys, home] = await Promise.all([
      startServer(),
      makeKeys(),
      mkdtemp(join(tmpdir(), 'surety-drilled-')),
    ]);
    await withClient(live.url, (client) =>
      client.query(
        `create role owner nologin; create role api login password 'canary-api'; create role inspector login bypassrls password 'canary-inspector'`,
      ),
    );
    await withClient(live.url, (client) => client.query('create database budget'));
    await inDatabase(live.url, 'budget', (client) => client.query(tenantSchema));
  });

  after(() => Promise.all([live?.stop(), rm(home, { recursive: true, force: true })]));

  /** A store of its own with one backup in it. */
  const backedUp = async (change: Pick<MakeOptions, 'edit' | 'replace'> = {}, database = 'budget') => {
    const folder = await mkdtemp(join(home, 'vault-'));
    const store = await openFolder('vault', folder, new AbortController().signal);
    const set = await makeSet({ url: databaseUrl(live.url, database), store, keys, big: [], ...change });
    return { folder, store, set };
  };

  const optionsFor = (store: Store, change: Partial<DrillOptions> = {}): DrillOptions => ({
    drill: newDrillId(new Date()),
    database: 'budget',
    facts: backupFacts.parse({
      url: databaseUrl(live.url, 'budget'),
      stores: { vault: { folder: 'vault' } },
      recipients: keys.recipients,
      signers: keys.signers,
      identity: keys.identity,
      drill: { smoke: ['select count(*) = 3 as three_users from users', 'select 1'] },
    }),
    stores: [store],
    isolation: { control: isolated, as: 'api', tenancy: { setting: tenantSetting } },
    key: keys.signer,
    root: home,
    env: process.env,
    now: () => new Date(),
    signal: AbortSignal.timeout(300_000),
    secret: () => undefined,
    step: () => undefined,
    told: () => undefined,
    ...change,
  });

  const resultOf = ({ rungs }: DrillOutcome, rung: string): string =>
    rungs.find((one) => one.rung === rung)?.result ?? 'none';
  const factOf = ({ rungs }: DrillOutcome, rung: string): string =>
    rungs.find((one) => one.rung === rung)?.fact ?? '';
  const passed = ({ rungs }: DrillOutcome): readonly string[] =>
    rungs.filter(({ result }) => result === 'pass').map(({ rung }) => rung);

  const leftovers = async (): Promise<readonly string[]> =>
    (await readdir(tmpdir())).filter((name) => name.startsWith('surety-drill-'));

  it('passes every rung on a healthy backup, measures, and signs a receipt', async () => {
    const { store, set } = await backedUp();
    const told: string[] = [];
    const outcome = await drill(optionsFor(store, { told: ({ rung }) => told.push(rung) }));
    assert.deepEqual(passed(outcome), passes, JSON.stringify(outcome.rungs, null, 1));
    assert.deepEqual(told, passes);
    assert.equal(outcome.outcome, 'pass');
    assert.equal(outcome.backup, set.backup);
    assert.ok(Object.values(outcome.recovery).every((milliseconds) => milliseconds > 0));
    assert.ok(outcome.loss !== null && outcome.loss >= 0);
    assert.ok(outcome.projected !== null && outcome.sizes.production !== null);
    assert.match(factOf(outcome, 'isolation'), /^\d{3,} attacks as api refused/);
    assert.match(factOf(outcome, 'invariants'), /2 of 2 queries answered/);
    assert.deepEqual(outcome.receipts, [{ store: 'vault', fact: null }]);
    const { receipts } = await readReceipts(store, keys.signers);
    assert.deepEqual(
      receipts.map(({ drill: id, outcome: how, backup }) => [id, how, backup?.manifest]),
      [[outcome.drill, 'pass', set.digest]],
    );
    assert.deepEqual(await leftovers(), []);
    for (const canary of [...tenantCanaries, 'canary-api', keys.identity])
      assert.ok(!JSON.stringify(outcome).includes(canary), canary);
  });

  const facts =
    (change: (facts: SourceFacts) => void) =>
    (plain: Buffer): Buffer => {
      const read = sourceFacts.parse(JSON.parse(plain.toString('utf8')));
      change(read);
      return Buffer.from(JSON.stringify(read));
    };

  const broken: Readonly<Record<string, readonly [MakeOptions['replace'], rung: string, fact: RegExp]>> = {
    'a policy that the dump lost': [
      {
        facts: facts((was) => was.catalog.push({ kind: 'policy', name: 'public.notes: lost', is: 'x' })),
      },
      'catalog',
      /policy public\.notes: lost: missing/,
    ],
    'a grant that the source did not have': [
      {
        facts: facts((was) => {
          const line = was.catalog.find(({ kind, name }) => kind === 'relation' && name === 'public.notes');
          if (line !== undefined) line.is = line.is.replace('api=', 'nobody=');
        }),
      },
      'catalog',
      /relation public\.notes: otherwise/,
    ],
    'a row that the dump lost': [
      {
        facts: facts((was) => {
          const table = was.tables.find(({ name }) => name === 'notes');
          if (table !== undefined) table.rows += 1;
        }),
      },
      'rows',
      /rows public\.notes: 6 rows instead of 7 rows/,
    ],
    'a value that is another': [
      {
        facts: facts((was) => {
          const table = was.tables.find(({ name }) => name === 'notes');
          if (table !== undefined) table.hash = '1';
        }),
      },
      'rows',
      /rows public\.notes: 6 rows, not the same instead of 6 rows/,
    ],
    'a sequence that was further on': [
      {
        facts: facts((was) => {
          const sequence = was.sequences.find(({ name }) => name === 'notes_id_seq');
          if (sequence !== undefined) sequence.last = '900';
        }),
      },
      'invariants',
      /sequence public\.notes_id_seq stands at 6, and stood at 900/,
    ],
  };

  for (const [what, [replace, rung, fact]] of Object.entries(broken)) {
    it(`names ${what}, and goes on with the other rungs`, async () => {
      const { store } = await backedUp({ replace: replace ?? {} });
      const outcome = await drill(optionsFor(store));
      assert.equal(outcome.outcome, 'fail');
      assert.deepEqual(
        passed(outcome),
        passes.filter((one) => one !== rung),
        JSON.stringify(outcome.rungs),
      );
      assert.match(factOf(outcome, rung), fact);
    });
  }

  /** Everything from this rung on. */
  const stopsAt = (outcome: DrillOutcome, rung: string, result: 'fail' | 'not-run'): void => {
    assert.equal(resultOf(outcome, rung), result, JSON.stringify(outcome.rungs));
    const index = passes.indexOf(rung);
    assert.deepEqual(
      outcome.rungs.slice(index + 1).filter((one) => one.result !== 'not-run' && one.rung !== 'teardown'),
      [],
    );
    assert.deepEqual(
      outcome.rungs.slice(0, index).filter((one) => one.result !== 'pass'),
      [],
    );
    assert.equal(outcome.outcome, result);
  };

  it('stops at a byte that is another, and starts no server', async () => {
    const { store, folder, set } = await backedUp();
    await flip(folder, set, 'data-0');
    const outcome = await drill(optionsFor(store));
    stopsAt(outcome, 'authentic', 'fail');
    assert.equal(resultOf(outcome, 'teardown'), 'not-run');
  });

  it('stops where the key in escrow is another', async () => {
    const { store } = await backedUp();
    const options = optionsFor(store);
    const { identity } = await makeKeys();
    stopsAt(await drill({ ...options, facts: { ...options.facts, identity } }), 'decrypts', 'fail');
  });

  it('does not run where there is no key', async () => {
    const { store } = await backedUp();
    const options = optionsFor(store);
    const { identity: _, ...without } = options.facts;
    stopsAt(await drill({ ...options, facts: without }), 'decrypts', 'not-run');
  });

  it('stops at an archive that was cut off before it was sealed', async () => {
    const { store } = await backedUp({
      replace: { 'data-0': (plain) => plain.subarray(0, plain.length - 9) },
    });
    stopsAt(await drill(optionsFor(store)), 'whole', 'fail');
  });

  it('does not run where there is no server of that major', async () => {
    const { store } = await backedUp({
      edit: (manifest) => ({ ...manifest, source: { ...manifest.source, server: '9.6' } }),
    });
    const outcome = await drill(optionsFor(store));
    stopsAt(outcome, 'server', 'not-run');
    assert.match(factOf(outcome, 'server'), /no server of PostgreSQL 9/);
  });

  it('fails where roles are missing, and tears down what it started', async () => {
    const { store } = await backedUp({
      replace: {
        globals: (plain) =>
          Buffer.from(plain.toString('utf8').replaceAll(/^(CREATE|ALTER) ROLE owner\b.*$/gm, '')),
      },
    });
    const outcome = await drill(optionsFor(store));
    stopsAt(outcome, 'restores', 'fail');
    assert.equal(resultOf(outcome, 'teardown'), 'pass');
    assert.deepEqual(await leftovers(), []);
  });

  it('fails where the copy lets one tenant read another, although it is as the source was', async () => {
    await withClient(live.url, (client) => client.query('create database leaky template budget'));
    await inDatabase(live.url, 'leaky', (client) => client.query('create policy leak on notes using (true)'));
    const { store } = await backedUp({}, 'leaky');
    const outcome = await drill(optionsFor(store, { database: 'leaky' }));
    assert.deepEqual(
      passed(outcome),
      passes.filter((rung) => rung !== 'isolation'),
    );
    assert.equal(resultOf(outcome, 'isolation'), 'fail');
    assert.match(factOf(outcome, 'isolation'), /notes/);
  });

  it('is not green where it was told neither how to attack nor what to ask', async () => {
    const { store } = await backedUp();
    const options = optionsFor(store, { isolation: { missing: 'the estate names no role of the API' } });
    const outcome = await drill({ ...options, facts: { ...options.facts, drill: { smoke: [] } } });
    assert.equal(outcome.outcome, 'not-run');
    assert.equal(resultOf(outcome, 'isolation'), 'not-run');
    assert.equal(resultOf(outcome, 'invariants'), 'not-run');
  });

  it('fails where the application would get an answer that it must not get', async () => {
    const { store } = await backedUp();
    const options = optionsFor(store, { isolation: { missing: 'left out' } });
    const smoke = ['select 1', 'select true as a, count(*) > 100 as many from users'];
    const outcome = await drill({ ...options, facts: { ...options.facts, drill: { smoke } } });
    assert.equal(resultOf(outcome, 'invariants'), 'fail');
    assert.match(factOf(outcome, 'invariants'), /query 2: false in 1 of 1 rows/);
  });

  it('fails where there is no backup, and does not run where no store can be read', async () => {
    const folder = await mkdtemp(join(home, 'empty-'));
    const store = await openFolder('vault', folder, new AbortController().signal);
    stopsAt(await drill(optionsFor(store)), 'authentic', 'fail');
    const outcome = await drill(
      optionsFor(store, { stores: [], missing: [{ store: 'vault', fact: 'no answer' }] }),
    );
    stopsAt(outcome, 'authentic', 'not-run');
    assert.equal(outcome.backup, null);
  });

  it('does not run where nobody says whose backup it would be', async () => {
    const { store, set } = await backedUp();
    const options = optionsFor(store);
    const { source } = set.manifest;
    const twin = sampleSet(new Date(), { source: { ...source, systemIdentifier: '7000000000000000000' } });
    await storeSet(store, twin, keys.signer);
    const asked = await chooseBackup([store], keys.signers, { ...source });
    assert.equal(asked.set?.backup, set.backup, 'production says which server it is on');
    const away = { ...options.facts, url: 'postgresql://nobody@127.0.0.1:1/shop' };
    const outcome = await drill({ ...options, facts: away, database: source.database });
    stopsAt(outcome, 'authentic', 'not-run');
    assert.match(factOf(outcome, 'authentic'), /name a backup by --backup/);
  });

  it('stopped half way it throws, and nothing is left', async () => {
    const { store } = await backedUp();
    const stop = new AbortController();
    const step = (text: string): void => {
      if (text.startsWith('restoring the rows')) stop.abort();
    };
    await assert.rejects(drill(optionsFor(store, { signal: stop.signal, step })), { name: 'AbortError' });
    assert.deepEqual(await leftovers(), []);
    assert.deepEqual((await readReceipts(store, keys.signers)).receipts, []);
  });

  it('a receipt that somebody changed, or whom nobody knows signed, is none', async () => {
    const { store, folder } = await backedUp();
    const outcome = await drill(optionsFor(store, { isolation: { missing: 'left out' } }));
    const file = join(folder, receiptKey(outcome.drill));
    const bytes = await readFile(file);
    const stranger = publicKeyText(generateKeyPairSync('ed25519').publicKey);
    assert.throws(() => openReceipt(bytes, [stranger]), { code: 'receipt/foreign-key' });
    const envelope = JSON.parse(bytes.toString('utf8'));
    const payload = Buffer.from(envelope.payload, 'base64').toString('utf8').replace('"not-run"', '"pass"');
    const forged = Buffer.from(
      JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString('base64') }),
    );
    assert.throws(() => openReceipt(forged, keys.signers), { code: 'receipt/altered' });
    await store.put(receiptKey('20250101T000000Z-00000000'), Readable.from([bytes]));
    const { receipts, others } = await readReceipts(store, keys.signers);
    assert.deepEqual(
      [receipts.length, others.map(({ why }) => why)],
      [1, [`it is the receipt of ${outcome.drill}`]],
    );
  });
});

async function flip(folder: string, { manifest }: BackupSet, part: string): Promise<void> {
  const { key = '' } = manifest.parts.find((one) => one.part === part) ?? {};
  const file = join(folder, key);
  const bytes = await readFile(file);
  bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
  await rm(file);
  await writeFile(file, bytes);
}

describe('the drill of what the verb backup makes', () => {
  it('finds everything as it was: a bit of all that PostgreSQL keeps', async () => {
    const [live, keys, folder] = await Promise.all([
      startServer(),
      makeKeys(),
      mkdtemp(join(tmpdir(), 'surety-made-')),
    ]);
    try {
      await withClient(live.url, (client) => client.query(richRoles));
      await withClient(live.url, (client) => client.query('create database shop'));
      await inDatabase(live.url, 'shop', (client) => client.query(richSchema));
      await withClient(live.url, (client) => client.query(richDatabase('shop')));
      const { signal } = new AbortController();
      const store = await openFolder('vault', folder, signal);
      const facts = backupFacts.parse({
        url: databaseUrl(live.url, 'shop'),
        stores: { vault: { folder } },
        recipients: keys.recipients,
        signers: keys.signers,
        identity: keys.identity,
        drill: { smoke: ['select count(*) = 50 from shop.users'] },
      });
      const common = {
        facts,
        stores: [store],
        key: keys.signer,
        env: process.env,
        now: () => new Date(),
        signal,
      };
      const made = await makeBackup({ ...common, backup: newDrillId(new Date()), slot: null });
      assert.equal(made.outcome, 'done', made.fact ?? '');
      const outcome = await drill({
        ...common,
        drill: newDrillId(new Date()),
        database: 'shop',
        isolation: { missing: 'left out here' },
        root: folder,
        secret: () => undefined,
        step: () => undefined,
        told: () => undefined,
      });
      assert.deepEqual(
        outcome.rungs.filter(({ result }) => result !== 'pass').map(({ rung, fact }) => [rung, fact]),
        [['isolation', 'left out here']],
      );
    } finally {
      await Promise.all([live.stop(), rm(folder, { recursive: true, force: true })]);
    }
  });
});
