import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

// Generates the Prisma client and compiles the API into dist. Needs no network: the schema engine, which Prisma would
// download, is for its own migrations, and those are plain SQL here.

const here = import.meta.dirname;

function run(packageName: string, bin: string, args: readonly string[]): void {
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  const { status } = spawnSync(process.execPath, [join(dirname(manifest), bin), ...args], {
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

rmSync(join(here, 'dist'), { recursive: true, force: true });
run('prisma', 'build/index.js', ['generate', '--no-hints', '--schema', 'prisma/schema.prisma']);
run('typescript', 'bin/tsc', ['-p', 'tsconfig.json']);
