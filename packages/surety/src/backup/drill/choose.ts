import { type BackupSet, inventory, newest } from '../sets.ts';
import type { Store } from '../stores/store.ts';

/** Which backup is drilled, where it lies, and what stood in the way of a better one. */
export type Choice = {
  readonly set: BackupSet | null;
  readonly store: Store | null;
  /** Stores that could not be read: the newest may lie there. */
  readonly unread: readonly { readonly store: string; readonly fact: string }[];
};

export type Wish = {
  /** Whose backups count: a store may hold those of others. */
  readonly database: string;
  /** The id of one; default: the newest. */
  readonly backup?: string | undefined;
  /** The name of a store; default: the first that has it. */
  readonly store?: string | undefined;
};

/** The newest backup with a manifest that verifies, or the one that is asked for. */
export async function chooseBackup(
  stores: readonly Store[],
  signers: readonly string[],
  { database, backup, store: asked }: Wish,
): Promise<Choice> {
  const unread: Choice['unread'][number][] = [];
  const found: { readonly set: BackupSet; readonly store: Store }[] = [];
  for (const store of stores.filter(({ name }) => asked === undefined || name === asked)) {
    try {
      const { sets } = await inventory(store, signers);
      const set = newest(
        sets.filter(({ manifest }) =>
          backup === undefined
            ? manifest.engine === 'logical' && manifest.source.database === database
            : manifest.backup === backup,
        ),
      );
      if (set !== null) found.push({ set, store });
    } catch (error) {
      unread.push({ store: store.name, fact: error instanceof Error ? error.message : String(error) });
    }
  }
  const set = newest(found.map((one) => one.set));
  const store = found.find((one) => one.set === set)?.store ?? null;
  return { set, store, unread };
}
