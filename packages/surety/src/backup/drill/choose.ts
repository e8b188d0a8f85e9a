import { type BackupSet, inventory, isOf, newest, serversOf } from '../sets.ts';
import type { Store } from '../stores/store.ts';

/** Which backup is drilled, where it lies, and what stood in the way of a better one. */
export type Choice = {
  readonly set: BackupSet | null;
  readonly store: Store | null;
  /** Stores that could not be read: the newest may lie there. */
  readonly unread: readonly { readonly store: string; readonly fact: string }[];
  /** Servers with a database of that name that there are backups of, where nobody says which is meant; else empty. */
  readonly servers: readonly string[];
};

export type Wish = {
  /** Whose backups count: a store may hold those of others. */
  readonly database: string;
  /** Of the server that it is on; `null` where it does not say. */
  readonly systemIdentifier?: string | null;
  /** The id of one; default: the newest. */
  readonly backup?: string | undefined;
  /** The name of a store; default: the first that has it. */
  readonly store?: string | undefined;
};

/** The newest backup with a manifest that verifies, or the one that is asked for. */
export async function chooseBackup(
  stores: readonly Store[],
  signers: readonly string[],
  { database, systemIdentifier = null, backup, store: asked }: Wish,
): Promise<Choice> {
  const unread: Choice['unread'][number][] = [];
  const found: { readonly set: BackupSet; readonly store: Store }[] = [];
  const servers = new Set<string>();
  for (const store of stores.filter(({ name }) => asked === undefined || name === asked)) {
    try {
      const { sets } = await inventory(store, signers);
      for (const server of serversOf(sets, database)) servers.add(server);
      const set = newest(
        sets.filter(({ manifest }) =>
          backup === undefined
            ? manifest.engine === 'logical' && isOf({ manifest }, { database, systemIdentifier })
            : manifest.backup === backup,
        ),
      );
      if (set !== null) found.push({ set, store });
    } catch (error) {
      unread.push({ store: store.name, fact: error instanceof Error ? error.message : String(error) });
    }
  }
  // Staging may be called as production is, and the newest of both be its.
  if (backup === undefined && systemIdentifier === null && servers.size > 1)
    return { set: null, store: null, unread, servers: [...servers] };
  const set = newest(found.map((one) => one.set));
  const store = found.find((one) => one.set === set)?.store ?? null;
  return { set, store, unread, servers: [] };
}
