import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { config, estateFolder } from './estate-folder.ts';

test('prove --markdown is a document for a pull request, with the exit code of the run', async (t) => {
  const folder = estateFolder({
    'surety.config.ts': config(),
    Dockerfile: 'FROM node:24-bookworm-slim\nCMD ["node", "server.js"]\n',
  });
  t.after(() => folder.remove());
  const { exit, out } = await folder.surety('prove', 'container/non-root', '--markdown');
  assert.equal(exit, 11);
  assert.match(out, /^0 proven, 1 failing\n/);
  assert.match(out, /^### fail: container\/non-root on code$/m);
  assert.match(out, /^\| fail \| container\/non-root \| code \|/m);
});

test('a key that is a folder is an error with a hint, not a mistake of ours', async (t) => {
  const folder = estateFolder({ 'surety.config.ts': config() });
  t.after(() => folder.remove());
  rmSync(join(folder.path, '.surety/keys/log.pem'));
  folder.write('.surety/keys/log.pem/file', '');
  const { exit, err } = await folder.surety('prove');
  assert.equal(exit, 1);
  assert.match(err, /^error {2}keys\/unreadable/);
});
