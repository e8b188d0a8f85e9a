import { chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import type { BackupRecord } from '@surety/evidence';
import { intactSets } from '../../packages/surety/src/backup/prune.ts';
import { restoreInto } from '../../packages/surety/src/backup/restore.ts';
import { inventory } from '../../packages/surety/src/backup/sets.ts';
import { findTools, type Tools } from '../../packages/surety/src/backup/tools.ts';
import { pruneAll } from '../../packages/surety/src/commands/backup/prune.ts';
import type { Tally } from '../chaos.ts';
import { moveClock } from './clock.ts';
import { examine } from './examine.ts';
import { forgerOf } from './forger.ts';
import type { Shelf } from './shelf.ts';

const day = 86_400_000;
const kind = 'failed day';
/** The strictest that an estate can say: what is older than a day may go. */
const keep = { days: 1, weeks: 0, months: 0, years: 0 };

/** How a `pg_dump` fails: by its exit code, by a signal, and worst of all by ending well in the middle. */
const failures = ['exit 1', 'kill -9 $$', 'exit 0'] as const;

/**
 * Under a clock that is moved on: five good days, then `days` on which every backup fails and retention runs all the same, with and without the log.
 * The last good one has to be there on each of them, and to restore after the last.
 */
export async function failForDays(
  shelf: Shelf,
  days: number,
  count: Tally,
  signal: AbortSignal,
): Promise<void> {
  const { server, facts, stores, identity } = shelf;
  const tools = await findTools(undefined, Number.parseInt(server.version, 10), process.env);
  const broken = `${shelf.folder}-tools`;
  const forger = forgerOf(facts, shelf.key, '0');
  const records: BackupRecord[] = [];
  const clock = { ahead: 0 };
  const now = (): Date => new Date(Date.now() + clock.ahead);
  const nextDay = async (): Promise<void> => {
    clock.ahead += day;
    await moveClock(facts.url, clock.ahead);
  };
  const prune = (said: readonly BackupRecord[]) =>
    pruneAll({
      facts: { ...facts, keep },
      stores,
      missing: [],
      records: said,
      dryRun: false,
      now,
      signal,
      say: () => undefined,
    });
  try {
    let last = '';
    for (let n = 0; n < 5; n += 1) {
      await nextDay();
      const made = await shelf.backUp({ now });
      last = made.backup;
      records.push(forger.record(made.backup, now(), 'done'));
      if ((await prune(records)).outcome !== 'done') count.fault('retention refuses after a good backup');
    }
    for (let n = 0; n < days && !signal.aborted; n += 1) {
      await nextDay();
      await breakTools(broken, tools, failures[n % failures.length] ?? 'exit 1');
      const said = await shelf.backUp({ now, tools: broken }).then(
        ({ outcome }) => outcome,
        () => 'failed',
      );
      if (said !== 'failed')
        count.falseSuccess(`pg_dump failed on day ${n + 1}, and the backup says that it is done`);
      records.push(forger.record(`${last}-${n}`, now(), 'failed'));
      await prune(records);
      await prune([]);
      for (const store of stores) {
        const looked = await examine(store, last, facts, identity);
        if (looked !== 'accepted')
          count.lost(`after ${n + 1} failed days ${store.name} has no good backup: ${looked}`);
      }
      count.ended(kind, 'the last good one is there');
    }
    await restoreLast(shelf, last, tools, count, signal);
    await nextDay();
    await shelf.backUp({ now });
    await prune([]);
    for (const store of stores) {
      const sets = await intactSets(store, (await inventory(store, facts.signers)).sets);
      if (sets.size !== 1)
        count.fault(`${store.name} holds ${sets.size} backups after a good day, and one should be kept`);
    }
  } finally {
    await moveClock(facts.url, 0);
    await rm(broken, { recursive: true, force: true });
  }
}

async function breakTools(folder: string, tools: Tools, how: (typeof failures)[number]): Promise<void> {
  await mkdir(folder, { recursive: true });
  const write = async (name: string, script: string): Promise<void> => {
    await writeFile(`${folder}/${name}`, script);
    await chmod(`${folder}/${name}`, 0o755);
  };
  const { pgDump, pgDumpall, pgRestore } = tools;
  await write('pg_dumpall', `#!/bin/sh\nexec ${pgDumpall.path} "$@"\n`);
  await write('pg_restore', `#!/bin/sh\nexec ${pgRestore.path} "$@"\n`);
  await write(
    'pg_dump',
    `#!/bin/sh\ncase "$*" in --version) exec ${pgDump.path} --version;; esac\n${pgDump.path} "$@" | head -c 2000\n${how}\n`,
  );
}

async function restoreLast(
  { server, facts, stores, identity }: Shelf,
  backup: string,
  tools: Tools,
  count: Tally,
  signal: AbortSignal,
): Promise<void> {
  for (const store of stores) {
    const set = (await inventory(store, facts.signers)).sets.find((one) => one.backup === backup);
    if (set === undefined) continue;
    const { differences } = await restoreInto({
      ...{ set, store, identity, tools, signal },
      server: server.url,
      database: `after_failures_${store.name}`,
      now: () => new Date(),
      secret: () => undefined,
      step: () => undefined,
    });
    if (differences.length > 0) count.lost(`the last good one restores from ${store.name} as something else`);
  }
}
