/**
 * Makes the packages that are published: JavaScript and types, because Node.js strips no types below node_modules.
 *
 *   npm run pack     writes dist/*.tgz and names them
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { z } from 'zod';

const root = resolve(import.meta.dirname, '..');
const dist = join(root, 'dist');

const manifest = z.looseObject({ name: z.string(), exports: z.record(z.string(), z.string()) });

function run(cwd: string, program: string, ...argv: readonly string[]): string {
  const { status, stdout } = spawnSync(program, argv, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`${program} ${argv.join(' ')} ended with ${status}\n${stdout}`);
  return stdout;
}

/** `./src/index.ts` → `{ types: './dist/index.d.ts', default: './dist/index.js' }` */
function builtExports(exports: Readonly<Record<string, string>>): object {
  return Object.fromEntries(
    Object.entries(exports).map(([path, source]) => {
      const stem = source.replace(/^\.\/src\//, './dist/').replace(/\.ts$/, '');
      return [path, { types: `${stem}.d.ts`, default: `${stem}.js` }];
    }),
  );
}

function pack(name: string): string {
  const source = join(root, 'packages', name);
  const stage = join(dist, 'npm', name);
  mkdirSync(stage, { recursive: true });
  cpSync(join(dist, 'build', name, 'src'), join(stage, 'dist'), { recursive: true });
  for (const file of globSync('dist/**/*.d.ts', { cwd: stage })) {
    // The compiler rewrites the imports of what runs, and leaves those of the types.
    const path = join(stage, file);
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(/(from |import\(|module )'(\.[^']+)\.ts'/g, "$1'$2.js'"),
    );
  }
  if (existsSync(join(source, 'bin'))) cpSync(join(source, 'bin'), join(stage, 'bin'), { recursive: true });
  cpSync(join(root, 'LICENSE'), join(stage, 'LICENSE'));
  if (existsSync(join(source, 'README.md'))) cpSync(join(source, 'README.md'), join(stage, 'README.md'));
  const {
    devDependencies: _,
    exports,
    ...published
  } = manifest.parse(JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')));
  writeFileSync(
    join(stage, 'package.json'),
    `${JSON.stringify({ ...published, exports: builtExports(exports) }, null, 2)}\n`,
  );
  return join(dist, run(stage, 'npm', 'pack', '--silent', '--pack-destination', dist).trim());
}

rmSync(dist, { recursive: true, force: true });
run(root, 'tsc', '-p', 'tsconfig.build.json');
for (const name of ['evidence', 'guard', 'surety']) console.log(relative(root, pack(name)));
