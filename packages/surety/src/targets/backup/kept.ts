import {
  type BackupSet,
  counting,
  inventory,
  isOf,
  type NotABackup,
  serversOf,
  type Whose,
} from '../../backup/sets.ts';
import type { Store, StoredObject } from '../../backup/stores/store.ts';
import { BlindError } from '../../core/error.ts';

/** A backup whose manifest verifies, and the parts of it that are not there, or not with their size. */
export type KeptSet = BackupSet & { readonly missing: readonly string[] };

/** What one store has of the database. */
export type Kept = {
  readonly whose: Whose;
  /** Those that count, newest snapshot first. */
  readonly sets: readonly KeptSet[];
  /** Besides these also those of the other engine. */
  readonly own: readonly KeptSet[];
  /** What lies where a backup would be, with a manifest that nobody may trust. */
  readonly untrusted: readonly NotABackup[];
  /** The same without a manifest: never finished, or half removed. */
  readonly unfinished: readonly NotABackup[];
  /** Backups of other databases or clusters: good, and no backups of this one. */
  readonly elsewhere: readonly BackupSet[];
  /** How many folders of backups hold something under the name of a manifest. */
  readonly folders: number;
  /** Everything in the store that is of no backup, no drill and no probe of a lock. */
  readonly strays: readonly StoredObject[];
};

/**
 * Every backup in a store whose manifest verifies. The parts are listed, not read.
 *
 * @throws {BlindError} `backup/whose` where backups of several servers are called alike, and nobody says which is meant
 */
export async function readKept(store: Store, signers: readonly string[], whose: Whose): Promise<Kept> {
  const { sets, others } = await inventory(store, signers);
  const there = await listed(store);
  const servers = serversOf(sets, whose.database);
  if (whose.systemIdentifier === null && servers.length > 1) throw ofWhom(store, whose, servers);
  const own = sets.filter((set) => isOf(set, whose));
  const looked = own.map((set) => ({ ...set, missing: missingParts(set, there) }));
  return {
    whose,
    sets: counting(looked),
    own: looked,
    untrusted: others.filter(({ manifest }) => manifest === 'untrusted'),
    unfinished: others.filter(({ manifest }) => manifest === 'none'),
    elsewhere: sets.filter((set) => !isOf(set, whose)),
    folders: [...there.keys()].filter((key) => /^backups\/[^/]+\/manifest\.json$/.test(key)).length,
    strays: straysOf(there, sets),
  };
}

function ofWhom({ name }: Store, { database }: Whose, servers: readonly string[]): BlindError {
  return new BlindError(
    'backup/whose',
    `${name} has backups of databases called ${database} on ${servers.length} servers (${servers.join(', ')}), and the database does not say which it is on`,
    'let the database be reached, and by a role that may call pg_control_system()',
  );
}

/** Every version of everything, by key. */
async function listed(store: Store): Promise<ReadonlyMap<string, readonly StoredObject[]>> {
  const there = new Map<string, StoredObject[]>();
  for await (const object of store.list('')) {
    const versions = there.get(object.key);
    if (versions === undefined) there.set(object.key, [object]);
    else versions.push(object);
  }
  return there;
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

/** Objects that no manifest names, and later versions of those that one does. */
function straysOf(
  there: ReadonlyMap<string, readonly StoredObject[]>,
  sets: readonly BackupSet[],
): readonly StoredObject[] {
  const known = new Set(
    sets.flatMap(({ manifest }) => manifest.parts.map(({ key, version }) => JSON.stringify([key, version]))),
  );
  return [...there.values()]
    .flat()
    .filter(
      ({ key, version }) =>
        !known.has(JSON.stringify([key, version])) &&
        !key.endsWith('/manifest.json') &&
        !/^(drills|probes)\//.test(key),
    );
}
