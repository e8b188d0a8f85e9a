import type { StoreOutcome } from '@surety/evidence';
import { type Copies, factOf } from './copies.ts';
import type { BackupOutcome, MakeOptions } from './make.ts';
import { type Description, type Published, publish } from './publish.ts';

export type Publishing = {
  readonly copies: Copies;
  /** Milliseconds that each store's clock is ahead of ours, by its name. */
  readonly skews: ReadonlyMap<string, number>;
  readonly description: Description;
  readonly lockUntil: Date;
  /** Of the outcome. */
  readonly notes: readonly string[];
};

type Options = Pick<MakeOptions, 'backup' | 'stores' | 'missing' | 'key' | 'now' | 'signal'>;

/**
 * Publishes in one store after the other. A store that fails is named in the outcome, and what it has is removed.
 *
 * @throws the reason of `signal`, where no store had all of it yet
 */
export async function publishAll(options: Options, publishing: Publishing): Promise<BackupOutcome> {
  const { copies, skews, description, lockUntil, notes } = publishing;
  const { key, now, signal } = options;
  const published = new Map<string, Published>();
  for (const copy of copies.all()) {
    if (copy.failed !== null) continue;
    const { name } = copy.store;
    const clock = { storeSkew: skews.get(name) ?? 0, now };
    try {
      published.set(name, await publish(copy, description, clock, key, lockUntil, signal));
    } catch (error) {
      copies.fail(name, signal.aborted ? 'it was stopped before this store had all of it' : factOf(error));
    }
  }
  // What one store has already, whole and signed, is a backup, and nobody takes it back.
  if (published.size === 0) signal.throwIfAborted();
  await copies.clear(({ failed }) => failed !== null);
  const stores = outcomes(options, copies, published);
  const failed = stores.filter(({ outcome }) => outcome === 'failed');
  return {
    backup: options.backup,
    outcome: failed.length === 0 ? 'done' : 'failed',
    snapshot: description.snapshot,
    stores,
    manifests: [...published.values()].map(({ manifest }) => manifest),
    notes,
    fact: failed.length === 0 ? null : `not in every store: ${failed.map(({ store }) => store).join(', ')}`,
  };
}

function outcomes(
  { stores, missing = [] }: Options,
  copies: Copies,
  published: ReadonlyMap<string, Published>,
): readonly StoreOutcome[] {
  const opened = stores.map(({ name }): StoreOutcome => {
    const done = published.get(name);
    if (done !== undefined)
      return { store: name, outcome: 'stored', manifest: done.digest, bytes: done.bytes, fact: null };
    const fact = copies.all().find(({ store }) => store.name === name)?.failed ?? 'nobody knows why';
    return { store: name, outcome: 'failed', manifest: null, bytes: 0, fact };
  });
  const absent = missing.map(
    ({ store, fact }): StoreOutcome => ({ store, outcome: 'failed', manifest: null, bytes: 0, fact }),
  );
  return [...opened, ...absent];
}
