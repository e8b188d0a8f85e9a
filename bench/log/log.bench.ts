import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Entry, generateKey, openLog } from '@surety/evidence';
import type { Bench, BenchResult, BenchRow } from '../bench.ts';
import { openChain, proveInChain, verifyChain } from './chain.ts';
import { writeTilesOf } from './million.ts';
import { runsOf } from './records.ts';

const alternative = 'JSON lines with a SHA-256 chain, unsigned';
const million = 1_000_000;
/** Records appended, by how many at a time. */
const batches = [
  [1, 200],
  [32, 1600],
  [256, 5120],
] as const;

async function run(): Promise<BenchResult> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-bench-'));
  try {
    const rows: BenchRow[] = [];
    for (const [batch, total] of batches) rows.push(await benchAppend(folder, batch, total));
    rows.push(...(await benchVerify(folder)), ...(await benchProofs(folder)));
    return { rows };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const logOf = (folder: string, batch: number): string => join(folder, `log-${batch}`);
const chainOf = (folder: string, batch: number): string => join(folder, `chain-${batch}`);

async function benchAppend(folder: string, batch: number, total: number): Promise<BenchRow> {
  const entries = [...runsOf(total)];
  const keys = { logKey: generateKey(), proberKey: generateKey() };
  const log = await openLog({
    folder: logOf(folder, batch),
    origin: 'example.com/bench',
    ...keys,
    now: () => new Date(0),
  });
  const ours = await rate(entries, batch, async (some) => {
    await log.append(some);
  });
  await log.close();
  const chain = await openChain(chainOf(folder, batch));
  const theirs = await rate(entries, batch, (some) => chain.append(some));
  await chain.close();
  return row(`append, ${batch} at a time, synced`, ours, 'records/s', theirs);
}

async function rate(
  entries: readonly Entry[],
  batch: number,
  append: (some: readonly Entry[]) => Promise<void>,
): Promise<number> {
  const started = performance.now();
  for (let at = 0; at < entries.length; at += batch) await append(entries.slice(at, at + batch));
  return (entries.length / (performance.now() - started)) * 1000;
}

async function benchVerify(folder: string): Promise<BenchRow[]> {
  const batch = batches[2][0];
  const ours = await measured('verify', logOf(folder, batch));
  const started = performance.now();
  const { sound, count } = await verifyChain(chainOf(folder, batch));
  if (!sound) throw new Error('the chain that was just written does not verify');
  const theirs = (count / (performance.now() - started)) * 1000;
  return [
    row(
      'verify: tree, signatures, verdicts judged again',
      (ours.count / ours.milliseconds) * 1000,
      'records/s',
      theirs,
    ),
    {
      measure: `verify ${ours.count} records: memory`,
      value: round(ours.megabytes),
      unit: 'MB, peak of the process',
    },
  ];
}

async function benchProofs(folder: string): Promise<BenchRow[]> {
  const tiles = join(folder, 'million');
  await writeTilesOf(tiles, million);
  const proofs = await measured('prove', tiles);
  const nothing = await measured('nothing', tiles);
  const started = performance.now();
  // On average a record has half of the chain after it.
  proveInChain(million, million / 2);
  const chain = performance.now() - started;
  return [
    row(
      'inclusion and consistency proof, 1,000,000 records',
      proofs.milliseconds / proofs.count,
      'ms/pair',
      chain,
    ),
    {
      measure: 'proofs at 1,000,000 records: memory',
      value: round(proofs.megabytes),
      unit: 'MB, peak of the process',
    },
    {
      measure: 'a process that proves nothing: memory',
      value: round(nothing.megabytes),
      unit: 'MB, peak of the process',
    },
  ];
}

type Measured = { readonly milliseconds: number; readonly count: number; readonly megabytes: number };

async function measured(work: string, folder: string): Promise<Measured> {
  const script = join(import.meta.dirname, 'measured.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, work, folder]);
  const result: Measured = JSON.parse(stdout);
  return result;
}

function row(measure: string, value: number, unit: string, against: number): BenchRow {
  return {
    measure,
    value: round(value),
    unit,
    against: { name: alternative, value: round(against), ratio: Math.round((value / against) * 1000) / 1000 },
  };
}

function round(value: number): number {
  return value >= 100 ? Math.round(value) : Math.round(value * 100) / 100;
}

const bench: Bench = {
  name: 'log',
  summary: 'append, verify and proofs of the evidence log, beside a plain hash chain',
  run,
};
export default bench;
