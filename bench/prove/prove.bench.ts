import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { generateKey, type Log, openLog } from '@surety/evidence';
import { startBudget } from '../../packages/surety/src/commands/demo/budget.ts';
import { loadEstate } from '../../packages/surety/src/commands/load-estate.ts';
import { proveJobs } from '../../packages/surety/src/commands/prove.ts';
import { createRunRedactor } from '../../packages/surety/src/commands/redact.ts';
import type { Terminal } from '../../packages/surety/src/commands/verb.ts';
import type { Bench, BenchRow } from '../bench.ts';
import { median } from '../median.ts';

const rounds = 3;

/** Everything that the example estate owes, end to end: with and without signing it into a log. */
const bench: Bench = {
  name: 'prove',
  summary: 'a whole prove run on the example estate, and what recording it costs',
  async run() {
    const redactor = createRunRedactor();
    const { signal } = new AbortController();
    const budget = await startBudget({ signal, secret: redactor.secret, step: () => undefined });
    const folder = await mkdtemp(join(tmpdir(), 'surety-bench-'));
    try {
      const terminal: Terminal = {
        cwd: budget.folder,
        env: budget.env,
        interactive: false,
        columns: 100,
        signal,
        now: () => new Date(),
        out: () => undefined,
        err: () => undefined,
        ask: async () => '',
      };
      const estate = await loadEstate(undefined, terminal, redactor.secret);
      const once = async (log: Log | null): Promise<{ readonly seconds: number; readonly seen: number }> => {
        const start = performance.now();
        const { rows } = await proveJobs(estate, [], {}, terminal, redactor, log);
        return {
          seconds: (performance.now() - start) / 1000,
          seen: rows.reduce((sum, { judged }) => sum + judged.length, 0),
        };
      };
      await once(null);
      const plain: number[] = [];
      const recorded: number[] = [];
      let seen = 0;
      for (let round = 0; round < rounds; round += 1) {
        plain.push((await once(null)).seconds);
        const log = await openLog({
          folder: join(folder, String(round)),
          origin: 'surety/bench/prove',
          logKey: generateKey(),
          proberKey: generateKey(),
          now: terminal.now,
        });
        const run = await once(log);
        await log.close();
        recorded.push(run.seconds);
        seen = run.seen;
      }
      return { rows: rowsOf(median(recorded), median(plain), seen) };
    } finally {
      await budget.stop();
      await rm(folder, { recursive: true, force: true });
    }
  },
};
export default bench;

function rowsOf(recorded: number, plain: number, seen: number): readonly BenchRow[] {
  return [
    {
      measure: 'whole run, recorded',
      value: recorded,
      unit: 's',
      against: { name: 'the same, not recorded', value: plain, ratio: recorded / plain },
    },
    { measure: 'observations', value: seen, unit: 'a run' },
    { measure: 'observations, recorded', value: seen / recorded, unit: 'a second' },
    startUp(),
  ];
}

/** What a pre-commit hook waits for before anything is looked at. */
function startUp(): BenchRow {
  const surety = resolve(import.meta.dirname, '../../packages/surety/bin/surety.mjs');
  const time = (argv: readonly string[]): number => {
    const start = performance.now();
    execFileSync(process.execPath, argv, { stdio: 'ignore' });
    return (performance.now() - start) / 1000;
  };
  const samples = Array.from({ length: rounds }, () => ({
    ours: time([surety, '--version']),
    bare: time(['--eval', '0']),
  }));
  const value = median(samples.map(({ ours }) => ours));
  const bare = median(samples.map(({ bare }) => bare));
  return {
    measure: 'start of the command line',
    value,
    unit: 's',
    against: { name: 'node alone', value: bare, ratio: value / bare },
  };
}
