import { readdirSync, utimesSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { verifyLog } from '@surety/evidence';
import { prune } from '../../packages/surety/src/backup/prune.ts';
import { inventory, newest } from '../../packages/surety/src/backup/sets.ts';
import { withClient } from '../../packages/surety/src/testing/pg-client.ts';
import type { Tally } from '../chaos.ts';
import type { Random } from '../random.ts';
import { type Judge, judgeOf } from './judge.ts';
import { type LeakSearch, leakSearch } from './leaks.ts';
import { childrenOf, kill, type Process, remaining } from './processes.ts';
import { type Stage, type StageOptions, setStage } from './stage.ts';
import { type Strike, strikes, type Usual } from './strike.ts';
import { type Said, startTool } from './tool.ts';

export type KillsOptions = StageOptions & {
  readonly tries: number;
  readonly random: Random;
  readonly count: Tally;
  readonly say: (line: string) => void;
};

const hour = 3_600_000;
/** Milliseconds within which a run has to end, whatever befell it. */
const patience = 180_000;
/** Tries from one day to the next. */
const day = 12;

/**
 * Makes a good backup, then breaks one run after the other at random moments, and looks each time what is there, what was said, and whether
 * what verifies restores. In the end a backup has to succeed without anybody's help.
 */
export async function killAtRandom(options: KillsOptions): Promise<void> {
  const { tries, random, count, say, signal } = options;
  const stage = await setStage(options);
  try {
    const judge = judgeOf(stage, count, signal);
    const leaks = leakSearch(stage.stores, [stage.temporary], stage.secrets);
    const before = shared();
    const usual = await undisturbed(stage, judge, count);
    say(`an undisturbed backup takes ${((usual.before + usual.rest) / 1000).toFixed(1)} s`);
    if (!stage.isSmall && options.room !== null)
      count.untried('fill the disk: this account may not mount a file system of its own');
    const possible = strikes.filter(({ kind }) => stage.isSmall || kind !== 'fill the disk');
    let order: readonly Strike[] = [];
    for (let n = 0; n < tries && !signal.aborted; n += 1) {
      if (order.length === 0) order = random.shuffled(possible);
      const [strike, ...others] = order;
      order = others;
      if (strike === undefined) break;
      await oneTry(strike, { ...options, stage, judge, usual, leaks });
      if (n % day !== day - 1) continue;
      await judge.thin();
      await nextDay(stage, count);
      say(`${n + 1} of ${tries} kills, ${judge.restored()} backups restored`);
    }
    signal.throwIfAborted();
    await atLast(stage, judge, count, signal);
    for (const fact of await leaks.look('')) count.fault(fact);
    const left = shared().filter((name) => !before.includes(name));
    // Somebody else's restore has one for an instant.
    await after(500);
    for (const name of shared()) if (left.includes(name)) count.fault(`/dev/shm/${name} was left behind`);
  } finally {
    await stage.close();
  }
}

const shared = (): readonly string[] => {
  try {
    return readdirSync('/dev/shm').filter((name) => name.startsWith('surety-restore-'));
  } catch {
    return [];
  }
};

type Try = KillsOptions & {
  readonly stage: Stage;
  readonly judge: Judge;
  readonly usual: Usual;
  readonly leaks: LeakSearch;
};

async function oneTry(
  strike: Strike,
  { stage, judge, usual, leaks, random, count, signal }: Try,
): Promise<void> {
  await quiet(stage);
  const talks = stage.line.next();
  const run = startTool(stage.estate, stage.env);
  const alarm = setTimeout(() => kill(run.pid, 'SIGKILL'), patience);
  const moment = momentOf(random, usual);
  const children: Process[] = [];
  const wait = async (): Promise<void> => {
    await Promise.race([run.ended, moment.early === null ? talks : after(moment.early)]);
    if (moment.early === null) await Promise.race([run.ended, after(moment.late)]);
    children.push(...childrenOf(run.pid));
  };
  const struck = await strike.act(run, wait, stage, usual, random);
  const said = await run.ended;
  clearTimeout(alarm);
  if (run.age() >= patience) count.fault(`${strike.kind}: the tool did not end within ${patience / 1000} s`);
  await strike.mend?.(stage);
  await stage.source.rise();
  for (const { pid } of await remaining(children, 10_000)) {
    count.fault(`${strike.kind}: a program that the tool had started went on without it`);
    kill(pid, 'SIGKILL');
  }
  signal.throwIfAborted();
  const end = await judge.judge(said, { deaf: struck === 'struck' && strike.deafens });
  count.ended(strike.kind, struck === 'struck' ? end : `too late: ${end}`);
  for (const fact of await leaks.look(said.text)) count.fault(fact);
}

/** Some before anything is written, most while it is, many of them near the end, where it matters what is said. */
function momentOf(
  random: Random,
  { before, rest }: Usual,
): { readonly early: number | null; readonly late: number } {
  if (random.next() < 0.1) return { early: random.next() * before, late: 0 };
  const near = random.next() < 0.4;
  const share = near ? 0.6 + random.next() * 0.4 : random.next();
  return { early: null, late: share * rest };
}

/** Until the server has noticed that the last run is gone. */
async function quiet({ source }: Stage): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    const busy = await withClient(source.url, async (client) => {
      const { rows } = await client.query<{ busy: boolean }>(
        `select exists (select from pg_stat_activity where application_name = 'surety') as busy`,
      );
      return rows[0]?.busy === true;
    });
    if (!busy) return;
    await after(20);
  }
}

