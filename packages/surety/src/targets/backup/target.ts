import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { canonicalize, type JsonObject } from '@surety/evidence';
import { type Receipts, readReceipts } from '../../backup/drill/receipt.ts';
import type { DrillOutcome } from '../../backup/drill.ts';
import { type BackupFacts, backupFacts, type StoreFacts } from '../../backup/facts.ts';
import { type Archiver, readArchiver } from '../../backup/physical/archiver.ts';
import { drillPointInTime, type PointInTimeOutcome } from '../../backup/physical/drill.ts';
import { newest } from '../../backup/sets.ts';
import type { SourceFacts } from '../../backup/source-facts.ts';
import { openStore } from '../../backup/stores/open.ts';
import type { Store } from '../../backup/stores/store.ts';
import type { Control } from '../../core/control.ts';
import { BlindError, SuretyError } from '../../core/error.ts';
import type { Handle, OpenContext, TargetKind, Touch } from '../../core/target.ts';
import { hostsOf } from '../postgres/facts.ts';
import { once } from '../postgres/once.ts';
import { passwordsIn } from '../postgres/passwords.ts';
import { drillHere } from './drill-here.ts';
import { type FailureDomain, failureDomain } from './failure-domain.ts';
import { type GuardTrial, type GuardTrialOptions, guardTrial } from './guard-trial.ts';
import { type Kept, type KeptSet, readKept } from './kept.ts';
import { countTables, type LiveSource, readLive } from './live.ts';
import { signingKeys } from './signing-keys.ts';
import { openSourceFacts } from './source-facts-of.ts';

/** One store of the backups, opened at the first question. */
export type BackupStore = {
  readonly name: string;
  readonly kind: Store['kind'];
  readonly lock: Store['lock'];
  /** @throws {BlindError} when it is not there, does not answer or does not let us in */
  open(): Promise<Store>;
  /** Looked at once per opening. @throws {BlindError} */
  kept(): Promise<Kept>;
  /** Signed receipts of drills, oldest first. @throws {BlindError} */
  receipts(): Promise<Receipts>;
  /** @throws {BlindError} where the folder cannot be found */
  domain(): Promise<FailureDomain>;
  /** Its folder, where it is one. */
  readonly folder: string | null;
};

/** What the estate says of the backups, without anything secret. */
type Said = Pick<
  BackupFacts,
  'objectives' | 'schedule' | 'keep' | 'recipients' | 'signers' | 'job' | 'alerts' | 'physical'
>;

/** The backups of one database: its stores, and the database as the role that dumps sees it. */
export type BackupTarget = Said & {
  /** The name in the connection string. */
  readonly database: string;
  /** Folder that relative paths start from. */
  readonly root: string;
  /** Whether the estate here holds an identity, which opens backups. */
  readonly holdsIdentity: boolean;
  /** Names of the keys here that sign backups: where there is one, backups are made. */
  signingKeys(): Promise<readonly string[]>;
  readonly stores: readonly BackupStore[];
  readonly touch: Touch;
  readonly signal: AbortSignal;
  now(): Date;
  /** Looked at once per opening. @throws {BlindError} `postgres/…` */
  source(): Promise<LiveSource>;
  /** How many tables of users' another database of the cluster has. @throws {BlindError} `postgres/…` */
  tablesIn(database: string): Promise<number>;
  /** What the source was at the snapshot. @throws {BlindError} `backup/no-identity` */
  sourceAt(store: BackupStore, set: KeptSet): Promise<SourceFacts>;
  /**
   * Restores the newest backup into a server that is thrown away, and attacks the copy with `isolated`. What a rung finds is
   * its result and never an error; nothing is put into the stores.
   */
  drill(isolated: Control): Promise<DrillOutcome>;
  /** Tries every restore that has to be refused, on a server and an estate of its own. @param entry what restores; `null`: the verb */
  guardTrial(entry: GuardTrialOptions['entry']): Promise<GuardTrial>;
  /** How the server hands its WAL to the archive. @throws {BlindError} `postgres/…` */
  archiver(): Promise<Archiver>;
  /**
   * Restores a copy of the cluster to one second, by pgBackRest.
   *
   * @param signed SHA-256 of `backup.manifest` by label, as signed manifests have it
   * @throws {BlindError} `physical/…`
   */
  pointInTime(signed: ReadonlyMap<string, string>): Promise<PointInTimeOutcome>;
};

declare module '../../core/target.ts' {
  interface TargetKinds {
    backup: BackupTarget;
  }
}

const kind: TargetKind<'backup', BackupFacts> = {
  kind: 'backup',
  summary: 'the backups of one PostgreSQL database: where they go, how often, for how long',
  facts: backupFacts,
  hosts: ({ url, stores }) => [...hostsOf(url), ...Object.values(stores).flatMap(hostsOfStore)],
  open: openBackup,
};

export default kind;

function hostsOfStore(facts: StoreFacts): readonly string[] {
  if ('folder' in facts) return [];
  if (facts.endpoint === undefined) return [`${facts.bucket}.s3.${facts.region}.amazonaws.com`];
  return [new URL(facts.endpoint).hostname];
}

