import { type BackupSet, type Inventory, inventory, type NotABackup } from '../../backup/sets.ts';
import type { Store, StoredObject } from '../../backup/stores/store.ts';

/** A backup whose manifest verifies, and the parts of it that are not there, or not with their size. */
export type KeptSet = BackupSet & { readonly missing: readonly string[] };

/** What one store has of the database. */
export type Kept = {
  /** Newest snapshot first. */
  readonly sets: readonly KeptSet[];
  readonly others: readonly NotABackup[];
  /** Backups of other databases or clusters: good, and no backups of this one. */
  readonly elsewhere: readonly BackupSet[];
};

/** Whose backups count. `systemIdentifier`: of the cluster; `null` where nobody says. */
export type Whose = { readonly database: string; readonly systemIdentifier: string | null };

/** Every backup in a store whose manifest verifies. The parts are listed, not read. */
export async function readKept(store: Store, signers: readonly string[], whose: Whose): Promise<Kept> {
  const found: Inventory = await inventory(store, signers);
  const there = new Map<string, StoredObject[]>();
  for await (const object of store.list('backups/')) {
    there.set(object.key, [...(there.get(object.key) ?? []), object]);
  }
  const own = found.sets.filter((set) => isOf(set, whose));
  return {
    sets: own.map((set) => ({ ...set, missing: missingParts(set, there) })),
    others: found.others,
    elsewhere: found.sets.filter((set) => !isOf(set, whose)),
  };
}

function isOf({ manifest: { source } }: BackupSet, { database, systemIdentifier }: Whose): boolean {
  return (
    source.database === database &&
    (systemIdentifier === null || source.systemIdentifier === systemIdentifier)
  );
}

function missingParts(
  { manifest }: BackupSet,
  there: ReadonlyMap<string, readonly StoredObject[]>,
): readonly string[] {
  return manifest.parts
    .filter(
      ({ key, bytes, version }) =>
        !there.get(key)?.some((object) => object.version === version && object.bytes === bytes),
    )
    .map(({ part }) => part);
}
