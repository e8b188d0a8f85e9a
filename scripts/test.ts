/**
 * Every check of the repository, in the order in which they are cheap to fail.
 *
 *   npm test            all of it
 *   npm test -- fast    types, style, registries and unit tests; no specimens, no demo
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const fast = process.argv.includes('fast');

type Step = { readonly name: string; readonly argv: readonly string[] };

const slow = [
  'packages/surety/test/specimens/first-half.test.ts',
  'packages/surety/test/specimens/second-half.test.ts',
  'packages/surety/test/demo.test.ts',
  'packages/surety/test/backup/chaos.test.ts',
];
const tests = globSync('{packages/*/test,scripts,bench}/**/*.test.ts', { cwd: root })
  .sort()
  .filter((file) => !(fast && slow.includes(file)));

const steps: readonly Step[] = [
  { name: 'registries', argv: [process.execPath, 'scripts/generate.ts', '--check'] },
  { name: 'style', argv: ['biome', 'check', '--error-on-warnings', '.'] },
  { name: 'build budget', argv: ['npm', 'run', '--silent', 'build', '-w', 'budget-example'] },
  { name: 'types', argv: ['tsc', '--noEmit'] },
  { name: 'types of budget', argv: ['npm', 'run', '--silent', 'check:types', '-w', 'budget-example'] },
  { name: 'tests', argv: [process.execPath, '--test', '--test-concurrency=2', ...tests] },
  ...(fast ? [] : [{ name: 'tests of budget', argv: ['npm', 'test', '--silent', '-w', 'budget-example'] }]),
];

const failed: string[] = [];
for (const { name, argv } of steps) {
  console.log(`\n── ${name}`);
  const [program = '', ...args] = argv;
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) failed.push(name);
}
if (failed.length > 0) {
  console.error(`\nfailed: ${failed.join(', ')}`);
  process.exitCode = 1;
} else {
  console.log(`\nall ${steps.length} steps passed`);
}
