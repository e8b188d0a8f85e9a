import { type KeyObject, randomBytes } from 'node:crypto';
import type { StoreOutcome, Timestamp } from '@surety/evidence';
import type pg from 'pg';
import { version } from '../version.ts';
import { checkStores } from './check-stores.ts';
import { sweepConnectionFiles } from './connection-files.ts';
import { copiesIn } from './copies.ts';
import { type Dumped, dumpAll } from './dump.ts';
import type { BackupFacts } from './facts.ts';
import type { Manifest } from './manifest.ts';
import { checkDatabase, checkFacts, type Preflight } from './preflight.ts';
import type { Description } from './publish.ts';
import { publishAll } from './publish-all.ts';
import { withSession } from './session.ts';
import type { Store } from './stores/store.ts';
import { findTools, type Tools } from './tools.ts';

export type MakeOptions = {
  /** `newBackupId` makes one. */
  readonly backup: string;
  /** When the schedule wanted it; `null` where a person does. */
  readonly slot: Date | null;
  readonly facts: BackupFacts;
  /** PEM text of the authority that signs the server's certificate. */
  readonly ca?: string | undefined;
  /** Open ones; the caller closes them. */
  readonly stores: readonly Store[];
  /** Stores of the estate that could not be opened, and why: the run fails for them, and goes on for the others. */
  readonly missing?: readonly { readonly store: string; readonly fact: string }[];
  /** Signs the manifests; its public half is among `facts.signers`. */
  readonly key: KeyObject;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
  readonly signal: AbortSignal;
  /** At most so many streams of rows at once. Default: as many as there are cores. */
  readonly streams?: number;
  /** Bytes that a backup is expected to take in a store. Default: half of the database. */
  readonly expect?: number;
  /** Told of each step that ended, as one line. */
  readonly step?: (line: string) => void;
};

/** How a backup ended. `done` only where every store of the estate has all of it, signed. */
export type BackupOutcome = {
  readonly backup: string;
  readonly outcome: 'done' | 'failed';
  /** By the clock of the database; `null` where it did not get that far. */
  readonly snapshot: Timestamp | null;
  readonly stores: readonly StoreOutcome[];
  /** Of each store that has it. */
  readonly manifests: readonly Manifest[];
  /** What a reader should know although nothing failed: databases that are not covered, passwords left out. */
  readonly notes: readonly string[];
  /** Why it failed as a whole; `null` where it did not. */
  readonly fact: string | null;
};

const day = 86_400_000;

/** `20261122T020000Z-1f2e3d4c` */
export function newBackupId(now: Date): string {
  const stamp = now
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replace(/[-:]/g, '');
  return `${stamp}-${randomBytes(4).toString('hex')}`;
}

/**
 * Dumps the database at one snapshot into every store at once, and signs what it stored, last. A store that fails is named in the outcome; where
 * the dump itself fails, no store has a backup, and what was stored is removed.
 *
 * @throws {SuretyError} `preflight/…`, `backup/running`, `tools/…` before anything was written; then whatever broke the dump
 */
export async function makeBackup(options: MakeOptions): Promise<BackupOutcome> {
  const { facts, key, signal, now } = options;
  const started = now();
  checkFacts(facts, key);
  await sweepConnectionFiles();
  const session = { url: facts.url, ca: options.ca, who: 'the role that dumps', signal };
  return withSession(session, async (client) => {
    const checked = await checkDatabase(client, now);
    const tools = await findTools(facts.tools, checked.major, options.env);
    const lockUntil = new Date(started.getTime() + facts.keep.days * day);
    const copies = copiesIn({ ...options, recipients: facts.recipients, lockUntil, expect: checked.size });
    const skews = await checkStores(copies, options.expect ?? checked.size / 2);
    try {
      const dumped = await dumpAll(client, { ...options, checked, tools, copies });
      const description = describe({ options, started, checked, tools }, dumped);
      return await publishAll(options, { copies, skews, description, lockUntil, notes: checked.notes });
    } catch (error) {
      await copies.clear(() => true);
      signal.throwIfAborted();
      throw error;
    } finally {
      await releaseLock(client);
    }
  });
}

type Run = {
  readonly options: MakeOptions;
  readonly started: Date;
  readonly checked: Preflight;
  readonly tools: Tools;
};

function describe(
  { options, started, checked, tools }: Run,
  { source, snapshot, took }: Dumped,
): Description {
  const { tables } = source;
  return {
    backup: options.backup,
    engine: 'logical',
    source: {
      systemIdentifier: checked.systemIdentifier,
      database: checked.database,
      server: checked.server,
      size: checked.size,
      tables: tables.length,
      rows: tables.reduce((sum, table) => sum + table.rows, 0),
    },
    slot: options.slot?.toISOString() ?? null,
    started: started.toISOString(),
    snapshot,
    databaseSkew: checked.skew,
    recipients: [...options.facts.recipients],
    ...(checked.withoutPasswords && { leftOut: ['role-passwords'] }),
    tools: { pg_dump: tools.pgDump.version.text, surety: version, node: process.versions.node },
    took,
  };
}

async function releaseLock(client: pg.ClientBase): Promise<void> {
  // It goes with the session; a pooler may keep that.
  await client.query('rollback').catch(() => undefined);
  await client.query('select pg_advisory_unlock_all()').catch(() => undefined);
}
