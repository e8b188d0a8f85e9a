import type { BackupRecord } from '@surety/evidence';
import type { BackupFacts } from '../../backup/facts.ts';
import { type Pruned, type PrunedSource, prune } from '../../backup/prune.ts';
import { withSession } from '../../backup/session.ts';
import { type Inventory, inventory, isOf, newest } from '../../backup/sets.ts';
import { backupStanding } from '../../backup/standing.ts';
import type { Store } from '../../backup/stores/store.ts';
import { SuretyError } from '../../core/error.ts';

export type PruneAllOptions = {
  readonly facts: BackupFacts;
  /** PEM text of the authority that signs the certificate of the database. */
  readonly ca?: string | undefined;
  /** Open ones. */
  readonly stores: readonly Store[];
  /** Stores of the estate that could not be opened, and why. */
  readonly missing: readonly { readonly store: string; readonly fact: string }[];
  /** Of this target, from the log; they say how the last run ended. */
  readonly records: readonly BackupRecord[];
  readonly dryRun: boolean;
  /** The plan that a person has seen, by store: its digest, as `Pruned.digest` gave it. */
  readonly expected?: Readonly<Record<string, string>>;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Told what goes, what stays and why, a line each. */
  readonly say: (line: string) => void;
};

export type PrunedAll = {
  readonly stores: readonly Pruned[];
  /** `unknown`: a store, or the clock of the database, could not be looked at, or retention refused; nothing went there. */
  readonly outcome: 'done' | 'unknown';
};

/**
 * Removes from every store what retention lets go. A store that cannot be read keeps all of them from being pruned: it may
 * hold what another one lacks.
 */
export async function pruneAll(options: PruneAllOptions): Promise<PrunedAll> {
  const { facts, stores, missing, say, now } = options;
  const { read, unread } = await inventories(stores, facts.signers);
  for (const { store, fact } of [...missing, ...unread])
    say(`${store}: nothing is removed anywhere: ${fact}`);
  if (missing.length + unread.length > 0) return { stores: [], outcome: 'unknown' };
  const { skew: databaseSkew, source } = await askDatabase(options);
  // What others store there says nothing of how the last run of this one ended.
  const own = new Map(
    [...read].map(([name, { sets, others }]) => [
      name,
      { sets: sets.filter((set) => source === null || isOf(set, source)), others },
    ]),
  );
  const { lastRun } = backupStanding({
    facts,
    stores: Object.fromEntries(own),
    records: options.records,
    now: now(),
  });
  // Where the log of who makes backups is not here, what failed last shows in the stores: one of them lacks it.
  const newestIn = [...own.values()].map(({ sets }) => newest(sets)?.backup);
  const everywhere = new Set(newestIn).size === 1;
  const pruned: Pruned[] = [];
  for (const store of stores) {
    const others = [...read].filter(([name]) => name !== store.name);
    const expected = options.expected?.[store.name];
    pruned.push(
      await prune({
        store,
        source,
        signers: facts.signers,
        keep: facts.keep,
        schedule: facts.schedule,
        now,
        databaseSkew,
        lastRun: lastRun?.outcome === 'done' && everywhere ? 'done' : 'failed',
        elsewhere: new Set(others.flatMap(([, { sets }]) => sets.map(({ backup }) => backup))),
        dryRun: options.dryRun,
        ...(expected === undefined ? {} : { expected }),
        say,
        signal: options.signal,
      }),
    );
  }
  // What a store holds back, by its lock or because our key may not delete there, was said, and is as it should be.
  const refused = pruned.some(({ plan }) => plan.refused !== null);
  return { stores: pruned, outcome: refused ? 'unknown' : 'done' };
}

async function inventories(stores: readonly Store[], signers: readonly string[]) {
  const read = new Map<string, Inventory>();
  const unread: { store: string; fact: string }[] = [];
  for (const store of stores) {
    try {
      read.set(store.name, await inventory(store, signers));
    } catch (error) {
      if (!(error instanceof SuretyError)) throw error;
      unread.push({ store: store.name, fact: error.message });
    }
  }
  return { read, unread };
}

type Answer = { readonly skew: number | null; readonly source: PrunedSource | null };

/** Milliseconds that its clock is ahead of ours, and which it is; `null` where it does not say. */
async function askDatabase({
  facts,
  ca,
  signal,
  now,
}: Pick<PruneAllOptions, 'facts' | 'ca' | 'signal' | 'now'>): Promise<Answer> {
  try {
    return await withSession({ url: facts.url, ca, who: 'the role that dumps', signal }, async (client) => {
      const before = now().getTime();
      const { rows } = await client.query<PrunedSource & { clock: Date }>(
        `select clock_timestamp() as clock, current_database()::text as database,
          (select system_identifier::text from pg_control_system()) as "systemIdentifier"`,
      );
      const between = (before + now().getTime()) / 2;
      const [row] = rows;
      if (row === undefined) return silent;
      const { clock, ...source } = row;
      return { skew: Math.round(clock.getTime() - between), source };
    });
  } catch (error) {
    if (!(error instanceof SuretyError)) throw error;
    return silent;
  }
}

const silent: Answer = { skew: null, source: null };
