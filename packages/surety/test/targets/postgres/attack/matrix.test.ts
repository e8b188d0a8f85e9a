import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { matrix } from '../../../../src/targets/postgres/attack/matrix.ts';
import { scratchPostgres } from '../../../../src/testing/scratch-postgres.ts';
import { asApplication } from './attacked.ts';

const scratch = scratchPostgres();
after(() => scratch.close());

/** What came of every act on one table, by its name. */
async function tryAll(broken: string, name: string) {
  const scene = await scratch.scene(broken);
  try {
    return await asApplication(scene, async (db) => {
      const { items } = await db.tenantTables();
      const table = items.find((item) => `${item}` === name);
      assert.ok(table);
      const [owner, thief] = await db.asTwoTenants(table);
      const results: Record<string, readonly string[]> = {};
      for (const { name: act } of thief.acts) {
        const [stolen, own] = [await thief.try(act), await owner.try(act)];
        results[act] = [stolen.result, stolen.detail, own.result];
      }
      return { results, leftOut: thief.leftOut.map(({ act }) => act.name) };
    });
  } finally {
    await scene.stop();
  }
}

test('every act finds a table that nothing guards', async () => {
  const { results, leftOut } = await tryAll('alter table accounts disable row level security', 'accounts');
  const missed = Object.entries(results).filter(([, [stolen]]) => stolen !== 'done');
  assert.deepEqual(missed, [], 'each is an attack that can succeed');
  assert.equal(Object.keys(results).length + leftOut.length, matrix.length);
});

test('every act is refused where a policy guards, and its owner may do it', async () => {
  const { results } = await tryAll('select 1', 'accounts');
  const { 'copy in': copied, ...others } = results;
  for (const [act, [stolen, detail, own]] of Object.entries(others)) {
    assert.equal(stolen, 'refused', `${act}: ${detail}`);
    assert.ok(detail === '0 rows' || detail === '42501', `${act}: ${detail}`);
    assert.equal(own, 'done', act);
  }
  assert.deepEqual(copied?.slice(0, 2), [
    'broken',
    'the server has no such statement for this table (0A000)',
  ]);
});

test('what cannot be done on a table is left out, with the reason', async () => {
  const keyless = `create table logs (user_id uuid not null references users, line text);
    insert into logs select id, 'x' from users;
    alter table logs enable row level security, force row level security;
    create policy mine on logs using (user_id = tenant());
    grant select, insert, delete, update (line) on logs to api; grant select on logs to inspector`;
  const { leftOut } = await tryAll(keyless, 'logs');
  for (const act of ['insert or update', 'update, taking rows', 'update, giving rows away'] as const) {
    assert.ok(leftOut.includes(act), act);
  }
  assert.ok((await tryAll('select 1', 'events')).leftOut.includes('copy out'));
});
