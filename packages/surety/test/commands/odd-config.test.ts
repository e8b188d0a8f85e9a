import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { estateFolder } from './estate-folder.ts';

const odd = {
  'an object that holds itself':
    "() => { const all = { name: 'a', environment: 'e', targets: {} }; all.targets.it = all; return all; }",
  'objects without end':
    '() => { let all = {}; for (let i = 0; i < 20_000; i++) all = { all }; return all; }',
  'a getter that throws': "() => ({ get name() { throw new Error('not today'); } })",
  'a promise that fails': "async () => { throw new Error('not today'); }",
};

for (const [name, source] of Object.entries(odd))
  test(`${name} is an error of the file, not of surety`, async (t) => {
    const folder = estateFolder({ 'surety.config.ts': `export default ${source};\n` });
    t.after(() => folder.remove());
    const { exit, err } = await folder.surety('prove');
    assert.equal(exit, 2);
    assert.match(err, /^error {2}estate\/unreadable\n.*surety\.config\.ts: /);
  });

test('a configuration that ends the process does not end it as a pass', (t) => {
  const folder = estateFolder({ 'surety.config.ts': 'export default () => process.exit(0);\n' });
  t.after(() => folder.remove());
  const surety = resolve(import.meta.dirname, '../../bin/surety.mjs');
  const { status, stderr } = spawnSync(process.execPath, [surety, 'prove'], {
    cwd: folder.path,
    encoding: 'utf8',
  });
  assert.equal(status, 1);
  assert.match(stderr, /something ended the process before there was a verdict/);
});
