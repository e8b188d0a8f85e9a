import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { fastTenantSchema } from '../../../../src/testing/fast-tenant-schema.ts';
import { scratchPostgres } from '../../../../src/testing/scratch-postgres.ts';
import { asApplication } from '../attack/attacked.ts';

const scratch = scratchPostgres({ looksAt: 'plans', schema: fastTenantSchema });
after(() => scratch.close());

async function indexFor(table: string, broken: string): Promise<string | null | undefined> {
  const scene = await scratch.scene(broken);
  try {
    return await asApplication(scene, async (db) => {
      const { items } = await db.tenantTables();
      const wanted = items.find(({ name }) => name === table);
      return wanted === undefined ? undefined : (await db.policyCost(wanted))?.index;
    });
  } finally {
    await scene.stop();
  }
}

test('the statement that makes a missing index is given, and runs as it is', async () => {
  const statement = 'create index concurrently on "public"."accounts" ("space_id")';
  assert.equal(await indexFor('accounts', 'drop index accounts_space'), statement);
  assert.equal(
    await indexFor('accounts', `drop index accounts_space; ${statement.replace(' concurrently', '')}`),
    null,
  );
});

test('of a partitioned table the server builds no index concurrently', async () => {
  assert.equal(
    await indexFor('events', 'drop index events_space'),
    'create index on "public"."events" ("space_id")',
  );
});

test('where an index is there and the policy does not let it be used, another would not help', async () => {
  assert.equal(
    await indexFor(
      'accounts',
      `drop policy members on accounts; create policy members on accounts using
        (space_id in (select space_id from user_spaces where user_id = (select tenant())))`,
    ),
    null,
  );
});
