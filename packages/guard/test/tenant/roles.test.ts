import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type pg from 'pg';
import { assertBound, jobPool, TenantError, tenantPool } from '../../src/tenant/index.ts';
import { ann, openShop, owners, type Shop, tenancy } from './shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.stop());

const refused = (fact: RegExp) => (error: unknown) =>
  error instanceof TenantError && error.code === 'tenant/unbound-role' && fact.test(error.message);

describe('the role of the API', () => {
  const look = async (connectionString = shop.url): Promise<unknown> => {
    const pool = tenantPool(tenancy, { connectionString });
    try {
      return await assertBound(pool);
    } finally {
      await pool.end();
    }
  };

  test('is bound when it owns nothing and is a member of nothing', async () => {
    assert.deepEqual(await look(), { role: 'api', securedTables: 1 });
  });

  test('is not as a superuser, or with BYPASSRLS', async () => {
    await assert.rejects(look(shop.server.url), refused(/postgres is, .*superuser/));
    await assert.rejects(look(shop.urlOf('jobs')), refused(/jobs is, .*BYPASSRLS/));
  });

  const breaks: Readonly<Record<string, readonly [string, string, RegExp]>> = {
    'a member of the owner': ['grant owner to api', 'revoke owner from api', /owns.* 1 tables/],
    'a member of a member of a role with BYPASSRLS': [
      'create role between; grant jobs to between; grant between to api',
      'drop role between',
      /BYPASSRLS/,
    ],
    'allowed to replicate': ['alter role api replication', 'alter role api noreplication', /REPLICATION/],
    'where no table is under row security': [
      'alter table notes disable row level security',
      'alter table notes enable row level security',
      /bound by nothing/,
    ],
  };
  for (const [name, [up, down, fact]] of Object.entries(breaks)) {
    test(`is not ${name}`, async () => {
      await shop.admin(up);
      await assert.rejects(look(), refused(fact));
      await shop.admin(down);
      await look();
    });
  }
});

describe('jobs', () => {
  const withJobs = async (
    options: { role: string; connectionString: string },
    work: (pool: pg.Pool) => Promise<void>,
  ) => {
    const pool = jobPool(tenancy, options);
    try {
      await work(pool);
    } finally {
      await pool.end();
    }
  };

  test('see every tenant, as the role that they say', () =>
    withJobs({ role: 'jobs', connectionString: shop.urlOf('jobs') }, async (pool) => {
      assert.equal(owners(await pool.query('select * from notes')).length, 2);
    }));

  test('do not run as another role, nor as a superuser', async () => {
    await withJobs({ role: 'jobs', connectionString: shop.url }, async (pool) => {
      await assert.rejects(pool.query('select 1'), refused(/as jobs and do as api/));
    });
    await withJobs({ role: 'postgres', connectionString: shop.server.url }, async (pool) => {
      await assert.rejects(pool.query('select 1'), refused(/superuser/));
    });
  });

  test('are not a way around the policies inside a request', () =>
    withJobs({ role: 'jobs', connectionString: shop.urlOf('jobs') }, async (pool) => {
      const unsupported = { code: 'tenant/unsupported' };
      await assert.rejects(
        tenancy.runAs(ann, () => pool.query('select * from notes')),
        unsupported,
      );
      await assert.rejects(
        tenancy.runAs(ann, () => pool.connect()),
        unsupported,
      );
      assert.equal(pool.totalCount, 0);
    }));
});
