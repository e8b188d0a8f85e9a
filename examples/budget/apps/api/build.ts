import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// Generates the Prisma client and compiles the API into dist, unless dist was made from the very same files. Needs no
// network: the schema engine, which Prisma would download, is for its own migrations, and those are plain SQL here.

const here = import.meta.dirname;
const generated = join(here, 'src/generated');
const stamp = join(here, 'dist/made-from');

const inputs = digestOfInputs();
const fresh =
  existsSync(stamp) && existsSync(join(generated, 'client.ts')) && readFileSync(stamp, 'utf8') === inputs;
if (!fresh) {
  rmSync(join(here, 'dist'), { recursive: true, force: true });
  run('prisma', 'build/index.js', ['generate', '--no-hints', '--schema', 'prisma/schema.prisma']);
  run('typescript', 'bin/tsc', ['-p', 'tsconfig.json']);
  writeFileSync(stamp, inputs);
}

function run(packageName: string, bin: string, args: readonly string[]): void {
  const { status } = spawnSync(process.execPath, [join(dirname(manifestOf(packageName)), bin), ...args], {
    cwd: here,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      PRISMA_HIDE_UPDATE_MESSAGE: '1',
      CHECKPOINT_DISABLE: '1',
    },
  });
  if (status !== 0) process.exit(1);
}

function manifestOf(packageName: string): string {
  return createRequire(import.meta.url).resolve(`${packageName}/package.json`);
}

/** Sources, schema, settings, this file, and which compilers. */
function digestOfInputs(): string {
  const sources = readdirSync(join(here, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.parentPath.startsWith(generated))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const others = ['build.ts', 'tsconfig.json', 'prisma/schema.prisma'].map((name) => join(here, name));
  const hash = createHash('sha256');
  for (const file of [...others, ...sources, manifestOf('prisma'), manifestOf('typescript')]) {
    hash.update(file).update(readFileSync(file));
  }
  return hash.digest('hex');
}
