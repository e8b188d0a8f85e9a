/**
 * Runs a bench by its name: every claim of speed is made here, side by side with its alternative.
 *
 *   npm run bench -- NAME [--json]
 */
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import type { Bench, BenchRow } from './bench.ts';

const names = globSync('*/*.bench.ts', { cwd: import.meta.dirname })
  .map((file) => file.split('/')[0] ?? '')
  .sort();

const module = z.object({
  default: z.custom<Bench>((value) => typeof value === 'object' && value !== null && 'run' in value),
});

async function load(name: string): Promise<Bench> {
  const file = join(import.meta.dirname, name, `${name}.bench.ts`);
  return module.parse(await import(pathToFileURL(file).href)).default;
}

function line({ measure, value, unit, against }: BenchRow): string {
  const beside =
    against === undefined
      ? ''
      : `   ${against.name}: ${figure(against.value)} ${unit}, ratio ${against.ratio.toFixed(2)}`;
  return `  ${measure.padEnd(44)} ${figure(value).padStart(10)} ${unit.padEnd(10)}${beside}`;
}

function figure(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
}

const [name, ...flags] = process.argv.slice(2);
if (name === undefined || !existsSync(join(import.meta.dirname, name, `${name}.bench.ts`))) {
  console.error(`usage: npm run bench -- NAME [--json]\n  hint: NAME is one of ${names.join(', ')}`);
  process.exitCode = 2;
} else {
  const bench = await load(name);
  const asJson = flags.includes('--json');
  if (!asJson) console.log(`${bench.name}: ${bench.summary}`);
  // As they come: what fails late takes nothing of what was measured before with it.
  const shown = new Set<BenchRow>();
  const show = (row: BenchRow): void => {
    shown.add(row);
    if (!asJson) console.log(line(row));
  };
  try {
    for (const row of (await bench.run(show)).rows) if (!shown.has(row)) show(row);
  } finally {
    if (asJson) console.log(JSON.stringify({ name: bench.name, summary: bench.summary, rows: [...shown] }));
  }
}
