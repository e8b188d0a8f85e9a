import { createHash } from 'node:crypto';
import { canonicalize, type Timestamp } from '@surety/evidence';
import { SuretyError } from '../core/error.ts';
import type { Keep, Schedule } from './facts.ts';
import { type Manifest, manifestKey } from './manifest.ts';
import { leftoverAge, planRetention, type RetentionPlan } from './retention.ts';
import { type BackupSet, inventory } from './sets.ts';
import type { Store, StoredObject, Unfinished } from './stores/store.ts';

/** Whose backups may go: a store may hold those of others, which are kept by other rules. */
export type PrunedSource = Pick<Manifest['source'], 'systemIdentifier' | 'database'>;

export type PruneOptions = {
  readonly store: Store;
  /** As the database says itself; `null` where it does not answer, and then nothing goes. */
  readonly source: PrunedSource | null;
  readonly signers: readonly string[];
  readonly keep: Keep;
  readonly schedule: Pick<Schedule, 'every' | 'grace'>;
  readonly now: () => Date;
  /** Milliseconds that the clock of the database is ahead of ours; `null` where nobody could tell. */
  readonly databaseSkew: number | null;
  /** Whether the last run stored and signed everything, in every store of the estate. */
  readonly lastRun: 'done' | 'failed';
  /** Backups that verify in other stores of the estate. */
  readonly elsewhere: ReadonlySet<string>;
  readonly dryRun: boolean;
  /** The plan that a person has seen, by its digest: another one is refused. Default: whatever is planned now. */
  readonly expected?: string;
  /** Told what goes, what stays and why, a line each. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
};

export type Pruned = {
  readonly store: string;
  readonly plan: RetentionPlan;
  /** Of what goes: `expected` takes it. */
  readonly digest: string;
  /** Backups and leftovers that are gone; in a dry run none. */
  readonly removed: readonly string[];
  /** Those that should have gone and are still there, at least in part, and why. */
  readonly left: readonly { readonly backup: string; readonly why: string }[];
};

/**
 * Removes from one store what retention lets go. The manifest of a backup goes before its parts: whatever interrupts this,
 * what is left has no manifest and so is no backup, and the next run clears it away. The other way round, a
 * signed manifest would speak for parts that are gone.
 *
 * @throws {SuretyError} `prune/changed`: the store, or the plan that was seen, is not what it was
 */
export async function prune(options: PruneOptions): Promise<Pruned> {
  const { store, dryRun, expected, say } = options;
  const plan = await planFor(options);
  const digest = digestOf(plan);
  tell(plan, store.name, dryRun, say);
  const uploads = plan.refused === null ? await oldUploads(options) : [];
  for (const { key, since } of uploads)
    say(`${store.name}: ${key} ${dryRun ? 'would go' : 'goes'}: begun ${since} and never finished`);
  if (expected !== undefined && expected !== digest)
    throw changed(`the plan for ${store.name} is ${digest.slice(0, 12)} now, not ${expected.slice(0, 12)}`);
  const goes = [...plan.remove.map(({ set }) => set.backup), ...plan.leftovers.map(({ backup }) => backup)];
  if (!dryRun) for (const upload of uploads) await store.discard(upload);
  if (dryRun || goes.length === 0) return { store: store.name, plan, digest, removed: [], left: [] };
  // Somebody else may have removed what these are superseded by since it was looked at.
  if (digestOf(await planFor(options)) !== digest)
    throw changed(`what is in ${store.name} changed while it was planned`);
  const removed: string[] = [];
  const left: { backup: string; why: string }[] = [];
  for (const backup of goes) {
    options.signal.throwIfAborted();
    const why = await remove(store, backup);
    if (why === null) removed.push(backup);
    else left.push({ backup, why });
    say(
      why === null ? `${store.name}: removed ${backup}` : `${store.name}: ${backup} is still there: ${why}`,
    );
  }
  return { store: store.name, plan, digest, removed, left };
}

