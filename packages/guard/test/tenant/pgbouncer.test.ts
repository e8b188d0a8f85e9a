import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { type Pooler, poolerMissing, startPooler } from '../../../surety/src/testing/pooler.ts';
import { tenantPool, tenantTransaction } from '../../src/tenant/index.ts';
import { ann, bob, openShop, owners, type Shop, setting, tenancy } from './shop.ts';

const missing = poolerMissing();
const skip = missing === null ? false : `${missing} is not installed`;
const all = 'select * from notes';

describe('behind pgbouncer in transaction mode, on two connections', { skip }, () => {
  let shop: Shop;
  let bouncer: Pooler;
  before(async () => {
    shop = await openShop();
    bouncer = await startPooler(shop.url, 2);
  });
  after(async () => {
    await bouncer.stop();
    await shop.stop();
  });

  /** How many of 100 interleaved queries of two tenants saw something else than their own rows. */
  const crossings = async (ask: (tenant: string) => Promise<pg.QueryResult>): Promise<number> => {
    const seen = await Promise.all(
      Array.from({ length: 100 }, async (_, turn) => {
        const tenant = turn % 2 === 0 ? ann : bob;
        return owners(await ask(tenant)).join() === tenant;
      }),
    );
    return seen.filter((right) => !right).length;
  };

  const withPool = async <P extends pg.Pool>(pool: P, work: (pool: P) => Promise<void>): Promise<void> => {
    try {
      await work(pool);
    } finally {
      await pool.end();
    }
  };
  const config = () => ({ connectionString: bouncer.url, max: 10 });

  test('the one-round-trip form crosses nowhere', () =>
    withPool(tenantPool(tenancy, config()), async (pool) => {
      assert.equal(await crossings((tenant) => tenancy.runAs(tenant, () => pool.query(all))), 0);
    }));

  test('the transaction form crosses nowhere, on either pool', async () => {
    for (const made of [tenantPool(tenancy, config()), new pg.Pool(config())]) {
      await withPool(made, async (pool) => {
        assert.equal(
          await crossings((tenant) => tenantTransaction(tenancy, pool, tenant, (tx) => tx.query(all))),
          0,
        );
      });
    }
  });

  test('SET, which is how it is usually done, does', () =>
    withPool(new pg.Pool(config()), async (pool) => {
      const wrong = await crossings(async (tenant) => {
        const client = await pool.connect();
        try {
          await client.query(`set ${setting} = '${tenant}'`);
          return await client.query(all);
        } finally {
          client.release();
        }
      });
      assert.ok(wrong > 0);
    }));
});
