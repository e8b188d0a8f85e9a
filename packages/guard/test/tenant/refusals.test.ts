import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { checkDriver } from '../../src/tenant/driver.ts';
import { TenantError, type TenantPool, tenantClient, tenantPool } from '../../src/tenant/index.ts';
import { ann, bob, openShop, type Shop, setting, tenancy } from './shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.stop());

const refused = (code: string) => (error: unknown) => error instanceof TenantError && error.code === code;
const as = tenancy.runAs;
const all = 'select * from notes';

async function withPool(work: (pool: TenantPool) => Promise<void>): Promise<void> {
  const pool = tenantPool(tenancy, { connectionString: shop.url, max: 1 });
  try {
    await work(pool);
  } finally {
    await pool.end();
  }
}

describe('what cannot carry a tenant is refused before it is sent', () => {
  const texts = [
    `set ${setting} = '${bob}'`,
    'set role owner',
    'reset all',
    'discard all',
    'listen notes',
    'prepare p as select 1',
    'copy notes to stdout',
    'declare c cursor with hold for select 1',
  ];
  for (const text of texts) {
    test(text.replace(bob, 'bob'), () =>
      withPool(async (pool) => {
        await assert.rejects(
          as(ann, () => pool.query(text)),
          refused('tenant/unsupported'),
        );
      }),
    );
  }

  test('two statements in one text, by the server', () =>
    withPool(async (pool) => {
      const stacked = `select 1; set ${setting} = '${bob}'`;
      await assert.rejects(
        as(ann, () => pool.query(stacked)),
        { code: '42601' },
      );
      await assert.rejects(
        as(ann, () => pool.query({ text: stacked, values: [] })),
        { code: '42601' },
      );
    }));

  test('paged reading, names without text, and pipelines', async () => {
    await withPool(async (pool) => {
      const paged = { text: all, rows: 1 };
      await assert.rejects(
        as(ann, () => pool.query(paged)),
        refused('tenant/unsupported'),
      );
      const nameless: { name: string; text: string } = JSON.parse('{"name":"n"}');
      await assert.rejects(
        as(ann, () => pool.query(nameless)),
        refused('tenant/unsupported'),
      );
    });
    const Client = tenantClient(tenancy);
    assert.throws(() => new Client({ pipeline: true }), refused('tenant/unsupported'));
  });

  test('another major version of pg', () => {
    for (const version of ['9.0.0', '7.18.2', '8.16.3', 'x']) {
      assert.throws(() => checkDriver(version), refused('tenant/driver'), version);
    }
    checkDriver('8.23.1');
  });
});
