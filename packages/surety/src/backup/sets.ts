import { createHash } from 'node:crypto';
import { SuretyError } from '../core/error.ts';
import { type Manifest, manifestKey, openManifest } from './manifest.ts';
import type { Store, StoredObject } from './stores/store.ts';

/** A backup as one store has it. */
export type BackupSet = {
  readonly backup: string;
  readonly store: string;
  readonly manifest: Manifest;
  /** Of the envelope, as it is stored. */
  readonly digest: string;
  readonly version: string | null;
};

/** What lies where a backup would be, and is none: no manifest, or one that nobody may trust. */
export type NotABackup = {
  readonly backup: string;
  readonly store: string;
  readonly why: string;
  /** `none`: it was never finished, or is half removed. `untrusted`: somebody may have to answer for it. */
  readonly manifest: 'none' | 'untrusted';
};

export type Inventory = {
  /** Newest snapshot first. */
  readonly sets: readonly BackupSet[];
  readonly others: readonly NotABackup[];
};

const manifestLimit = 16 * 1024 * 1024;

/** Every backup in a store whose manifest verifies, and whatever else is there. The parts are not read. */
export async function inventory(store: Store, signers: readonly string[]): Promise<Inventory> {
  const folders = new Map<string, StoredObject[]>();
  for await (const object of store.list('backups/')) {
    const [, backup = ''] = object.key.split('/');
    folders.set(backup, [...(folders.get(backup) ?? []), object]);
  }
  const sets: BackupSet[] = [];
  const others: NotABackup[] = [];
  for (const [backup, objects] of folders) {
    // A later version of a manifest is somebody else's work: the first one is the one that was stored.
    const versions = objects.filter(({ key }) => key === manifestKey(backup));
    const found = await firstThatOpens(store, backup, versions, signers);
    if ('digest' in found) sets.push(found);
    else others.push(found);
  }
  return {
    sets: sets.sort((a, b) => (a.manifest.snapshot < b.manifest.snapshot ? 1 : -1)),
    others,
  };
}

async function firstThatOpens(
  store: Store,
  backup: string,
  versions: readonly StoredObject[],
  signers: readonly string[],
): Promise<BackupSet | NotABackup> {
  let why = 'it has no manifest: it was never finished';
  for (const { key, version } of versions) {
    try {
      const bytes = await readWhole(store, key, version);
      const manifest = openManifest(bytes, signers);
      if (manifest.backup !== backup) throw misplaced(manifest.backup);
      if (manifest.store !== store.name) throw misplaced(`${manifest.backup} of store ${manifest.store}`);
      const digest = createHash('sha256').update(bytes).digest('hex');
      return { backup, store: store.name, manifest, digest, version };
    } catch (error) {
      if (!(error instanceof SuretyError) || !error.code.startsWith('manifest/')) throw error;
      why = error.message;
    }
  }
  return { backup, store: store.name, why, manifest: versions.length === 0 ? 'none' : 'untrusted' };
}

async function readWhole(store: Store, key: string, version: string | null): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of store.read(key, version)) {
    bytes += chunk.length;
    if (bytes > manifestLimit)
      throw new SuretyError('manifest/malformed', 'it is larger than any manifest', 'look what it is');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function misplaced(what: string): SuretyError {
  return new SuretyError('manifest/altered', `it is the manifest of ${what}`, 'look who put it there');
}

/** Whose backups count. `systemIdentifier`: of the cluster; `null` where nobody says. */
export type Whose = { readonly database: string; readonly systemIdentifier: string | null };

/** Two databases, or staging and production, may share a store and a signer. */
export function isOf(
  { manifest: { source } }: Pick<BackupSet, 'manifest'>,
  { database, systemIdentifier }: Whose,
): boolean {
  return (
    source.database === database &&
    (systemIdentifier === null || source.systemIdentifier === systemIdentifier)
  );
}

/** On which servers backups were made of databases of that name: with several, the name alone does not say whose one is. */
export function serversOf(sets: readonly Pick<BackupSet, 'manifest'>[], database: string): readonly string[] {
  const own = sets.filter(({ manifest }) => manifest.source.database === database);
  return [...new Set(own.map(({ manifest }) => manifest.source.systemIdentifier))];
}

/**
 * Those that count as backups: where dumps are made, these alone. A manifest of a physical one only tells of what lies in a repository, and
 * must not stand in for a dump that failed.
 */
export function counting<Set extends Pick<BackupSet, 'manifest'>>(sets: readonly Set[]): readonly Set[] {
  const dumps = sets.filter(({ manifest }) => manifest.engine === 'logical');
  return dumps.length > 0 ? dumps : sets;
}

/** The one with the newest snapshot; `null` where there is none. */
export function newest(sets: readonly BackupSet[]): BackupSet | null {
  return sets.reduce<BackupSet | null>(
    (latest, set) => (latest === null || set.manifest.snapshot > latest.manifest.snapshot ? set : latest),
    null,
  );
}
