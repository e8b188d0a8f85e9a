import assert from 'node:assert/strict';
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
