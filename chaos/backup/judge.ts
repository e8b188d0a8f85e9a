import { type BackupRecord, type LoggedRecord, readLog } from '@surety/evidence';
import { manifestKey } from '../../packages/surety/src/backup/manifest.ts';
import { intactSets } from '../../packages/surety/src/backup/prune.ts';
import { checkPart } from '../../packages/surety/src/backup/restore/parts.ts';
import { restoreInto } from '../../packages/surety/src/backup/restore.ts';
import { type BackupSet, type Inventory, inventory } from '../../packages/surety/src/backup/sets.ts';
import type { Store } from '../../packages/surety/src/backup/stores/store.ts';
import { databaseUrl, inDatabase, withClient } from '../../packages/surety/src/testing/pg-client.ts';
import type { Tally } from '../chaos.ts';
import { isOfOneMoment } from './ledger.ts';
import type { Stage } from './stage.ts';
import type { Said } from './tool.ts';

/** What there is after a run, what it said of that, and what became of what was there before. */
export type Judge = {
  /** Gives in a few words how the run ended. */
  judge(said: Said, options: { readonly deaf: boolean }): Promise<string>;
  /** Backups that were seen to restore. */
  restored(): number;
  /** Waits for the restores that are under way. */
  settle(): Promise<void>;
  /** Reads every byte of the first backup again. */
  readFirst(): Promise<void>;
  /** Removes backups that were seen to restore, but for the first and the last ones. */
  thin(): Promise<void>;
};

const placeOf = ({ store, backup }: Pick<BackupSet, 'store' | 'backup'>): string => `${store}/${backup}`;

export function judgeOf(stage: Stage, count: Tally, signal: AbortSignal): Judge {
  const { stores, facts } = stage;
  /** Those that verified, by store and backup, with the digest of their manifest. */
  const known = new Map<string, BackupSet>();
  const recorded = new Set<string>();
  const proven = new Set<string>();
  const first: BackupSet[] = [];
  let queue: Promise<void> = Promise.resolve();

  const isWhole = async (set: BackupSet): Promise<boolean> => {
    const store = storeNamed(stores, set.store);
    try {
      for (const part of set.manifest.parts) await checkPart(store, part, signal);
      return true;
    } catch (error) {
      if (signal.aborted) throw error;
      count.falseSuccess(`${placeOf(set)} verifies, and its parts do not: ${messageOf(error)}`);
      return false;
    }
  };

  const lookForLosses = async (found: ReadonlyMap<string, Inventory>): Promise<void> => {
    for (const store of stores) {
      const sets = found.get(store.name)?.sets ?? [];
      const intact = await intactSets(store, sets);
      for (const [place, set] of known) {
        if (set.store !== store.name) continue;
        const now = sets.find(({ backup, digest }) => backup === set.backup && digest === set.digest);
        if (now !== undefined && intact.has(set.backup)) continue;
        count.lost(`${place} was good, and is ${now === undefined ? 'gone' : 'no longer whole'}`);
        known.delete(place);
      }
    }
  };

  return {
    async judge(said, { deaf }) {
      const found = await inventories(stores, facts.signers);
      await lookForLosses(found);
      const fresh = [...found.values()].flatMap(({ sets }) => sets.filter((set) => !known.has(placeOf(set))));
      const whole: BackupSet[] = [];
      for (const set of fresh) if (await isWhole(set)) whole.push(set);
      for (const set of whole) known.set(placeOf(set), set);
      if (first.length === 0) first.push(...whole);
      const records = (await newRecords(stage.log)).filter(({ backup }) => !recorded.has(backup));
      for (const { backup } of records) recorded.add(backup);
      agree(said, records, whole, { deaf, stores: stores.map(({ name }) => name), count });
      const [one] = whole;
      if (one !== undefined) {
        // Parts that were read and have the same digests are the same bytes: one of the copies is enough.
        const restored = whole[whole.length - 1 - (proven.size % whole.length)] ?? one;
        queue = queue
          .then(() => restore(stage, restored, count, signal))
          .then((ok) => {
            if (ok) proven.add(restored.backup);
          });
      }
      return endOf(said, whole.length, stores.length);
    },
    restored: () => proven.size,
    settle: () => queue,
    async readFirst() {
      for (const set of first) if (known.has(placeOf(set))) await isWhole(set);
    },
    async thin() {
      await queue;
      const sets = [...known.values()].filter(({ backup }) => proven.has(backup));
      const last = [...proven].slice(-2);
      for (const set of sets) {
        if (set.backup === first[0]?.backup || last.includes(set.backup)) continue;
        const store = storeNamed(stores, set.store);
        await store.remove(manifestKey(set.backup), set.version);
        for (const { key, version } of set.manifest.parts) await store.remove(key, version);
        known.delete(placeOf(set));
      }
    },
  };
}

