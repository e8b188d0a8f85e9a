import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';

const root = resolve(import.meta.dirname, '../../..');

const config = `import type { SuretyConfig } from 'surety';

export default (() => ({
  name: 'shop',
  environment: 'test',
  targets: { code: { kind: 'repo', path: '.' } },
})) satisfies SuretyConfig;
`;

const ownControl = `import { control, supports } from 'surety';

export default control({
  claim: 'The database and the repository agree',
  why: 'One of them is out of date otherwise.',
  requirements: [supports('tsc:CC8.1', 'compares them')],
  targets: { repo: 'repo', db: 'postgres' },
  touch: 'nothing',
  async prove({ repo, db }, see) {
    see.equal('session', (await repo.tracked()).items.length, (await db.session()).user.length);
  },
});
`;

test('what is published installs, runs, and types a user’s configuration and controls', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'surety-pack-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const run = (program: string, ...argv: readonly string[]) =>
    spawnSync(program, argv, { cwd: folder, encoding: 'utf8' });
  const packed = execFileSync(process.execPath, ['scripts/pack.ts'], { cwd: root, encoding: 'utf8' });
  const tarballs = packed
    .trim()
    .split('\n')
    .map((file) => join(root, file));
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'shop', private: true, type: 'module' }),
  );
  const installed = run(
    'npm',
    'install',
    '--prefer-offline',
    '--no-audit',
    '--no-fund',
    '--omit=optional',
    ...tarballs,
  );
  assert.equal(installed.status, 0, installed.stderr);
  const surety = join(folder, 'node_modules/surety/bin/surety.mjs');

  await t.test('it proves a checkout, with the JavaScript that was built', () => {
    writeFileSync(join(folder, 'Dockerfile'), 'FROM node:24\nUSER 10001\n');
    run('git', 'init', '--quiet');
    const proved = run(process.execPath, surety, 'prove', 'container', '--repo', '.');
    assert.match(proved.stdout, /container\/non-root/);
    assert.ok([0, 10].includes(proved.status ?? -1), proved.stderr);
  });

  await t.test('every export leads somewhere', () => {
    const paths = ['surety', 'surety/testing', '@surety/evidence', '@surety/guard/tenant'];
    const script = `await Promise.all(${JSON.stringify(paths)}.map((path) => import(path)))`;
    const imported = run(process.execPath, '--input-type=module', '--eval', script);
    assert.equal(imported.status, 0, imported.stderr);
  });

  await t.test('the guard runs without an ORM, and refuses where nobody is named', () => {
    const script = `
      import { createTenancy, tenantPool } from '@surety/guard/tenant';
      const tenancy = createTenancy({ setting: 'app.current_user_id', kind: 'int' });
      const pool = tenantPool(tenancy, { host: '127.0.0.1', port: 1 });
      await tenancy.runAs('7', async () => console.log(tenancy.current()));
      await pool.query('select 1').catch((error) => console.log(error.code));`;
    const ran = run(process.execPath, '--input-type=module', '--eval', script);
    assert.equal(ran.stdout, '7\ntenant/none\n', ran.stderr);
  });

  await t.test('it records and verifies', () => {
    writeFileSync(join(folder, 'surety.config.ts'), config);
    assert.equal(run(process.execPath, surety, 'init', '--yes').status, 0);
    run(process.execPath, surety, 'prove', 'container');
    const verified = run(
      'sh',
      '-c',
      `'${process.execPath}' node_modules/@surety/evidence/bin/surety-verify.mjs .surety/log/*`,
    );
    assert.equal(verified.status, 0, verified.stdout + verified.stderr);
  });

  await t.test('configuration and controls of a user are typed', () => {
    writeFileSync(join(folder, 'own.ts'), ownControl);
    const check = (file: string): string =>
      run(
        join(root, 'node_modules/.bin/tsc'),
        ...['--noEmit', '--strict', '--module', 'nodenext', '--lib', 'es2025,esnext.disposable'],
        ...['--types', 'node', '--typeRoots', join(root, 'node_modules/@types'), '--skipLibCheck', file],
      ).stdout;
    writeFileSync(join(folder, 'wrong.ts'), config.replace("'repo'", "'repos'"));
    assert.match(check('wrong.ts'), /"repos"' is not assignable/);
    assert.equal(check('surety.config.ts'), '');
    assert.equal(check('own.ts'), '');
  });
});
