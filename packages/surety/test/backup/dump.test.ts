import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { backupFacts } from '../../src/backup/facts.ts';
import { makeBackup, newBackupId } from '../../src/backup/make.ts';
import { partKey } from '../../src/backup/manifest.ts';
import { unseal } from '../../src/backup/seal.ts';
import { openFolder } from '../../src/backup/stores/folder.ts';
import { startServer } from '../../src/targets/postgres/server.ts';
import { databaseUrl, inDatabase } from '../../src/testing/pg-client.ts';
import { makeKeys } from './made-backup.ts';

const { signal } = new AbortController();

it('keeps every character of what it says of the source, and of roles in a database of another encoding', async () => {
  const [server, keys, folder] = await Promise.all([
    startServer(),
    makeKeys(),
    mkdtemp(join(tmpdir(), 'surety-dump-')),
  ]);
  try {
    const vault = await openFolder('vault', folder, signal);
    const { recipients, signers, signer: key, identity } = keys;
    /** A part of a new backup, as it was before it was sealed. */
    const dumped = async (database: string, part: string): Promise<string> => {
      const backup = newBackupId(new Date());
      const url = databaseUrl(server.url, database);
      const facts = backupFacts.parse({ url, stores: { vault: { folder } }, recipients, signers });
      const now = (): Date => new Date();
      const options = { backup, slot: null, facts, stores: [vault], key, env: process.env, now, signal };
      assert.equal((await makeBackup(options)).outcome, 'done');
      const chunks: Uint8Array[] = [];
      for await (const chunk of unseal(vault.read(partKey(backup, part)), identity)) chunks.push(chunk);
      return Buffer.concat(chunks).toString('utf8');
    };
    for (const before of ['', 'x']) {
      const body = `${before}${'😀'.repeat(600_000)}`;
      await inDatabase(server.url, 'postgres', (client) =>
        client.query(`create or replace function long() returns text language sql as 'select ''${body}'''`),
      );
      assert.ok((await dumped('postgres', 'facts')).includes(body));
    }
    await inDatabase(server.url, 'postgres', (client) =>
      client.query("create database latin encoding 'LATIN1' locale 'C' template template0"),
    );
    await inDatabase(server.url, 'latin', (client) => client.query('create role jörg'));
    assert.match(await dumped('latin', 'globals'), /^CREATE ROLE "?jörg"?;$/m);
  } finally {
    await Promise.all([server.stop(), rm(folder, { recursive: true })]);
  }
});