type Agreement = {
  readonly deaf: boolean;
  readonly stores: readonly string[];
  readonly count: Tally;
};

/** What the tool said, by exit code, document and log, is what is there: nothing more, and where it could know, nothing less. */
function agree(
  { exit, document, text }: Said,
  records: readonly BackupRecord[],
  whole: readonly BackupSet[],
  { deaf, stores, count }: Agreement,
): void {
  const has = (store: string): boolean => whole.some((set) => set.store === store);
  const everywhere = stores.every(has);
  const last = records.at(-1);
  const claims = [
    ...(exit === 0 ? stores.map((store) => ['exit code 0', store] as const) : []),
    ...(document?.outcome === 'done' ? stores.map((store) => ['its document', store] as const) : []),
    ...(last?.outcome === 'done' ? stores.map((store) => ['its record', store] as const) : []),
    ...(document?.stores ?? []).flatMap(({ store, outcome }) =>
      outcome === 'stored' ? [['its document', store] as const] : [],
    ),
    ...(last?.stores ?? []).flatMap(({ store, outcome }) =>
      outcome === 'stored' ? [['its record', store] as const] : [],
    ),
  ];
  for (const [who, store] of claims)
    if (!has(store)) count.falseSuccess(`${who} says that ${store} has it, which it has not`);
  if (exit === 0 && last?.outcome !== 'done') count.fault('exit code 0 without a record that it is done');
  if (new Set(records.map(({ backup }) => backup)).size > 1) count.fault('one run is recorded as several');
  const other = whole.find(({ backup }) => backup !== last?.backup);
  if (other !== undefined) count.fault(`${other.backup} is there, and no record says that it was begun`);
  if (exit === null || deaf) return;
  if (everywhere && exit === 11)
    count.fault(`every store has it, and the tool says that it failed: ${lastLine(text)}`);
  for (const { store, outcome } of last?.stores ?? [])
    if (outcome === 'failed' && has(store)) count.fault(`its record says that ${store} has none, and it has`);
  if (exit !== 0 && last?.outcome === 'started')
    count.fault(`it ended with ${exit} and recorded no end: ${lastLine(text)}`);
}

async function inventories(
  stores: readonly Store[],
  signers: readonly string[],
): Promise<ReadonlyMap<string, Inventory>> {
  const found = await Promise.all(
    stores.map(async (store) => [store.name, await inventory(store, signers)] as const),
  );
  return new Map(found);
}

/** What the log says of each run last, in their order. */
async function newRecords(folder: string): Promise<readonly BackupRecord[]> {
  const records = await readLog(folder).then(
    (log) => log.records,
    (): readonly LoggedRecord[] => [],
  );
  const byRun = new Map<string, BackupRecord>();
  for (const { record } of records) if (record.type === 'backup') byRun.set(record.backup, record);
  return [...byRun.values()];
}

async function restore(stage: Stage, set: BackupSet, count: Tally, signal: AbortSignal): Promise<boolean> {
  const database = `copy_${set.backup.slice(-8)}`;
  const { scratch, tools, identity, stores } = stage;
  try {
    const { differences } = await restoreInto({
      ...{ set, database, tools, identity, signal },
      store: storeNamed(stores, set.store),
      server: scratch.url,
      jobs: 2,
      now: () => new Date(),
      secret: () => undefined,
      step: () => undefined,
    });
    const ofOneMoment = await inDatabase(scratch.url, database, isOfOneMoment);
    const [different] = differences;
    if (different !== undefined)
      count.falseSuccess(
        `${placeOf(set)} restores as something else: ${different.kind} ${different.name}, and ${differences.length - 1} more`,
      );
    else if (!ofOneMoment) count.falseSuccess(`${placeOf(set)} is of no single moment`);
    return different === undefined && ofOneMoment;
  } catch (error) {
    if (!signal.aborted)
      count.falseSuccess(`${placeOf(set)} verifies, and does not restore: ${messageOf(error)}`);
    return false;
  } finally {
    await withClient(databaseUrl(scratch.url, 'postgres'), (client) =>
      client.query(`drop database if exists ${database} with (force)`),
    ).catch(() => undefined);
  }
}

function endOf({ exit }: Said, copies: number, stores: number): string {
  const left =
    copies === 0
      ? 'nothing left'
      : copies === stores
        ? 'whole, restored'
        : `whole in ${copies} of ${stores}, restored`;
  return exit === null ? left : `${left} (exit ${exit})`;
}

function storeNamed(stores: readonly Store[], name: string): Store {
  const found = stores.find((store) => store.name === name);
  if (found === undefined) throw new Error(`no store ${name}`);
  return found;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
