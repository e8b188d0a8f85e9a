import { createPublicKey, type KeyObject } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKey, publicKeyText } from '@surety/evidence';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { type BackupFacts, backupFacts } from '../../packages/surety/src/backup/facts.ts';
import { type BackupOutcome, makeBackup, newBackupId } from '../../packages/surety/src/backup/make.ts';
import { openStore } from '../../packages/surety/src/backup/stores/open.ts';
import type { Store } from '../../packages/surety/src/backup/stores/store.ts';
import { type PostgresServer, startServer } from '../../packages/surety/src/targets/postgres/server.ts';
import { type S3Fake, startS3Fake } from '../../packages/surety/src/testing/s3-fake.ts';
import { makeLedger } from './ledger.ts';

/** A small database that nobody disturbs, with a folder and a bucket for its backups. */
export type Shelf = {
  readonly server: PostgresServer;
  readonly facts: BackupFacts;
  readonly folder: string;
  readonly s3: S3Fake;
  /** `vault`, which is the folder, and `offsite`, which is the bucket. */
  readonly stores: readonly [Store, Store];
  readonly identity: string;
  readonly key: KeyObject;
  /** Makes a backup now, or when it is said to be. */
  backUp(options?: { readonly now?: () => Date; readonly tools?: string }): Promise<BackupOutcome>;
  close(): Promise<void>;
};

export async function setShelf(signal: AbortSignal): Promise<Shelf> {
  const base = await mkdtemp(join(tmpdir(), 'surety-chaos-'));
  const folder = join(base, 'vault');
  await mkdir(folder);
  const server = await startServer();
  const s3 = await startS3Fake();
  const key = generateKey();
  const identity = await generateIdentity();
  const url = await makeLedger(server.url, 'ledger', 60, 1);
  const facts = backupFacts.parse({
    url,
    stores: { vault: { folder }, offsite: s3.facts() },
    recipients: [await identityToRecipient(identity), await identityToRecipient(await generateIdentity())],
    signers: [publicKeyText(createPublicKey(key))],
    schedule: { every: 24 },
  });
  const context = { root: base, signal, secret: () => undefined };
  const stores = [
    await openStore('vault', { folder }, context),
    await openStore('offsite', s3.facts(), context),
  ] as const;
  return {
    ...{ server, facts, folder, s3, stores, identity, key },
    backUp({ now = () => new Date(), tools } = {}) {
      const used = tools === undefined ? facts : { ...facts, tools };
      const backup = newBackupId(now());
      return makeBackup({
        ...{ backup, stores, key, now, signal },
        facts: used,
        slot: null,
        env: process.env,
      });
    },
    async close() {
      await Promise.allSettled([...stores.map((store) => store.close()), server.stop(), s3.stop()]);
      await rm(base, { recursive: true, force: true });
    },
  };
}
