import { execFileSync } from 'node:child_process';
import { createPublicKey, type KeyObject } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey, privateKeyToPem, publicKeyText } from '@surety/evidence';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { type BackupFacts, backupFacts } from '../../packages/surety/src/backup/facts.ts';
import { openStore } from '../../packages/surety/src/backup/stores/open.ts';
import type { Store } from '../../packages/surety/src/backup/stores/store.ts';
import { findTools, type Tools } from '../../packages/surety/src/backup/tools.ts';
import { type PostgresServer, startServer } from '../../packages/surety/src/targets/postgres/server.ts';
import { type S3Fake, startS3Fake } from '../../packages/surety/src/testing/s3-fake.ts';
import { makeLedger, startWriters } from './ledger.ts';
import { type Line, startLine } from './line.ts';
import { type MortalServer, startMortalServer } from './mortal-server.ts';

/** Everything that a backup needs, and that may be broken: the same for all tries. */
export type Stage = {
  readonly source: MortalServer;
  /** Where backups are restored; nobody breaks it. */
  readonly scratch: PostgresServer;
  readonly s3: S3Fake;
  /** The tool's way to S3. */
  readonly line: Line;
  /** As the tool's estate says it. */
  readonly facts: BackupFacts;
  /** Opened by us, past the line that is cut. */
  readonly stores: readonly Store[];
  readonly identity: string;
  readonly key: KeyObject;
  readonly tools: Tools;
  /** Of the estate, where the tool is run. */
  readonly estate: string;
  readonly log: string;
  /** Folder of the store `vault`. */
  readonly vault: string;
  /** Whether `vault` has an end: a file system of its own. */
  readonly isSmall: boolean;
  /** TMPDIR of the tool. */
  readonly temporary: string;
  readonly env: NodeJS.ProcessEnv;
  /** What may show nowhere. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
};

export type StageOptions = {
  readonly accounts: number;
  /** Times 16 bytes in each account that no compression makes smaller. */
  readonly noise: number;
  readonly writers: number;
  /** Bytes of the file system under `vault`; `null`: a plain folder. */
  readonly room: number | null;
  readonly signal: AbortSignal;
};

export async function setStage({ accounts, noise, writers, room, signal }: StageOptions): Promise<Stage> {
  const undo: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const one of undo.splice(0).reverse()) await one().catch(() => undefined);
  };
  try {
    const base = await mkdtemp(join(tmpdir(), 'surety-chaos-'));
    undo.push(() => rm(base, { recursive: true, force: true }));
    const [estate, vault, temporary] = ['estate', 'vault', 'tmp'].map((name) => join(base, name));
    if (estate === undefined || vault === undefined || temporary === undefined) throw new Error('no folders');
    for (const folder of [estate, vault, temporary]) await mkdir(folder);
    const isSmall = room !== null && mounted(vault, room);
    if (isSmall) undo.push(async () => execFileSync('umount', ['--lazy', vault]));
    const [source, scratch] = await Promise.all([
      startMortalServer(),
      startServer({ settings: { max_wal_size: '4GB' } }),
    ]);
    undo.push(() => Promise.all([source.stop(), scratch.stop()]));
    const s3 = await startS3Fake();
    undo.push(() => s3.stop());
    const line = await startLine(Number(new URL(s3.endpoint).port));
    undo.push(() => line.close());
    const url = await makeLedger(source.url, 'ledger', accounts, noise);
    const busy = startWriters(url, writers, accounts);
    undo.push(() => busy.stop());
    const key = generateKey();
    const identity = await generateIdentity();
    const recipients = [
      await identityToRecipient(identity),
      await identityToRecipient(await generateIdentity()),
    ];
    const said = {
      url,
      stores: { vault: { folder: vault }, offsite: s3.facts({ endpoint: `http://127.0.0.1:${line.port}` }) },
      recipients,
      signers: [publicKeyText(createPublicKey(key))],
      schedule: { every: 24 },
    };
    const facts = backupFacts.parse(said);
    await writeEstate(estate, facts, key);
    const context = { root: base, signal, secret: () => undefined };
    const stores = [
      await openStore('vault', { folder: vault }, context),
      await openStore('offsite', s3.facts(), context),
    ];
    undo.push(async () => Promise.all(stores.map((store) => store.close())));
    const tools = await findTools(undefined, Number.parseInt(scratch.version, 10), process.env);
    return {
      ...{
        source,
        scratch,
        s3,
        line,
        facts,
        stores,
        identity,
        key,
        tools,
        estate,
        vault,
        isSmall,
        temporary,
        close,
      },
      log: join(estate, '.surety', 'log', 'here'),
      env: {
        PATH: process.env.PATH,
        HOME: base,
        TMPDIR: temporary,
        NODE_COMPILE_CACHE: join(base, 'compiled'),
      },
      secrets: [new URL(url).password, s3.secretAccessKey, identity, 'canary-password-of-a-role'],
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** False where this account may not mount. */
function mounted(folder: string, bytes: number): boolean {
  if (process.getuid?.() !== 0) return false;
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes},mode=0700`, 'surety-chaos', folder], {
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

async function writeEstate(estate: string, facts: BackupFacts, key: KeyObject): Promise<void> {
  const { vault, offsite } = facts.stores;
  if (vault === undefined || offsite === undefined || !('bucket' in offsite)) throw new Error('no stores');
  const config = `export default ({ file }) => ({
  name: 'chaos', environment: 'test', writer: 'here',
  targets: { backups: { kind: 'backup', url: file('.env.url'),
    stores: { vault: ${JSON.stringify(vault)}, offsite: { ...${JSON.stringify({ bucket: offsite.bucket, endpoint: offsite.endpoint })},
      accessKeyId: file('.env.s3-id'), secretAccessKey: file('.env.s3-secret') } },
    recipients: ${JSON.stringify(facts.recipients)}, signers: ${JSON.stringify(facts.signers)}, schedule: { every: 24 } } } })`;
  await mkdir(join(estate, '.surety', 'keys'), { recursive: true });
  const files = {
    'surety.config.ts': config,
    '.env.url': facts.url,
    '.env.s3-id': offsite.accessKeyId,
    '.env.s3-secret': offsite.secretAccessKey,
    '.surety/keys/prober.pem': privateKeyToPem(key),
    '.surety/keys/log.pem': privateKeyToPem(generateKey()),
  };
  for (const [name, text] of Object.entries(files))
    await writeFile(join(estate, name), text, { mode: 0o600 });
}
