import type { KeyObject } from 'node:crypto';
import type { RungResult, Timestamp } from '@surety/evidence';
import pg from 'pg';
import { serverNamesOnly, withAuthority } from '../targets/postgres/connection.ts';
import { withoutValues } from '../targets/postgres/sql-error.ts';
import { chooseBackup, type Wish } from './drill/choose.ts';
import { climbAll } from './drill/climb.ts';
import type { Isolation } from './drill/isolation.ts';
import { ladder, outcomeOf, type Rung } from './drill/ladder.ts';
import { type Receipt, receiptKey, sealReceipt } from './drill/receipt.ts';
import { type RecoveryPhase, stopwatch } from './drill/stopwatch.ts';
import type { BackupFacts } from './facts.ts';
import { newBackupId } from './make.ts';
import type { Store } from './stores/store.ts';

export type DrillOptions = Wish & {
  /** `newDrillId` makes one. */
  readonly drill: string;
  readonly facts: BackupFacts;
  /** PEM text of the authority that signs the certificate of production. */
  readonly ca?: string | undefined;
  /** Open ones; the caller closes them. */
  readonly stores: readonly Store[];
  /** Stores of the estate that could not be opened, and why. */
  readonly missing?: readonly { readonly store: string; readonly fact: string }[];
  /** How the copy is attacked; else why it is not, which leaves that rung out. */
  readonly isolation: Isolation | { readonly missing: string };
  /** Signs the receipt. */
  readonly key: KeyObject;
  /** Folder that relative paths of the estate start from. */
  readonly root: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** Registers what was only now learnt and must not be printed. */
  readonly secret: (value: string) => void;
  /** Told what begins. */
  readonly step: (text: string) => void;
  /** Told of each rung as it ends. */
  readonly told: (rung: Rung) => void;
};

export type DrillOutcome = {
  readonly drill: string;
  readonly backup: string | null;
  readonly store: string | null;
  readonly outcome: RungResult;
  /** All eleven, in order. */
  readonly rungs: readonly Rung[];
  readonly started: Timestamp;
  readonly finished: Timestamp;
  /** Milliseconds by phase. */
  readonly recovery: Readonly<Record<RecoveryPhase, number>>;
  /** Milliseconds from the snapshot to the declaration; `null` where there was no backup. */
  readonly loss: number | null;
  readonly sizes: Receipt['sizes'];
  /** Milliseconds at the size of production, by the measured throughput; `null` where nobody knows that size. */
  readonly projected: number | null;
  /** Where its receipt lies, and where it could not be put. */
  readonly receipts: readonly { readonly store: string; readonly fact: string | null }[];
  /** Sentences for the reader. */
  readonly notes: readonly string[];
};

/** As backups are named: when it began, and eight random characters. */
export const newDrillId = newBackupId;

/**
 * Restores a backup into a server that is made for it and thrown away, and tries everything on the copy that can be tried. What a rung finds is its
 * result and never an error; a drill that is stopped tears down, and throws.
 */
export async function drill(options: DrillOptions): Promise<DrillOutcome> {
  const { facts, stores, now, signal } = options;
  const started = now();
  const watch = stopwatch();
  const climbing = ladder(options.told);
  const production = await askProduction(options);
  const choice = await watch('fetch', () =>
    chooseBackup(stores, facts.signers, { ...options, systemIdentifier: production.systemIdentifier }),
  );
  const climbed = await climbAll({ options, choice, climbing, watch });
  signal.throwIfAborted();
  const all = climbing.rungs();
  const { set } = choice;
  const recovery = watch.phases();
  const source = set?.manifest.source.size ?? null;
  const receipt: Receipt = {
    drill: options.drill,
    backup: set === null ? null : { backup: set.backup, store: set.store, manifest: set.digest },
    source: {
      database: set?.manifest.source.database ?? options.database,
      systemIdentifier: set?.manifest.source.systemIdentifier ?? null,
    },
    started: started.toISOString(),
    finished: now().toISOString(),
    outcome: outcomeOf(all),
    rungs: all.map((rung) => ({ ...rung })),
    recovery,
    loss: set === null ? null : started.getTime() - Date.parse(set.manifest.snapshot),
    sizes: {
      source,
      production: production.size,
      stored: set === null ? null : set.manifest.parts.reduce((sum, { bytes }) => sum + bytes, 0),
      plain: climbed.plain,
    },
    projected: climbed.complete ? project(recovery, source, production.size) : null,
    tools: climbed.tools,
  };
  return {
    ...receipt,
    backup: receipt.backup?.backup ?? null,
    store: receipt.backup?.store ?? null,
    recovery,
    receipts: await putReceipts(receipt, options),
    notes: [
      ...(options.missing ?? []).map(({ store, fact }) => `store ${store} could not be opened: ${fact}`),
      ...choice.unread.map(({ store, fact }) => `store ${store} could not be read: ${fact}`),
      ...climbed.notes,
    ],
  };
}

/** Linear in the size: what was measured, times as much. */
function project(
  recovery: Readonly<Record<string, number>>,
  source: number | null,
  production: number | null,
): number | null {
  if (source === null || production === null || source === 0) return null;
  const total = Object.values(recovery).reduce((sum, milliseconds) => sum + milliseconds, 0);
  return Math.round(total * Math.max(1, production / source));
}

const patience = 5_000;

type Production = { readonly size: number | null; readonly systemIdentifier: string | null };

/** Bytes of the live database, and which server it is on; `null` where it does not say: in a disaster it would not. */
async function askProduction({ facts, ca }: DrillOptions): Promise<Production> {
  const client = new pg.Client({
    ...(ca === undefined ? { connectionString: facts.url } : withAuthority(facts.url, ca)),
    application_name: 'surety drill',
    connectionTimeoutMillis: patience,
    query_timeout: patience,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(serverNamesOnly);
    const { rows } = await client.query<{ size: string; systemIdentifier: string | null }>(
      `select pg_catalog.pg_database_size(pg_catalog.current_database())::text as size,
        case when pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'execute')
          then (select system_identifier::text from pg_catalog.pg_control_system()) end as "systemIdentifier"`,
    );
    const [row] = rows;
    return row === undefined ? silent : { ...row, size: Number(row.size) };
  } catch {
    return silent;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const silent: Production = { size: null, systemIdentifier: null };

async function putReceipts(
  receipt: Receipt,
  { stores, key, missing = [] }: DrillOptions,
): Promise<DrillOutcome['receipts']> {
  const bytes = sealReceipt(receipt, key);
  const put = stores.map(async (store) => {
    try {
      await store.put(receiptKey(receipt.drill), once(bytes));
      return { store: store.name, fact: null };
    } catch (error) {
      return { store: store.name, fact: withoutValues(error).message };
    }
  });
  return [...(await Promise.all(put)), ...missing];
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
