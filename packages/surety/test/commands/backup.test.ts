import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { privateKeyFromPem, publicKeyText, readLog } from '@surety/evidence';
import { generateX25519Identity, identityToRecipient } from 'age-encryption';
import { backupFacts } from '../../src/backup/facts.ts';
import { exits } from '../../src/commands/verb.ts';
import { type PostgresServer, startServer } from '../../src/targets/postgres/server.ts';
import { inDatabase } from '../../src/testing/pg-client.ts';
import { type EstateFolder, estateFolder } from './estate-folder.ts';

const canary = 'canary-Ada-Lovelace';

describe('surety backup', () => {
  let server: PostgresServer;
  let folder: EstateFolder;
  let password = '';
  before(async () => {
    server = await startServer();
    password = decodeURIComponent(new URL(server.url).password);
    await inDatabase(server.url, 'postgres', (client) => client.query('create database shop'));
    await inDatabase(server.url, 'shop', (client) =>
      client.query(
        `create table people (id int primary key, name text); insert into people values (1, '${canary}')`,
      ),
    );
    const recipients = await Promise.all(
      [await generateX25519Identity(), await generateX25519Identity()].map((one) => identityToRecipient(one)),
    );
    folder = estateFolder({
      'surety.config.ts': `export default (({ env, file }) => ({
        name: 'shop', environment: 'test',
        targets: { kept: { kind: 'backup', url: file('url'), stores: { vault: { folder: 'vault' }, offsite: { folder: 'offsite' } },
          recipients: ${JSON.stringify(recipients)}, signers: [file('signer')] } },
      }));`,
      url: server.url.replace(/postgres$/, 'shop'),
    });
    folder.now = new Date();
    const pem = folder.read('.surety/keys/prober.pem');
    folder.write('signer', publicKeyText(privateKeyFromPem(pem)));
    for (const store of ['vault', 'offsite']) mkdirSync(path.join(folder.path, store));
  });
  after(async () => {
    folder.remove();
    await server.stop();
  });

  const everything = (): string =>
    readdirSync(folder.path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /vault|offsite|\.surety\/log/.test(entry.parentPath))
      .map((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'latin1'))
      .join('\n');
  const records = async () => {
    const log = path.join(folder.path, '.surety/log');
    const [writer = ''] = readdirSync(log);
    return (await readLog(path.join(log, writer))).records.flatMap(({ record }) =>
      record.type === 'backup' ? [record] : [],
    );
  };

  it('stores it everywhere, records it before and after, and lists it', async () => {
    const { exit, out, err } = await folder.surety('backup', '--scheduled');
    assert.equal(exit, exits.pass, out + err);
    assert.match(out, /^done {5}\d{8}T\d{6}Z-[0-9a-f]{8} {2}kept\n {2}vault: stored/);
    assert.match(out, /note: other databases of this server are not in this backup: postgres/);
    const kept = await records();
    assert.deepEqual(
      kept.map(({ outcome }) => outcome),
      ['started', 'done'],
    );
    assert.ok(kept.every(({ slot }) => slot !== null));
    assert.deepEqual(
      kept[1]?.stores.map(({ outcome }) => outcome),
      ['stored', 'stored'],
    );
    const listed = await folder.surety('backup', '--list');
    assert.match(listed.out, /^vault: \S+ {2}verified manifest {2}shop/);
    assert.match(listed.out, /^offsite: \S+ {2}verified manifest {2}shop/m);
    for (const text of [everything(), out, err, listed.out])
      for (const secret of [canary, password]) assert.ok(!text.includes(secret));
  });

  it('fails, and names the store, where one of them cannot be written; the other has it', async () => {
    rmSync(path.join(folder.path, 'offsite'), { recursive: true });
    const { exit, out } = await folder.surety('backup', '--json');
    mkdirSync(path.join(folder.path, 'offsite'));
    assert.equal(exit, exits.fail);
    const { outcome, stores } = JSON.parse(out);
    assert.equal(outcome, 'failed');
    assert.deepEqual(
      stores.map((one: { store: string; outcome: string }) => [one.store, one.outcome]),
      [
        ['vault', 'stored'],
        ['offsite', 'failed'],
      ],
    );
    assert.equal((await records()).at(-1)?.outcome, 'failed');
  });

  it('leaves nothing where a role sees too little, and records that', async () => {
    const { length } = readdirSync(path.join(folder.path, 'vault/backups'));
    await inDatabase(server.url, 'shop', (client) =>
      client.query(
        `create role narrow login password 'narrow-canary-password'; grant select on people to narrow`,
      ),
    );
    const url = new URL(folder.read('url'));
    folder.write('url', `postgresql://narrow:narrow-canary-password@127.0.0.1:${url.port}/shop`);
    const { exit, out } = await folder.surety('backup');
    folder.write('url', url.href);
    assert.equal(exit, exits.unknown);
    assert.match(out, /preflight\/row-security: narrow sees only the rows that policies show it/);
    assert.equal(readdirSync(path.join(folder.path, 'vault/backups')).length, length);
    assert.match(String((await records()).at(-1)?.fact), /^preflight\/row-security/);
  });

  it('prints its public key, and makes an identity once', async () => {
    const { out } = await folder.surety('backup', '--signer');
    const key = privateKeyFromPem(folder.read('.surety/keys/prober.pem'));
    assert.equal(out, `${publicKeyText(createPublicKey(key))}\n`);
    const made = await folder.surety('backup', '--new-identity', 'escrow.age');
    assert.match(made.out, /^age1[0-9a-z]{58}\n$/);
    assert.equal(statSync(path.join(folder.path, 'escrow.age')).mode & 0o777, 0o600);
    const text = folder.read('escrow.age');
    assert.ok(!(made.out + made.err).includes('AGE-SECRET-KEY'));
    // As an estate reads it: identity: file('escrow.age')
    assert.match(backupFacts.shape.identity.parse(text) ?? '', /^AGE-SECRET-KEY-1[0-9A-Z]+$/);
    assert.equal((await folder.surety('backup', '--new-identity', 'escrow.age')).exit, exits.usage);
    assert.equal(folder.read('escrow.age'), text);
  });
});
