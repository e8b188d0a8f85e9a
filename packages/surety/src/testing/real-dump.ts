import type { KeyObject } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publicKeyText } from '@surety/evidence';
import { backupFacts } from '../backup/facts.ts';
import { makeBackup, newBackupId } from '../backup/make.ts';
import type { Manifest } from '../backup/manifest.ts';
import { openFolder } from '../backup/stores/folder.ts';
import type { Store } from '../backup/stores/store.ts';
import type { Reader, Sealed } from './backup-forge.ts';
import { NotHere } from './specimens.ts';

export type Dumping = {
  /** Of a superuser, naming the database. */
  readonly url: string;
  readonly key: KeyObject;
  readonly readers: readonly Reader[];
};

/** The parts that the engine makes of a database, and what it says of the source. */
export async function dump({
  url,
  key,
  readers,
}: Dumping): Promise<{ readonly source: Manifest['source']; readonly sealed: Sealed }> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-dump-'));
  const { signal } = new AbortController();
  const store = await openFolder('vault', folder, signal);
  try {
    const { manifests, outcome, fact } = await makeBackup({
      backup: newBackupId(new Date()),
      slot: null,
      facts: backupFacts.parse({
        url,
        stores: { vault: { folder } },
        recipients: readers.map(({ recipient }) => recipient),
        signers: [publicKeyText(key)],
      }),
      stores: [store],
      key,
      env: process.env,
      now: () => new Date(),
      signal,
    });
    const [manifest] = manifests;
    if (manifest === undefined) throw new NotHere(`no backup could be made: ${fact ?? outcome}`);
    const parts = manifest.parts.map(async ({ part, key: at }) => [part, await whole(store, at)] as const);
    return { source: manifest.source, sealed: new Map(await Promise.all(parts)) };
  } finally {
    await store.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function whole(store: Store, key: string): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of store.read(key)) chunks.push(chunk);
  return Buffer.concat(chunks);
}
