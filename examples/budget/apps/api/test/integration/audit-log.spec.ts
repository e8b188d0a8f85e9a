import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { withClient } from '../../../../infra/db/connection.ts';
import { type Api, call, type Estate, itemsOf, signIn, startEstate } from '../running-estate.ts';

// What the database writes down of what users do, whatever the API forgets.

let estate: Estate;
let api: Api;
let token: string;

before(async () => {
  estate = await startEstate();
  api = await estate.startApi();
  token = await signIn(estate, api, estate.users[0]?.email ?? '');
});

after(() => estate.stop());

/** Entries since `id`, as a superuser sees them. */
async function entriesAfter(id: string): Promise<readonly Record<string, unknown>[]> {
  return withClient({ url: estate.adminUrl, caFile: estate.databaseCa }, async (client) => {
    const { rows } = await client.query<Record<string, unknown>>(
      'SELECT * FROM audit_log WHERE id > $1 ORDER BY id',
      [id],
    );
    return rows;
  });
}

async function latest(): Promise<string> {
  return String((await entriesAfter('0')).at(-1)?.id);
}

describe('the audit log', () => {
  it('has who, what, which row and which space, and nothing of what stands in the row', async () => {
    const [user] = estate.users;
    const [account] = itemsOf(await call(estate, api, '/accounts', { token }));
    const start = await latest();
    const body = {
      spaceId: user?.spaceId,
      accountId: account?.id,
      amountMinor: -4242,
      description: 'canary description',
      bookedOn: '2026-01-01',
    };
    const made = await call(estate, api, '/transactions', { method: 'POST', token, body });
    const id = typeof made.body === 'object' && made.body !== null && 'id' in made.body ? made.body.id : null;
    const path = `/transactions/${id}`;
    await call(estate, api, path, { method: 'PATCH', token, body: { description: 'another canary' } });
    await call(estate, api, path, { method: 'DELETE', token });
    const entries = await entriesAfter(start);
    const common = {
      actor_id: user?.userId,
      table_name: 'transactions',
      row_id: id,
      space_id: user?.spaceId,
    };
    assert.deepEqual(
      entries.map(({ id: _id, at: _at, ...entry }) => entry),
      ['insert', 'update', 'delete'].map((action) => ({ ...common, action })),
    );
    assert.doesNotMatch(JSON.stringify(entries), /canary|4242/);
  });

  it('has nothing of what was rolled back', async () => {
    const start = await latest();
    const budget = { name: 'x', limitMinor: 1, currency: 'EUR', startsOn: '2026-01-01' };
    const { status } = await call(estate, api, '/budgets', {
      method: 'POST',
      token,
      body: { ...budget, spaceId: estate.users[1]?.spaceId },
    });
    assert.equal(status, 404);
    assert.deepEqual(await entriesAfter(start), []);
  });

  for (const statement of [
    'SELECT FROM audit_log',
    'DELETE FROM audit_log',
    "UPDATE audit_log SET action = 'insert'",
    'TRUNCATE audit_log',
    "INSERT INTO audit_log (actor_id, action, table_name, row_id, space_id) VALUES (gen_random_uuid(), 'insert', 'x', gen_random_uuid(), gen_random_uuid())",
    'SELECT record_change()',
  ]) {
    it(`is closed to the API: ${statement.slice(0, 24)}`, async () => {
      await withClient({ url: estate.apiUrl, caFile: estate.databaseCa }, async (client) => {
        await client.query("SELECT set_config('app.current_user_id', $1, false)", [estate.users[0]?.userId]);
        await assert.rejects(client.query(statement), { code: '42501' });
      });
    });
  }
});
