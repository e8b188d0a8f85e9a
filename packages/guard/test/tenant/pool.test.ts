import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import { bindsCallers } from '../../src/tenant/client.ts';
import { TenantError, type TenantPool, tenantClient, tenantPool } from '../../src/tenant/index.ts';
import { ann, bob, openShop, owners, type Shop, setting, tenancy } from './shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.stop());

const refused = (code: string) => (error: unknown) => error instanceof TenantError && error.code === code;
const as = tenancy.runAs;
const all = 'select * from notes';

async function withPool(max: number, work: (pool: TenantPool) => Promise<void>): Promise<void> {
  const pool = tenantPool(tenancy, { connectionString: shop.url, max });
  pool.on('error', () => undefined);
  try {
    await work(pool);
  } finally {
    await pool.end();
  }
}

/** How many of 400 interleaved queries, all waiting for few connections, saw something else than their own tenant's rows. */
async function crossings(pool: pg.Pool): Promise<number> {
  const seen = await Promise.all(
    Array.from({ length: 400 }, async (_, turn) => {
      const tenant = turn % 2 === 0 ? ann : bob;
      return owners(await as(tenant, () => pool.query(all))).join() === tenant;
    }),
  );
  return seen.filter((right) => !right).length;
}

/** What is usually written: the context is read where the query is sent. */
class NaiveClient extends pg.Client {
  static {
    const { query } = pg.Client.prototype;
    Object.defineProperty(NaiveClient.prototype, 'query', {
      value(this: NaiveClient, text: string, values: unknown, callback: unknown): void {
        const naming = ['select set_config($1, $2, false)', [setting, tenancy.current()], () => undefined];
        Reflect.apply(query, this, naming);
        Reflect.apply(query, this, [text, values, callback]);
      },
    });
  }
}

describe('four hundred queries in a queue', () => {
  for (const max of [1, 3]) {
    test(`on ${max} connections: none sees another tenant`, () =>
      withPool(max, async (pool) => assert.equal(await crossings(pool), 0)));
  }

  test('the same through a client that reads the context when it sends: many do', async () => {
    const naive = new pg.Pool({ connectionString: shop.url, max: 3, Client: NaiveClient });
    try {
      assert.ok((await crossings(naive)) > 0);
    } finally {
      await naive.end();
    }
  });

  test('the same through our client with the queue unbound: many do', async () => {
    const unbound = new pg.Pool({
      connectionString: shop.url,
      max: 3,
      Client: tenantClient(tenancy),
      ...{ [bindsCallers]: true },
    });
    try {
      assert.ok((await crossings(unbound)) > 0);
    } finally {
      await unbound.end();
    }
  });

  test('so a plain pool is refused with our client', async () => {
    const plain = new pg.Pool({ connectionString: shop.url, Client: tenantClient(tenancy) });
    await assert.rejects(
      as(ann, async () => plain.query(all)),
      refused('tenant/option'),
    );
    await plain.end();
  });

  test('callbacks are called for their own tenant too', () =>
    withPool(1, async (pool) => {
      const seen = await Promise.all(
        [ann, bob, ann, bob].map((tenant) =>
          as(
            tenant,
            () =>
              new Promise<boolean>((resolve, reject) => {
                pool.connect((error, client, done) => {
                  if (client === undefined) return reject(error);
                  client.query(all, (failed: Error | null, result: pg.QueryResult) => {
                    done();
                    if (failed) reject(failed);
                    else resolve(owners(result).join() === tenant && tenancy.peek() === tenant);
                  });
                });
              }),
          ),
        ),
      );
      assert.deepEqual(seen, [true, true, true, true]);
    }));
});

