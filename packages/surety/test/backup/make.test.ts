import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { generateKey, publicKeyText } from '@surety/evidence';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { wholeArchive } from '../../src/backup/archive.ts';
import { type BackupFacts, backupFacts } from '../../src/backup/facts.ts';
import { type BackupOutcome, type MakeOptions, makeBackup, newBackupId } from '../../src/backup/make.ts';
import { unseal } from '../../src/backup/seal.ts';
import { inventory } from '../../src/backup/sets.ts';
import { sourceFacts } from '../../src/backup/source-facts.ts';
import { openStore } from '../../src/backup/stores/open.ts';
import type { Store } from '../../src/backup/stores/store.ts';
import { findTools } from '../../src/backup/tools.ts';
import { type PostgresServer, startServer } from '../../src/targets/postgres/server.ts';
import { inDatabase } from '../../src/testing/pg-client.ts';
import { poolerMissing, startPooler } from '../../src/testing/pooler.ts';

const canary = 'canary-Ada-Lovelace';
const oddNames = ['a"b', 'a.b', 'a*', 'A', 'a', 'a?', '(a|b)', 'a$', '\\d', 'new\nline', ' a ', 'a|b', 'ä'];
const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

describe('making a backup', () => {
  let server: PostgresServer;
  let home = '';
  let identity = '';
  let facts: BackupFacts;
  const key = generateKey();
  const signal = new AbortController().signal;
  before(async () => {
    server = await startServer();
    home = await mkdtemp(path.join(tmpdir(), 'surety-make-'));
    identity = await generateX25519Identity();
    const other = await generateX25519Identity();
    await inDatabase(server.url, 'postgres', async (client) => {
      await client.query('create schema "Odd ""one*"');
      for (const name of oddNames)
        await client.query(
          `create table "Odd ""one*".${quote(name)} (id int generated always as identity primary key, t text);
           insert into "Odd ""one*".${quote(name)} (t) select '${canary}' || g from generate_series(1, 10) g`,
        );
      // Big enough for a stream of its own.
      await client.query(
        `create table "Odd ""one*"."big ""*.$" as select g, md5(g::text) from generate_series(1, 200000) g;
        create table parts (i int) partition by range (i); create table parts_low partition of parts for values from (0) to (10);
        insert into parts values (1); create table heir (more int) inherits ("Odd ""one*"."a"); insert into heir (t) overriding system value values ('x');
        create unlogged table fleeting (i int); insert into fleeting values (1);
        create materialized view seen as select count(*) from parts; select lo_from_bytea(0, 'large ${canary}')`.replace(
          "insert into heir (t) overriding system value values ('x');",
          "insert into heir (id, t) values (1, 'x');",
        ),
      );
    });
    facts = backupFacts.parse({
      url: server.url,
      stores: { vault: { folder: 'vault' }, offsite: { folder: 'offsite' } },
      recipients: [await identityToRecipient(identity), await identityToRecipient(other)],
      signers: [publicKeyText(key)],
    });
  });
  after(async () => {
    await server.stop();
    await rm(home, { recursive: true });
  });

  async function stores(): Promise<{ readonly vault: Store; readonly offsite: Store; readonly at: string }> {
    const at = await mkdtemp(path.join(home, 'stores-'));
    const open = async (name: 'vault' | 'offsite'): Promise<Store> => {
      await mkdir(path.join(at, name));
      return openStore(name, { folder: name }, { root: at, signal, secret: () => undefined });
    };
    return { vault: await open('vault'), offsite: await open('offsite'), at };
  }
  const make = (options: Partial<MakeOptions> & Pick<MakeOptions, 'stores'>): Promise<BackupOutcome> =>
    makeBackup({
      backup: newBackupId(new Date()),
      slot: null,
      facts,
      key,
      env: process.env,
      now: () => new Date(),
      signal,
      ...options,
    });
  const files = async (at: string): Promise<readonly string[]> =>
    (await readdir(at, { recursive: true, withFileTypes: true }))
      .filter((one) => one.isFile())
      .map((one) => path.join(one.parentPath, one.name));
  /** A folder of programs that are the real ones, but for what `script` does before them. */
  async function programs(script: string): Promise<string> {
    const { pgDump, pgDumpall, pgRestore } = await findTools(undefined, 15, process.env);
    const folder = await mkdtemp(path.join(home, 'programs-'));
    for (const { path: real } of [pgDump, pgDumpall, pgRestore]) {
      const file = path.join(folder, path.basename(real));
      await writeFile(
        file,
        `#!/bin/sh\nPATH=/usr/bin:/bin\nreal=${real}\n[ "$1" = --version ] && exec $real --version\n${script}\nexec $real "$@"\n`,
      );
      await chmod(file, 0o755);
    }
    return folder;
  }
  const dataOnly = (then: string): string => `case "$*" in *section=data*|*data-only*) ${then};; esac`;

  it('has every table once, in both stores, and no plain word of it', async () => {
    const { vault, offsite, at } = await stores();
    const lines: string[] = [];
    const outcome = await make({ stores: [vault, offsite], streams: 2, step: (line) => lines.push(line) });
    assert.equal(outcome.outcome, 'done');
    const [set] = (await inventory(offsite, facts.signers)).sets;
    assert.ok(set);
    assert.deepEqual(
      set.manifest.parts.map(({ part }) => part),
      ['globals', 'outline', 'data-0', 'data-1', 'facts'],
    );
    const names: string[] = [];
    for (const { part, key: at, version } of set.manifest.parts.filter(({ part }) =>
      part.startsWith('data-'),
    )) {
      const plain = wholeArchive(unseal(offsite.read(at, version), identity), (content) => {
        names.push(...content.tables.map(({ name }) => name));
        assert.equal(content.largeObjects, part === 'data-0');
      });
      for await (const _ of plain);
    }
    assert.deepEqual(names.sort(), [...oddNames, 'big "*.$', 'parts_low', 'heir', 'fleeting'].sort());
    let text = '';
    const last = set.manifest.parts.at(-1);
    for await (const bytes of unseal(offsite.read(last?.key ?? ''), identity))
      text += Buffer.from(bytes).toString();
    const source = sourceFacts.parse(JSON.parse(text));
    assert.equal(source.tables.length, names.length);
    assert.equal(set.manifest.source.rows, 200_000 + oddNames.length * 10 + 3);
    const { password } = new URL(server.url);
    for (const file of await files(at)) {
      const stored = await readFile(file, 'latin1');
      for (const word of [canary, password, identity]) assert.ok(!stored.includes(word), file);
    }
    for (const word of [canary, password]) assert.ok(!lines.join().includes(word));
  });

  it('leaves nothing behind when a dump fails, is killed or is cut short', async () => {
    const failures: Readonly<Record<string, { readonly code?: string; readonly message?: RegExp }>> = {
      'head -c 100000 /dev/zero; exit 1': { code: 'archive/malformed' },
      '$real "$@" | head -c 2000; exit 1': { code: 'tool/failed' },
      '$real "$@" | head -c 2000; kill -9 $$': { message: /SIGKILL/ },
      '$real "$@" | head -c -1; exit 0': { code: 'archive/cut' },
      '$real "$@" | head -c 2000; exit 0': { code: 'archive/cut' },
      'exit 0': { code: 'archive/cut' },
    };
    for (const [script, error] of Object.entries(failures)) {
      const { vault, offsite, at } = await stores();
      const tools = await programs(dataOnly(script));
      await assert.rejects(make({ stores: [vault, offsite], facts: { ...facts, tools } }), error, script);
      assert.deepEqual(await files(at), [], script);
    }
  });

  it('takes no roles without their last line', async () => {
    const { vault, at } = await stores();
    const tools = await programs('case "$*" in *globals-only*) $real "$@" | head -c 300; exit 0;; esac');
    await assert.rejects(make({ stores: [vault], facts: { ...facts, tools } }), { code: 'archive/cut' });
    assert.deepEqual(await files(at), []);
  });

  it('goes on without a store that breaks half way, and says so', async () => {
    const { vault, offsite, at } = await stores();
    const breaking: Store = {
      ...offsite,
      put: async (name, body, options) => {
        if (!name.endsWith('data-0')) return offsite.put(name, body, options);
        for await (const _ of body) throw new Error('the disk is gone');
        throw new Error('there was nothing');
      },
    };
    const outcome = await make({ stores: [vault, breaking] });
    assert.equal(outcome.outcome, 'failed');
    assert.match(outcome.fact ?? '', /offsite/);
    assert.deepEqual(
      outcome.stores.map(({ outcome, fact }) => [outcome, fact]),
      [
        ['stored', null],
        ['failed', 'the disk is gone'],
      ],
    );
    assert.equal((await inventory(vault, facts.signers)).sets.length, 1);
    assert.deepEqual(await files(path.join(at, 'offsite')), []);
  });

  it('takes no part away from under a manifest that may have arrived', async () => {
    const isManifest = (name: string): boolean => name.endsWith('/manifest.json');
    const gone = (): never => {
      throw new Error('the line is cut');
    };
    /** Goes away with the manifest, and is back for what comes after it. */
    const breaks: Readonly<Record<string, (store: Store) => Store>> = {
      'before its answer': (store) => ({
        ...store,
        put: async (name, body, options) => {
          const put = await store.put(name, body, options);
          return isManifest(name) ? gone() : put;
        },
      }),
      'before it is read back': (store) => ({
        ...store,
        read: (name, version, stop) => (isManifest(name) ? gone() : store.read(name, version, stop)),
      }),
    };
    for (const [when, broken] of Object.entries(breaks)) {
      for (const mayRemove of [true, false]) {
        const { vault, offsite, at } = await stores();
        const breaking: Store = {
          ...broken(offsite),
          remove: async (name, version) =>
            isManifest(name) && !mayRemove ? gone() : offsite.remove(name, version),
        };
        const { outcome } = await make({ stores: [vault, breaking] });
        assert.equal(outcome, 'failed');
        const { sets } = await inventory(offsite, facts.signers);
        const there = await files(path.join(at, 'offsite'));
        if (mayRemove) assert.deepEqual([sets, there], [[], []], when);
        else assert.equal(sets[0]?.manifest.parts.length, there.length - 1, `${when}: its parts are gone`);
      }
    }
  });

  it('keeps what one store has, whole and signed, when it is stopped before the next one has it', async () => {
    const { vault, offsite, at } = await stores();
    const stop = new AbortController();
    const first: Store = {
      ...vault,
      put: async (name, body, options) => {
        const put = await vault.put(name, body, options);
        if (name.endsWith('/manifest.json')) stop.abort();
        return put;
      },
    };
    const outcome = await make({ stores: [first, offsite], signal: stop.signal });
    assert.equal(outcome.outcome, 'failed');
    assert.deepEqual(
      outcome.stores.map(({ outcome, fact }) => [outcome, fact]),
      [
        ['stored', null],
        ['failed', 'it was stopped before this store had all of it'],
      ],
    );
    const [set] = (await inventory(vault, facts.signers)).sets;
    assert.equal((await files(path.join(at, 'vault'))).length, (set?.manifest.parts.length ?? 0) + 1);
    assert.deepEqual(await files(path.join(at, 'offsite')), []);
  });

  it('clears away the passwords that killed runs have left, and no others', async () => {
    const { vault } = await stores();
    const [old, young] = await Promise.all(
      ['old', 'young'].map(() => mkdtemp(path.join(tmpdir(), 'surety-tool-'))),
    );
    assert.ok(old && young);
    for (const folder of [old, young]) await writeFile(path.join(folder, 'password'), 'left');
    const then = new Date(Date.now() - 2 * 3_600_000);
    await utimes(old, then, then);
    await make({ stores: [vault] });
    assert.equal(existsSync(old), false);
    assert.equal(existsSync(young), true);
    const ahead = makeBackup({
      ...{
        backup: newBackupId(new Date()),
        slot: null,
        facts,
        key,
        signal,
        stores: [vault],
        env: process.env,
      },
      now: () => new Date(Date.now() + 86_400_000),
    });
    await assert.rejects(ahead, { code: 'preflight/clock' });
    assert.equal(existsSync(young), true, 'a clock that is ahead takes what somebody may be using');
    await rm(young, { recursive: true });
  });

  it('waits for a run that was just broken off to be seen to be gone', async () => {
    const { vault } = await stores();
    await inDatabase(server.url, 'postgres', async (client) => {
      await client.query('select pg_advisory_lock(1937076837, 1650549611)');
      const next = make({ stores: [vault] });
      await client.query('select pg_sleep(0.5), pg_advisory_unlock_all()');
      assert.equal((await next).outcome, 'done');
    });
  });

  it('refuses a second run at once, and a role that sees less', async () => {
    const { vault, at } = await stores();
    const sleepy = await programs(dataOnly('sleep 3'));
    let first: Promise<BackupOutcome> | null = null;
    await new Promise<string>((resolve) => {
      first = make({ stores: [vault], facts: { ...facts, tools: sleepy }, step: resolve });
    });
    await assert.rejects(make({ stores: [vault] }), { code: 'backup/running' });
    await first;
    const kept = await files(at);
    await inDatabase(server.url, 'postgres', (client) =>
      client.query(`create role half login bypassrls password 'half'; create role most login bypassrls password 'most';
        grant pg_read_all_data to most`),
    );
    const as = (role: string): BackupFacts => ({
      ...facts,
      url: `postgresql://${role}:${role}@127.0.0.1:${server.port}/postgres`,
    });
    await assert.rejects(make({ stores: [vault], facts: as('half') }), { code: 'source/may-not-read' });
    await assert.rejects(make({ stores: [vault], facts: as('most') }), { code: 'preflight/large-objects' });
    assert.deepEqual(await files(at), kept);
  });

  it('refuses a pooler, which may set what it sets for somebody else', async (t) => {
    const missing = poolerMissing();
    if (missing !== null) return t.skip(`no ${missing} here`);
    const { vault, at } = await stores();
    const pooler = await startPooler(server.url);
    try {
      await assert.rejects(make({ stores: [vault], facts: { ...facts, url: pooler.url } }), {
        code: 'preflight/pooler',
      });
    } finally {
      await pooler.stop();
    }
    assert.deepEqual(await files(at), []);
  });

  it('lets nobody empty what it has yet to dump, also not what extensions keep for their users', async () => {
    const { vault } = await stores();
    await inDatabase(server.url, 'postgres', (client) =>
      client.query(`create extension pgcrypto; create table kept as select 1 as one; alter extension pgcrypto add table kept;
        update pg_extension set extconfig = array['kept'::regclass::oid], extcondition = '{""}' where extname = 'pgcrypto'`),
    );
    const refused: unknown[] = [];
    const empty = (table: string): Promise<unknown> =>
      inDatabase(server.url, 'postgres', async (client) => {
        await client.query('begin');
        await client.query(`set local lock_timeout = '200ms'`);
        await client.query(`truncate ${table}`).catch(({ code }) => refused.push(code));
        await client.query('rollback');
      });
    const tools = await programs(dataOnly('sleep 2'));
    const outlined = { step: (line: string) => line.startsWith('outline') && tried.push(attack()) };
    const attack = async (): Promise<void> => {
      for (const table of ['kept', 'parts_low', 'fleeting']) await empty(table);
    };
    const tried: Promise<void>[] = [];
    const { outcome } = await make({ stores: [vault], facts: { ...facts, tools }, ...outlined });
    await Promise.all(tried);
    await inDatabase(server.url, 'postgres', (client) => client.query('drop extension pgcrypto cascade'));
    assert.deepEqual([outcome, refused], ['done', ['55P03', '55P03', '55P03']]);
  });

  it('says what no dump will hold', async () => {
    const { vault } = await stores();
    await inDatabase(server.url, 'postgres', (client) =>
      client.query(`create extension pgcrypto; create table given as select 1 as one; alter extension pgcrypto add table given;
        create table information_schema.hidden ()`),
    );
    const { notes } = await make({ stores: [vault] });
    await inDatabase(server.url, 'postgres', (client) =>
      client.query('drop extension pgcrypto cascade; drop table information_schema.hidden'),
    );
    assert.match(notes.join('\n'), /in schemas of the server, and it is lost: information_schema\.hidden/);
    assert.match(notes.join('\n'), /which a drill compares: public\.given \(pgcrypto\)/);
  });

  it('stops when it is told to, and leaves nothing', async () => {
    const { vault, at } = await stores();
    const stop = new AbortController();
    const tools = await programs(dataOnly('sleep 100'));
    await assert.rejects(
      make({ stores: [vault], facts: { ...facts, tools }, signal: stop.signal, step: () => stop.abort() }),
      {
        name: 'AbortError',
      },
    );
    assert.deepEqual(await files(at), []);
  });

  it('asks for two keys, for a signer that counts, and for years that somebody can mean', async () => {
    const [recipient = ''] = facts.recipients;
    const wrong: Readonly<Record<string, Partial<BackupFacts>>> = {
      'preflight/one-recipient': { recipients: [recipient, recipient] },
      'preflight/not-a-signer': { signers: [publicKeyText(generateKey())] },
      'preflight/absurd-lock': { keep: { ...facts.keep, days: 36_500 } },
    };
    for (const [code, said] of Object.entries(wrong))
      await assert.rejects(make({ stores: [], facts: { ...facts, ...said } }), { code });
  });
});