/** Twice: the first one reads programs from the disk. */
async function undisturbed(stage: Stage, judge: Judge, count: Tally): Promise<Usual> {
  const measured: Usual[] = [];
  for (const _ of [1, 2]) {
    const sent = stage.line.bytes();
    const talks = stage.line.next();
    const run = startTool(stage.estate, stage.env);
    await Promise.race([talks, run.ended]);
    const before = run.age();
    const said = await run.ended;
    measured.push({ before, rest: run.age() - before, bytes: stage.line.bytes() - sent });
    mustSucceed(said, count);
    count.ended('undisturbed', await judge.judge(said, { deaf: false }));
  }
  const [, usual] = measured;
  if (usual === undefined) throw new Error('nothing was measured');
  return usual;
}

function mustSucceed({ exit, text }: Said, count: Tally): void {
  if (exit !== 0)
    count.fault(`an undisturbed backup ends with exit code ${exit}: ${text.trim().slice(0, 600)}`);
}

/** What interrupted runs left is listed, and gone a day later; what is good stays. */
async function nextDay({ stores, facts }: Stage, count: Tally): Promise<void> {
  const found = await Promise.all(stores.map((store) => inventory(store, facts.signers)));
  for (const [index, store] of stores.entries()) {
    const elsewhere = new Set(
      found.flatMap(({ sets }, at) => (at === index ? [] : sets.map(({ backup }) => backup))),
    );
    const source = newest(found[index]?.sets ?? [])?.manifest.source ?? null;
    const { plan } = await prune({
      ...{ store, source, elsewhere, signers: facts.signers, keep: facts.keep, schedule: facts.schedule },
      now: () => new Date(Date.now() + 25 * hour),
      databaseSkew: 0,
      lastRun: 'done',
      dryRun: false,
      say: () => undefined,
      signal: new AbortController().signal,
    });
    if (plan.refused !== null) count.fault(`${store.name}: leftovers stay: ${plan.refused}`);
    const { sets, others } = await inventory(store, facts.signers);
    // What is newer than the last good one is not superseded yet.
    const latest = newest(sets)?.backup ?? '';
    for (const { backup, why } of others)
      if (!elsewhere.has(backup) && backup < latest)
        count.fault(`${store.name}: ${backup} is still there a day later: ${why}`);
    if (sets.length !== found[index]?.sets.length)
      count.lost(`${store.name}: clearing leftovers took backups`);
    if ((await store.unfinished('backups/')).length > 0)
      count.fault(`${store.name}: unfinished uploads are still there a day later`);
  }
}

/** One more backup, by itself, names what is no backup; afterwards everything is as if nothing had been. */
async function atLast(stage: Stage, judge: Judge, count: Tally, signal: AbortSignal): Promise<void> {
  await quiet(stage);
  const { stores, facts } = stage;
  const left = (await Promise.all(stores.map((store) => inventory(store, facts.signers)))).flatMap(
    ({ others }) => others,
  );
  for (const name of await readdir(stage.temporary)) {
    const then = new Date(Date.now() - 2 * hour);
    utimesSync(join(stage.temporary, name), then, then);
  }
  const run = startTool(stage.estate, stage.env);
  const said = await run.ended;
  mustSucceed(said, count);
  count.ended('one more afterwards', await judge.judge(said, { deaf: false }));
  for (const { store, backup } of left)
    if (!said.text.includes(`${store}: ${backup}`))
      count.fault(`the next run does not name ${backup} in ${store}, which is none`);
  await judge.settle();
  await judge.readFirst();
  await nextDay(stage, count);
  for (const name of await readdir(stage.temporary))
    count.fault(`${name} is left in the temporary folder after the next run`);
  const { problems } = await verifyLog(stage.log, { now: new Date() });
  for (const problem of problems.slice(0, 5)) count.fault(`the log: ${JSON.stringify(problem)}`);
  signal.throwIfAborted();
}