/** They are no part of any backup, not even of a broken one. */
async function oldUploads({ store, now }: PruneOptions): Promise<readonly Unfinished[]> {
  const begun = await store.unfinished('backups/');
  return begun.filter(({ since }) => now().getTime() - Date.parse(since) > leftoverAge);
}

async function planFor(options: PruneOptions): Promise<RetentionPlan> {
  const { store, source, signers, keep, schedule, databaseSkew, lastRun, elsewhere } = options;
  const { sets, others } = await inventory(store, signers);
  const intact = await intactSets(store, sets);
  return planRetention({
    sets,
    others,
    intact,
    elsewhere,
    source,
    keep,
    schedule,
    now: options.now(),
    skew: { store: await store.skew(), database: databaseSkew },
    lastRun,
  });
}

/**
 * Those of `sets` whose manifest and parts the store has, with the sizes that the manifest states; and until when it
 * holds the last of them. Reads no content: that is for `backup/intact` and the drill.
 */
export async function intactSets(
  store: Store,
  sets: readonly BackupSet[],
): Promise<ReadonlyMap<string, Timestamp | null>> {
  const intact = new Map<string, Timestamp | null>();
  for (const { backup, version, manifest } of sets) {
    const held = await Promise.all([
      lockOf(store, manifestKey(backup), version, null),
      ...manifest.parts.map((part) => lockOf(store, part.key, part.version, part.bytes)),
    ]);
    if (held.includes('gone')) continue;
    intact.set(
      backup,
      held
        .filter((date) => date !== null)
        .toSorted()
        .at(-1) ?? null,
    );
  }
  return intact;
}

async function lockOf(
  store: Store,
  key: string,
  version: string | null,
  bytes: number | null,
): Promise<Timestamp | 'gone' | null> {
  const object = await store.look(key, version);
  if (object === null || (bytes !== null && object.bytes !== bytes)) return 'gone';
  return object.lockedUntil;
}

/** It holds the version, or our key may not delete: then whoever may has to. Anything else is a fault. */
const keeps = ['store/locked', 'store/refused'];

/** Every version of everything below a backup, its manifest first. Gives why something is still there. */
async function remove(store: Store, backup: string): Promise<string | null> {
  const objects: StoredObject[] = [];
  for await (const object of store.list(`backups/${backup}/`)) objects.push(object);
  const isManifest = ({ key }: StoredObject): boolean => key === manifestKey(backup);
  const order = [...objects.filter(isManifest), ...objects.filter((object) => !isManifest(object))];
  for (const { key, version } of order) {
    try {
      await store.remove(key, version);
    } catch (error) {
      if (!(error instanceof SuretyError) || !keeps.includes(error.code)) throw error;
      return error.message;
    }
  }
  return null;
}

function tell(plan: RetentionPlan, store: string, dryRun: boolean, say: (line: string) => void): void {
  const goes = dryRun ? 'would go' : 'goes';
  if (plan.refused !== null) say(`${store}: nothing is removed: ${plan.refused}`);
  for (const { set, why } of plan.remove) say(`${store}: ${set.backup} ${goes}: ${why}`);
  for (const { backup, why } of plan.leftovers) say(`${store}: ${backup} ${goes}: ${why}`);
  for (const { backup, why } of plan.aside) say(`${store}: ${backup} is left alone: ${why}`);
  if (dryRun) for (const { set, why } of plan.keep) say(`${store}: ${set.backup} stays: ${why}`);
  else say(`${store}: ${plan.keep.length} stay`);
}

/** Of what goes and for what; not of what stays, which grows with every backup. */
function digestOf({ remove: gone, leftovers }: RetentionPlan): string {
  const text = canonicalize({
    remove: gone.map(({ set, by }) => ({ backup: set.backup, digest: set.digest, by })),
    leftovers: leftovers.map(({ backup }) => backup),
  });
  return createHash('sha256').update(text).digest('hex');
}

function changed(fact: string): SuretyError {
  return new SuretyError('prune/changed', fact, 'run `surety backup --prune --dry-run` and look again');
}