describe('a query of the pool', () => {
  test('without a tenant is refused, before a connection is taken', () =>
    withPool(1, async (pool) => {
      await assert.rejects(pool.query(all), refused('tenant/none'));
      await new Promise<void>((resolve) => {
        pool.query(all, (error: Error | null) => {
          assert.ok(refused('tenant/none')(error));
          resolve();
        });
      });
      await assert.rejects(pool.connect(), refused('tenant/none'));
      assert.equal(pool.totalCount, 0);
      const client = await as(ann, () => pool.connect());
      await assert.rejects(client.query(all), refused('tenant/none'));
      await assert.rejects(client.query('begin'), refused('tenant/none'));
      client.release();
    }));

  test('is one round trip, and one transaction that leaves nothing', () =>
    withPool(1, async (pool) => {
      const client = await as(ann, () => pool.connect());
      let syncs = 0;
      client.connection.on('readyForQuery', () => {
        syncs += 1;
      });
      const { rows } = await as(ann, () => client.query('select current_setting($1) as now', [setting]));
      assert.deepEqual(rows, [{ now: ann }]);
      assert.equal(syncs, 1);
      client.release();
      const left = await shop.admin(
        "select count(*)::int as open from pg_stat_activity where usename = 'api' and state <> 'idle'",
      );
      assert.deepEqual(left.rows, [{ open: 0 }]);
    }));

  test('answers as pg does: rows, fields, arrays, types, counts, events, names, nothing', () =>
    withPool(1, async (pool) => {
      const plain = new pg.Pool({ connectionString: shop.url, max: 1 });
      const configs: readonly Config[] = [
        { text: 'select 1 as a, null::int as b, $1::jsonb as c', values: [{ x: 1 }] },
        { text: 'select 1, 2', rowMode: 'array' },
        {
          text: 'select 1::int8 as big',
          types: { getTypeParser: () => (value: unknown) => `parsed ${value}` },
        },
        { text: 'insert into notes select 1, $1, $2 where false', values: [ann, 'x'] },
        { text: 'select generate_series(1, $1::int) as n', values: [1_000] },
        { text: 'select $1::bytea as bytes', values: [Buffer.from('bytes')] },
        { text: '' },
        { text: 'select 1 as a', name: 'one' },
        { text: 'select 1 as a', name: 'one' },
      ];
      try {
        for (const config of configs) {
          const [ours, theirs] = await Promise.all([
            as(ann, () => pool.query({ ...config })),
            plain.query({ ...config }),
          ]);
          assert.deepEqual(JSON.parse(JSON.stringify(ours)), JSON.parse(JSON.stringify(theirs)), config.text);
        }
        const client = await as(ann, () => pool.connect());
        const rows: unknown[] = [];
        await as(ann, () => {
          const query = client.query(new pg.Query('select n from generate_series(1, 3) n'));
          query.on('row', (row) => rows.push(row));
          return new Promise((resolve) => query.on('end', resolve));
        });
        client.release();
        assert.deepEqual(rows, [{ n: 1 }, { n: 2 }, { n: 3 }]);
      } finally {
        await plain.end();
      }
    }));

  test('fails as pg does, and the next one works', () =>
    withPool(1, async (pool) => {
      const client = await as(ann, () => pool.connect());
      const wrong: readonly (Config & { readonly code: string })[] = [
        { text: 'select nonsense', code: '42703' },
        { text: 'select 1/0', code: '22012' },
        { text: 'insert into notes (id, body) values (1, $1)', values: ['twice'], code: '23505' },
        { text: 'select $1::int', values: ['x'], code: '22P02' },
        { text: 'select nonsense', name: 'never parsed', code: '42703' },
        { text: 'select 1/(1 - $1::int)', name: 'parsed', values: [1], code: '22012' },
      ];
      for (const { code, ...config } of [...wrong, ...wrong]) {
        await assert.rejects(
          as(ann, () => client.query(config)),
          { code },
          config.text,
        );
        assert.deepEqual(owners(await as(bob, () => client.query(all))), [bob]);
      }
      const circular: { self?: object } = {};
      circular.self = circular;
      const values: unknown[] = [circular];
      await assert.rejects(
        as(ann, () => client.query('select $1::json', values)),
        TypeError,
      );
      assert.deepEqual(owners(await as(bob, () => client.query(all))), [bob]);
      client.release();
    }));

  test('a name that the server never reached is not taken for prepared', () =>
    withPool(1, async () => {
      let broken = true;
      const naming: typeof tenancy.naming = (tenant, backend) =>
        broken ? { text: 'select nonsense', values: [] } : tenancy.naming(tenant, backend);
      const pool = tenantPool({ ...tenancy, naming }, { connectionString: shop.url, max: 1 });
      const client = await as(ann, () => pool.connect());
      await assert.rejects(
        as(ann, () => client.query({ name: 'n', text: all })),
        { code: '42703' },
      );
      broken = false;
      assert.deepEqual(owners(await as(ann, () => client.query({ name: 'n', text: all }))), [ann]);
      client.release();
      await pool.end();
    }));

  test('that times out does not give its connection’s name to the next', () =>
    withPool(1, async (pool) => {
      const late = { text: 'select pg_sleep(0.2)', query_timeout: 20 };
      await assert.rejects(
        as(ann, () => pool.query(late)),
        /timeout/,
      );
      assert.deepEqual(owners(await as(bob, () => pool.query(all))), [bob]);
    }));

  test('writes for its own tenant, and cannot for another', () =>
    withPool(1, async (pool) => {
      await assert.rejects(
        as(ann, () => pool.query('insert into notes values (50, $1, $2)', [bob, 'planted'])),
        { code: '42501' },
      );
      await as(ann, () => pool.query('insert into notes (id, body) values (50, $1)', ['own']));
      const taken = await as(bob, () => pool.query('delete from notes where id = 50'));
      assert.equal(taken.rowCount, 0);
      assert.equal((await as(ann, () => pool.query('delete from notes where id = 50'))).rowCount, 1);
    }));
});

