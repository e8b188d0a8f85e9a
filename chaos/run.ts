/**
 * Breaks a part of the product at random moments, by its name, and counts what it then says and what is left.
 *
 *   npm run chaos -- NAME [--tries N] [--flips N] [--seed S] [--json]
 *
 * Exit code 11: something said that it was good and was not, or something good was lost, or something else is wrong.
 */
import { randomInt } from 'node:crypto';
import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import type { Chaos, ChaosResult, KindResult } from './chaos.ts';

const names = globSync('*.chaos.ts', { cwd: import.meta.dirname })
  .map((file) => file.replace('.chaos.ts', ''))
  .sort();

const module = z.object({
  default: z.custom<Chaos>((value) => typeof value === 'object' && value !== null && 'run' in value),
});

const count = z.coerce.number().int().min(0).max(4_294_967_295);
const settings = z.strictObject({
  tries: count.default(200),
  flips: count.default(1000),
  histories: count.default(40),
  seed: count.default(() => randomInt(2 ** 32)),
  json: z.boolean().default(false),
});

function asked() {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2),
    allowPositionals: true,
    options: {
      tries: { type: 'string' },
      flips: { type: 'string' },
      histories: { type: 'string' },
      seed: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const [name = ''] = positionals;
  if (positionals.length !== 1 || !existsSync(join(import.meta.dirname, `${name}.chaos.ts`)))
    throw new Error(`NAME is one of ${names.join(', ')}`);
  return { name, ...settings.parse(values) };
}

function kindLine({ kind, tries, ends }: KindResult): string {
  const how = Object.entries(ends)
    .sort(([, a], [, b]) => b - a)
    .map(([end, many]) => `${many} ${end}`);
  return `  ${kind.padEnd(20)} ${String(tries).padStart(5)}   ${how.join(', ')}`;
}

function print({ kinds, falseSuccesses, lost, faults, untried }: ChaosResult, seconds: number): void {
  for (const kind of kinds) console.log(kindLine(kind));
  for (const fact of untried) console.log(`  not tried: ${fact}`);
  for (const fact of faults) console.log(`  fault: ${fact}`);
  for (const fact of falseSuccesses) console.log(`  false success: ${fact}`);
  for (const fact of lost) console.log(`  lost: ${fact}`);
  const tries = kinds.reduce((sum, kind) => sum + kind.tries, 0);
  console.log(`  in ${seconds.toFixed(0)} s`);
  console.log(`tries ${tries}, false successes ${falseSuccesses.length}, lost ${lost.length}`);
}

const stopped = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => {
    if (stopped.signal.aborted) process.exit(130);
    console.error('stopping: putting everything away (once more to stop at once)');
    stopped.abort();
  });
}

try {
  const { name, tries, flips, histories, seed, json } = asked();
  const file = join(import.meta.dirname, `${name}.chaos.ts`);
  const chaos = module.parse(await import(pathToFileURL(file).href)).default;
  if (!json) console.log(`${chaos.name}: ${chaos.summary}\n  seed ${seed}`);
  const began = performance.now();
  const { signal } = stopped;
  const say = (line: string): void =>
    console.error(`  ${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${line}`);
  const result = await chaos.run({ kills: tries, flips, histories, seed, signal, say });
  if (json) console.log(JSON.stringify({ name: chaos.name, seed, ...result }));
  else print(result, (performance.now() - began) / 1000);
  const wrong = [result.falseSuccesses, result.lost, result.faults].some((list) => list.length > 0);
  process.exitCode = wrong ? 11 : 0;
} catch (error) {
  console.error(error instanceof Error && !stopped.signal.aborted ? error : 'stopped');
  console.error('usage: npm run chaos -- NAME [--tries N] [--flips N] [--histories N] [--seed S] [--json]');
  process.exitCode = stopped.signal.aborted ? 130 : 2;
}