async function openBackup(facts: BackupFacts, context: OpenContext): Promise<BackupTarget & Handle> {
  learnSecrets(facts, context.secret);
  const { root, signal, touch } = context;
  const { objectives, schedule, keep, recipients, signers, job, alerts, physical } = facts;
  const database = databaseIn(facts.url);
  const at = once(async () => ({ url: facts.url, ca: await authorityOf(facts, root), signal }));
  const source = once(async () => readLive(await at()));
  const opened: Store[] = [];
  const stores = Object.entries(facts.stores).map(([name, said]): BackupStore => {
    const open = once(async () => {
      const store = await openStore(name, said, context);
      opened.push(store);
      return store;
    });
    return {
      name,
      kind: 'folder' in said ? 'folder' : 's3',
      lock: 'folder' in said ? 'none' : said.lock,
      folder: 'folder' in said ? resolve(root, said.folder) : null,
      open,
      receipts: once(async () => readReceipts(await open(), signers)),
      kept: once(async () => readKept(await open(), signers, await whose(database, source))),
      domain: async () => {
        await open();
        return failureDomain(said, root);
      },
    };
  });
  return {
    ...{ objectives, schedule, keep, recipients, signers, job, alerts, physical },
    ...{ database, root, touch, signal, stores, source },
    holdsIdentity: facts.identity !== undefined,
    signingKeys: () => signingKeys(root, signers),
    now: () => new Date(),
    tablesIn: async (other) => countTables({ ...(await at()), url: inDatabase(facts.url, other) }),
    sourceAt: async (store, set) => openSourceFacts(await store.open(), set, facts.identity, signal),
    async drill(isolated) {
      const { ca } = await at();
      return drillHere(
        { facts, database, ca, stores, context: { root, signal, secret: context.secret } },
        isolated,
      );
    },
    guardTrial: (entry) => guardTrial({ database, entry, signal, secret: context.secret }),
    archiver: async () => readArchiver(await at()),
    async pointInTime(signed) {
      if (physical === undefined) throw withoutPhysical();
      const { secret } = context;
      return drillPointInTime({ ...(await at()), physical, root, signed, secret });
    },
    identity: () => identityOf(database, stores, source),
    revision: async () => digestOf(facts),
    principal: () => source().then(nameOf, () => null),
    close: async () => {
      await Promise.allSettled(opened.map((store) => store.close()));
    },
  };
}

function withoutPhysical(): BlindError {
  return new BlindError(
    'physical/no-facts',
    'the estate says nothing of pgBackRest',
    'name its stanza and config as `physical` of the target',
  );
}

function learnSecrets(facts: BackupFacts, secret: (value: string) => void): void {
  for (const password of passwordsIn(facts.url)) secret(password);
  if (facts.identity !== undefined) secret(facts.identity);
  for (const store of Object.values(facts.stores)) if ('bucket' in store) secret(store.secretAccessKey);
}

/** The one that libpq would connect to. */
function databaseIn(url: string): string {
  const { pathname, username } = new URL(url);
  return decodeURIComponent(pathname.slice(1)) || decodeURIComponent(username) || 'postgres';
}

function inDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${encodeURIComponent(database)}`;
  return changed.href;
}

async function authorityOf({ ca }: BackupFacts, root: string): Promise<string | undefined> {
  if (ca === undefined) return undefined;
  try {
    return await readFile(resolve(root, ca), 'utf8');
  } catch (cause) {
    throw new BlindError('backup/no-ca', `${ca} cannot be read`, 'mend ca of the target', { cause });
  }
}

/** While the database is away, backups count by its name alone. */
async function whose(database: string, source: () => Promise<LiveSource>) {
  const systemIdentifier = await source().then(
    (live) => live.systemIdentifier,
    (error: unknown) => {
      if (error instanceof SuretyError) return null;
      throw error;
    },
  );
  return { database, systemIdentifier };
}

/** The database as it says itself; while it is away, as its newest backup said of it. */
async function identityOf(
  database: string,
  stores: readonly BackupStore[],
  source: () => Promise<LiveSource>,
): Promise<JsonObject> {
  const live = await source().catch(() => null);
  const systemIdentifier = live?.systemIdentifier ?? (await lastKnown(stores));
  return { database, systemIdentifier, stores: stores.map(({ name }) => name) };
}

async function lastKnown(stores: readonly BackupStore[]): Promise<string | null> {
  const kept = await Promise.all(stores.map((store) => store.kept().catch(() => null)));
  return newest(kept.flatMap((one) => one?.sets ?? []))?.manifest.source.systemIdentifier ?? null;
}

/** What the estate says of them: a proof of other stores, recipients or objectives is a proof of something else. */
function digestOf(facts: BackupFacts): string {
  const stores = Object.entries(facts.stores).map(([name, said]) =>
    'folder' in said
      ? { name, folder: said.folder }
      : {
          name,
          bucket: said.bucket,
          endpoint: said.endpoint ?? said.region,
          prefix: said.prefix,
          lock: said.lock,
        },
  );
  const { recipients, signers, schedule, keep, objectives } = facts;
  const said = { stores, recipients, signers, schedule, keep, objectives };
  return createHash('sha256')
    .update(canonicalize(JSON.parse(JSON.stringify(said))))
    .digest('hex');
}

function nameOf({ role: { name, superuser, bypassRls } }: LiveSource): string {
  return `${name} (${superuser ? 'superuser' : bypassRls ? 'bypassrls' : 'bound by row security'})`;
}