describe('a transaction on a connection of the pool', () => {
  test('has one tenant, from BEGIN on', () =>
    withPool(1, async (pool) => {
      const client = await as(ann, () => pool.connect());
      await as(ann, () => client.query('begin isolation level repeatable read'));
      assert.deepEqual(owners(await as(ann, () => client.query(all))), [ann]);
      await assert.rejects(
        as(bob, () => client.query(all)),
        refused('tenant/changed'),
      );
      await client.query('commit');
      assert.deepEqual(owners(await as(bob, () => client.query(all))), [bob]);
      client.release();
    }));

  test('keeps it over savepoints, errors and chains', () =>
    withPool(1, async (pool) => {
      await as(ann, async () => {
        const client = await pool.connect();
        const own = async (): Promise<void> => assert.deepEqual(owners(await client.query(all)), [ann]);
        await client.query('begin');
        await client.query('set transaction isolation level serializable');
        await client.query('savepoint a');
        await assert.rejects(client.query('select nonsense'));
        await client.query('rollback to savepoint a');
        await own();
        await client.query('commit and chain');
        await own();
        await client.query('rollback and chain');
        await own();
        await client.query('end');
        await own();
        client.release();
      });
    }));

  test('that is still open when its connection comes back ends with the connection', () =>
    withPool(1, async (pool) => {
      await as(ann, async () => {
        const client = await pool.connect();
        await client.query('begin');
        await client.query('delete from notes');
        client.release();
      });
      assert.deepEqual(owners(await as(bob, () => pool.query(all))), [bob]);
      assert.equal((await shop.admin(all)).rowCount, 6);
    }));

  test('carries a cursor once a query of its tenant has run; outside of one it is refused', () =>
    withPool(1, async (pool) => {
      await as(ann, async () => {
        const client = await pool.connect();
        await assert.rejects(portal(client, all), refused('tenant/unsupported'));
        await client.query('begin');
        await assert.rejects(portal(client, all), refused('tenant/unsupported'));
        await client.query('select 1');
        assert.equal(await portal(client, all), 3);
        await assert.rejects(
          as(bob, () => portal(client, all)),
          refused('tenant/changed'),
        );
        await client.query('commit');
        client.release();
      });
    }));
});

type Config = pg.QueryConfig & { readonly rowMode?: string };

/** Rows read through a query of its own kind, as pg-cursor is one. */
function portal(client: pg.PoolClient, text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    let rows = 0;
    const reader = {
      submit(connection: pg.Connection) {
        connection.parse({ name: '', text, types: [] }, true);
        connection.bind({}, true);
        connection.execute(null, true);
        connection.sync();
      },
      handleDataRow: () => {
        rows += 1;
      },
      handleCommandComplete: () => undefined,
      handleError: reject,
      handleReadyForQuery: () => resolve(rows),
    };
    client.query(reader);
  });
}
