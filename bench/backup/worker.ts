/** One backup, restore or drill in a process of its own, which loads no more than it needs, as the command does: what it is to do comes by standard input, what it took goes to standard output. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { json } from 'node:stream/consumers';
import { publicKeyText } from '@surety/evidence';
import { backupFacts } from '../../packages/surety/src/backup/facts.ts';
import type { Store } from '../../packages/surety/src/backup/stores/store.ts';
import { type Done, type Job, job } from './job.ts';

const { signal } = new AbortController();
const now = (): Date => new Date();
const silent = (): void => undefined;
type Work<Kind extends Job['kind']> = Extract<Job, { kind: Kind }>;

async function backup(work: Work<'backup'>, store: Store): Promise<Omit<Done, 'peak'>> {
  const { makeBackup, newBackupId } = await import('../../packages/surety/src/backup/make.ts');
  const key = createPrivateKey(work.key);
  const outcome = await makeBackup({
    backup: newBackupId(now()),
    slot: null,
    facts: factsOf(work),
    stores: [store],
    key,
    env: process.env,
    now,
    signal,
    ...(work.streams !== undefined && { streams: work.streams }),
  });
  if (outcome.outcome !== 'done') throw new Error(`no backup: ${outcome.fact}`);
  const [manifest] = outcome.manifests;
  return { bytes: outcome.stores[0]?.bytes ?? 0, took: manifest?.took ?? {} };
}

async function restore(work: Work<'restore'>, store: Store): Promise<Omit<Done, 'peak'>> {
  const { restoreInto } = await import('../../packages/surety/src/backup/restore.ts');
  const { inventory } = await import('../../packages/surety/src/backup/sets.ts');
  const { findTools } = await import('../../packages/surety/src/backup/tools.ts');
  const signer = publicKeyText(createPublicKey(createPrivateKey(work.key)));
  const [set] = (await inventory(store, [signer])).sets;
  if (set === undefined) throw new Error('there is no backup to restore');
  const restored = await restoreInto({
    set,
    store,
    identity: work.identity,
    server: work.server,
    database: work.database,
    tools: await findTools(undefined, Number(set.manifest.source.server.split('.')[0]), process.env),
    now,
    signal,
    secret: silent,
    step: silent,
  });
  if (restored.differences.length > 0) throw new Error(`${restored.differences.length} differences`);
  return { bytes: restored.bytes.stored, took: inSeconds(restored.phases) };
}

async function drilled(work: Work<'drill'>, store: Store): Promise<Omit<Done, 'peak'>> {
  const { drill, newDrillId } = await import('../../packages/surety/src/backup/drill.ts');
  const outcome = await drill({
    drill: newDrillId(now()),
    database: new URL(work.url).pathname.slice(1),
    facts: { ...factsOf(work), identity: work.identity },
    stores: [store],
    isolation: { missing: 'no part of the bench' },
    key: createPrivateKey(work.key),
    root: process.cwd(),
    env: process.env,
    now,
    signal,
    secret: silent,
    step: silent,
    told: silent,
  });
  const failed = outcome.rungs.filter(({ result }) => result === 'fail');
  if (failed.length > 0) throw new Error(failed.map(({ rung, fact }) => `${rung}: ${fact}`).join('; '));
  return { bytes: outcome.sizes.stored ?? 0, took: inSeconds(outcome.recovery) };
}

function factsOf({ url, store, recipients, key }: Work<'backup'> | Work<'drill'>) {
  const signers = [publicKeyText(createPublicKey(createPrivateKey(key)))];
  return backupFacts.parse({ url, stores: { store }, recipients, signers });
}

function inSeconds(phases: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(phases).map(([phase, milliseconds]) => [phase, milliseconds / 1000]),
  );
}

async function act(work: Exclude<Job, { kind: 'bucket' }>, store: Store): Promise<Omit<Done, 'peak'>> {
  if (work.kind === 'backup') return backup(work, store);
  return work.kind === 'restore' ? restore(work, store) : drilled(work, store);
}

const work = job.parse(await json(process.stdin));
if (work.kind === 'bucket') {
  const { startS3Fake } = await import('../../packages/surety/src/testing/s3-fake.ts');
  // Until it is ended.
  const bucket = await startS3Fake();
  console.log(JSON.stringify(bucket.facts()));
} else {
  const { openStore } = await import('../../packages/surety/src/backup/stores/open.ts');
  const store = await openStore('store', work.store, { root: process.cwd(), signal, secret: silent });
  const { bytes, took } = await act(work, store);
  const result: Done = { bytes, took, peak: process.resourceUsage().maxRSS * 1024 };
  console.log(JSON.stringify(result));
  await store.close();
}
