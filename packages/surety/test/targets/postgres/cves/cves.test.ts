import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connect } from '../../../../src/targets/postgres/connection.ts';
import { serverHoles } from '../../../../src/targets/postgres/server-holes.ts';
import {
  readHoleUses,
  readServerVersion,
  standing,
} from '../../../../src/targets/postgres/server-version.ts';
import { databaseUrl, withClient } from '../../../../src/testing/pg-client.ts';
import { ledger, type Reproduction, reproductions } from './reproductions.ts';
import { type Release, type Running, start } from './servers.ts';

/** Each hole of row security in the flesh: on the server before its fix, and on one with it. */
const servers = new Map<Release, Running>();

before(async () => {
  const releases = new Set(reproductions.flatMap(({ open, mended }) => [open, mended]));
  await Promise.all([...releases].map(async (release) => servers.set(release, await start(release))));
});

after(async () => {
  for (const running of servers.values()) if ('server' in running) await running.server.stop();
});

type Tried = { readonly got: readonly string[]; readonly gate: string };

/** What the gate says of that server and database, and then the attack on it. */
async function tryOn(
  { hole, schema, attack }: Reproduction,
  { url }: { readonly url: string },
): Promise<Tried> {
  const name = hole.toLowerCase().replaceAll('-', '_');
  const place = databaseUrl(url, name);
  return withClient(url, async (admin) => {
    await admin.query(`create database ${name}`);
    try {
      await withClient(place, (client) => client.query(`${ledger};${schema}`));
      const gate = await gateSays(hole, place);
      return { gate, got: await withClient(place, (client) => attack(client, admin, place)) };
    } finally {
      await admin.query(`drop database ${name} with (force)`);
      await admin.query('alter role clerk nobypassrls');
    }
  });
}

async function gateSays(id: Reproduction['hole'], url: string): Promise<string> {
  const hole = serverHoles.find((candidate) => candidate.id === id);
  assert.ok(hole);
  const connection = await connect({ url, who: 'the test', signal: new AbortController().signal });
  try {
    return standing(hole, await readServerVersion(connection), await readHoleUses(connection)).is;
  } finally {
    await connection.end();
  }
}

for (const reproduction of reproductions) {
  const { hole, open, mended } = reproduction;
  test(`${hole}: gets through on ${open}, and the gate says so`, async (t) => {
    const running = servers.get(open);
    assert.ok(running);
    if ('missing' in running) return t.skip(running.missing);
    const { got, gate } = await tryOn(reproduction, running.server);
    assert.notDeepEqual(got, []);
    assert.equal(gate, 'open');
  });
  test(`${hole}: gets nothing on ${mended}, and the gate is content`, async (t) => {
    const running = servers.get(mended);
    assert.ok(running);
    if ('missing' in running) return t.skip(running.missing);
    const { got, gate } = await tryOn(reproduction, running.server);
    assert.deepEqual(got, []);
    assert.equal(gate, 'closed');
  });
}

test('every hole of the list is reproduced', () => {
  assert.deepEqual(reproductions.map(({ hole }) => hole).sort(), serverHoles.map(({ id }) => id).sort());
});
