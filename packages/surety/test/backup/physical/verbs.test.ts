import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { privateKeyFromPem, publicKeyText } from '@surety/evidence';
import { type PgBackRestSite, scratchPgBackRest } from '../../../src/testing/scratch-pgbackrest.ts';
import type { Scene } from '../../../src/testing/specimens.ts';
import { type EstateFolder, estateFolder } from '../../commands/estate-folder.ts';

const scratch = scratchPgBackRest();
const missing = await scratch.unavailable();
const skip = missing === null ? false : missing;
const opened = Promise.withResolvers<PgBackRestSite>();
let scene: Scene | null = null;
let folder: EstateFolder | null = null;

before(async () => {
  if (missing !== null) return;
  scene = await scratch.scene({
    edit: async (site) => {
      opened.resolve(site);
      return undefined;
    },
  });
  const { facts } = await opened.promise;
  folder = estateFolder({
    'surety.config.ts': `export default ({ file }) => ({
      name: 'budget', environment: 'test', writer: 'laptop',
      targets: { backups: { kind: 'backup', url: file('.env.url'), stores: { vault: { folder: 'vault' } },
        recipients: ${JSON.stringify(facts.recipients)}, signers: [file('.env.signer')],
        physical: ${JSON.stringify(facts.physical)} } } })`,
    '.env.url': facts.url,
  });
  mkdirSync(join(folder.path, 'vault'));
  const key = privateKeyFromPem(readFileSync(join(folder.path, '.surety/keys/prober.pem'), 'utf8'));
  writeFileSync(join(folder.path, '.env.signer'), publicKeyText(key));
  folder.now = new Date();
});

after(async () => {
  await scene?.stop();
  await scratch.close();
  folder?.remove();
});

test('a backup by pgBackRest is signed, and drilled to a second after it', { skip }, async () => {
  const site = await opened.promise;
  assert.ok(folder !== null);
  const backup = await folder.surety('backup', '--physical', 'incr');
  assert.equal(backup.exit, 0, backup.out + backup.err);
  await site.work();
  const drill = await folder.surety('drill', '--second', 'newest');
  assert.equal(drill.exit, 0, drill.out + drill.err);
  assert.match(drill.out, /pass +signed manifest/);
  assert.match(drill.out, /pass +after the second/);
  for (const canary of scene?.canaries ?? [])
    assert.ok(!(backup.out + backup.err + drill.out + drill.err).includes(canary));
  renameSync(join(folder.path, 'vault'), join(folder.path, 'away'));
  const blind = await folder.surety('drill', '--second', 'newest');
  assert.equal(blind.exit, 10, blind.out + blind.err);
  assert.match(blind.out, /not-run +signed manifest .*; vault could not/);
});
