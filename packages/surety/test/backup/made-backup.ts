import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { publicKeyText } from '@surety/evidence';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { runTool } from '../../src/backup/child.ts';
import { type Manifest, manifestKey, type Part, partKey, sealManifest } from '../../src/backup/manifest.ts';
import { seal } from '../../src/backup/seal.ts';
import { type BackupSet, inventory } from '../../src/backup/sets.ts';
import { readSource } from '../../src/backup/source.ts';
import type { Store } from '../../src/backup/stores/store.ts';
import { findTools, type Tools } from '../../src/backup/tools.ts';
import { withClient } from '../../src/testing/pg-client.ts';

export type Keys = {
  readonly signer: KeyObject;
  /** Its public half, as the estate names it. */
  readonly signers: readonly string[];
  readonly identity: string;
  readonly recipients: readonly string[];
};

/** A signer and two readers, of whom only the first is kept. */
export async function makeKeys(): Promise<Keys> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const identity = await generateIdentity();
  const escrow = await generateIdentity();
  return {
    signer: privateKey,
    signers: [publicKeyText(publicKey)],
    identity,
    recipients: [await identityToRecipient(identity), await identityToRecipient(escrow)],
  };
}

export type MakeOptions = {
  /** Of a superuser, naming the database. */
  readonly url: string;
  readonly store: Store;
  readonly keys: Keys;
  /** Tables that get a stream of their own, as `-t` takes them. */
  readonly big?: readonly string[];
  /** Last changes to what is about to be signed. */
  readonly edit?: (manifest: Manifest) => Manifest;
  /** Other plain bytes for a part. */
  readonly replace?: Readonly<Record<string, (plain: Buffer) => Buffer>>;
};

/** A whole logical backup of a small database that nobody writes to meanwhile. */
export async function makeSet({
  url,
  store,
  keys,
  big = [],
  edit,
  replace = {},
}: MakeOptions): Promise<BackupSet> {
  const tools = await toolsFor(url);
  const started = new Date();
  const backup = `${started.toISOString().slice(0, 19).replace(/[-:]/g, '')}Z-${randomBytes(4).toString('hex')}`;
  const { facts, identity } = await withClient(url, async (client) => {
    await client.query('begin isolation level repeatable read read only');
    const { rows } = await client.query<{ system: string; database: string; server: string; size: string }>(
      `select system_identifier::text as system, current_database() as database,
        split_part(current_setting('server_version'), ' ', 1) as server, pg_database_size(current_database()) as size
       from pg_control_system()`,
    );
    return { facts: await readSource(client, randomBytes(8).readBigInt64BE().toString()), identity: rows[0] };
  });
  if (identity === undefined) throw new Error('the server says nothing');
  const dump = (tool: Tools['pgDump'], args: readonly string[]): AsyncIterable<Uint8Array> =>
    runTool(tool, args, { url, signal: AbortSignal.timeout(120_000) }).stdout;
  const archive = ['-Fc', '-Z0'];
  const plain = new Map<string, AsyncIterable<Uint8Array>>([
    ['globals', dump(tools.pgDumpall, ['--globals-only'])],
    ['outline', dump(tools.pgDump, [...archive, '--section=pre-data', '--section=post-data'])],
    ['data-0', dump(tools.pgDump, [...archive, '--section=data', ...big.flatMap((one) => ['-T', one])])],
    ...big.map((one, index): [string, AsyncIterable<Uint8Array>] => [
      `data-${index + 1}`,
      dump(tools.pgDump, [...archive, '--section=data', '-t', one]),
    ]),
    ['facts', Readable.from([Buffer.from(JSON.stringify(facts))])],
  ]);
  const parts: Part[] = [];
  for (const [name, bytes] of plain) {
    const key = partKey(backup, name);
    const put = await store.put(key, seal(changed(bytes, replace[name]), keys.recipients));
    parts.push({
      part: name,
      key,
      bytes: put.bytes,
      sha256: put.sha256,
      version: put.version,
      lockedUntil: put.lockedUntil,
    });
  }
  const manifest: Manifest = {
    backup,
    engine: 'logical',
    store: store.name,
    source: {
      systemIdentifier: identity.system,
      database: identity.database,
      server: identity.server,
      size: Number(identity.size),
      tables: facts.tables.length,
      rows: facts.tables.reduce((sum, { rows }) => sum + rows, 0),
    },
    slot: null,
    started: started.toISOString(),
    snapshot: started.toISOString(),
    finished: new Date().toISOString(),
    skew: { database: 0, store: 0 },
    lockedUntil: null,
    recipients: [...keys.recipients],
    tools: { pg_dump: tools.pgDump.version.text, node: process.versions.node },
    took: { dump: 0 },
    parts,
  };
  const sealed = sealManifest(edit === undefined ? manifest : edit(manifest), keys.signer);
  await store.put(manifestKey(backup), Readable.from([sealed]));
  return theSet(store, keys, backup);
}

export async function toolsFor(url: string): Promise<Tools> {
  const major = await withClient(url, async (client) => {
    const { rows } = await client.query<{ major: number }>(
      `select current_setting('server_version_num')::int / 10000 as major`,
    );
    return rows[0]?.major ?? 0;
  });
  return findTools(undefined, major, process.env);
}

/** As whoever restores finds it. */
export async function theSet(store: Store, keys: Keys, backup: string): Promise<BackupSet> {
  const { sets, others } = await inventory(store, keys.signers);
  const found = sets.find((set) => set.backup === backup);
  if (found === undefined) throw new Error(`no such backup: ${JSON.stringify(others)}`);
  return found;
}

async function* changed(
  bytes: AsyncIterable<Uint8Array>,
  replace: ((plain: Buffer) => Buffer) | undefined,
): AsyncGenerator<Uint8Array> {
  if (replace === undefined) {
    yield* bytes;
    return;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(Buffer.from(chunk));
  yield replace(Buffer.concat(chunks));
}
