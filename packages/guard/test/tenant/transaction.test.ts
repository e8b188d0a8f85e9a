import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import pg from 'pg';
import { TenantError, tenantPool, tenantTransaction } from '../../src/tenant/index.ts';
import { ann, bob, openShop, owners, type Shop, setting, tenancy } from './shop.ts';

let shop: Shop;
before(async () => {
  shop = await openShop();
});
after(() => shop.stop());

const refused = (code: string) => (error: unknown) => error instanceof TenantError && error.code === code;

const pools = {
  'a plain pool': () => new pg.Pool({ connectionString: shop.url, max: 1 }),
  'a tenant pool': () => tenantPool(tenancy, { connectionString: shop.url, max: 1 }),
} as const;

for (const [name, make] of Object.entries(pools)) {
  describe(`a transaction of one tenant, on ${name}`, () => {
    let pool: pg.Pool;
    beforeEach(() => {
      pool = make();
      pool.on('error', () => undefined);
    });
    afterEach(() => pool.end());
    const notes = async (tenant: string): Promise<readonly string[]> =>
      owners(await tenantTransaction(tenancy, pool, tenant, (tx) => tx.query('select * from notes')));
    const count = async (): Promise<number> =>
      (await shop.admin('select count(*)::int as n from notes')).rows[0].n;

    test('sees its own rows on a connection that was another’s before', async () => {
      for (const tenant of [ann, bob, ann]) assert.deepEqual(await notes(tenant), [tenant]);
    });

    test('leaves no name behind in the connection', async () => {
      await notes(ann);
      const connection = await tenancy.runAs(ann, () => pool.connect());
      const { rows } = await tenancy.runAs(bob, () =>
        connection.query('select current_setting($1, true) as value', [setting]),
      );
      connection.release();
      assert.notEqual(rows[0].value, ann);
    });

    test('makes one round trip of BEGIN and the name, and one of COMMIT', async () => {
      const connection = await tenancy.runAs(ann, () => pool.connect());
      let syncs = 0;
      connection.connection.on('readyForQuery', () => {
        syncs += 1;
      });
      connection.release();
      await notes(ann);
      assert.equal(syncs, 3);
    });

    test('writes what it wrote, and nothing when it throws', async () => {
      const before = await count();
      const insert = 'insert into notes (id, body) values ($1, $2)';
      await assert.rejects(
        tenantTransaction(tenancy, pool, ann, async (tx) => {
          await tx.query(insert, [100, 'lost']);
          throw new Error('changed my mind');
        }),
        /changed my mind/,
      );
      assert.equal(await count(), before);
      await tenantTransaction(tenancy, pool, ann, (tx) => tx.query(insert, [100, 'kept']));
      assert.equal(await count(), before + 1);
      await shop.admin('delete from notes where id = 100');
    });

    test('a nested one is undone alone', async () => {
      await tenantTransaction(tenancy, pool, ann, async (tx) => {
        await tx.query("update notes set body = 'outer' where id = 2");
        await assert.rejects(
          tx.transaction(async (inner) => {
            await inner.query("update notes set body = 'inner' where id = 2");
            await inner.transaction((innermost) => innermost.query('select nonsense'));
          }),
          /nonsense/,
        );
        await tx.transaction((inner) => inner.query("update notes set body = body || ' kept' where id = 4"));
        assert.deepEqual(owners(await tx.query('select * from notes')), [ann]);
      });
      const { rows } = await shop.admin('select body from notes where id in (2, 4) order by id');
      assert.deepEqual(rows, [{ body: 'outer' }, { body: 'note 4 kept' }]);
      await shop.admin("update notes set body = 'note ' || id");
    });

    test('while a nested one is open, and after the end, its own client is closed', async () => {
      const leaked = await tenantTransaction(tenancy, pool, ann, async (tx) => {
        await tx.transaction(() => assert.rejects(tx.query('select 1'), refused('tenant/closed')));
        return tx;
      });
      await assert.rejects(leaked.query('select 1'), refused('tenant/closed'));
      await assert.rejects(
        leaked.transaction(async () => null),
        refused('tenant/closed'),
      );
    });

    test('as another tenant it sends nothing', async () => {
      await tenantTransaction(tenancy, pool, ann, async (tx) => {
        await assert.rejects(
          tenancy.runAs(bob, () => tx.query('select * from notes')),
          refused('tenant/changed'),
        );
      });
    });

    test('what COMMIT answers is thrown, and the connection is kept', async () => {
      const twice = tenantTransaction(tenancy, pool, ann, (tx) =>
        tx.query('insert into tallies values (1), (1)'),
      );
      await assert.rejects(twice, { code: '23505' });
      assert.equal(pool.totalCount, 1);
      assert.deepEqual(await notes(bob), [bob]);
    });

    test('a COMMIT that the server turns into a ROLLBACK is an error', async () => {
      const swallowed = tenantTransaction(tenancy, pool, ann, async (tx) => {
        await tx.query('delete from notes');
        await tx.query('select nonsense').catch(() => undefined);
      });
      await assert.rejects(swallowed, refused('tenant/not-committed'));
      assert.deepEqual(await notes(ann), [ann]);
    });

    test('a connection that breaks in the middle is not given to another', async () => {
      const broken = tenantTransaction(tenancy, pool, ann, async (tx) => {
        const { rows } = await tx.query<{ pid: number }>('select pg_backend_pid() as pid');
        await shop.admin('select pg_terminate_backend($1)', [rows[0]?.pid]);
        await tx.query('select 1');
      });
      await assert.rejects(broken);
      assert.deepEqual(await notes(bob), [bob]);
    });

    test('a refused BEGIN closes the connection', async () => {
      await assert.rejects(
        // The server knows no deferrable transaction of this kind, but knows the statement: the name is refused.
        tenantTransaction(
          { ...tenancy, naming: () => ({ text: 'select nonsense', values: [] }) },
          pool,
          ann,
          async () => null,
        ),
        /nonsense/,
      );
      assert.deepEqual(await notes(bob), [bob]);
    });

    test('an abort ends it at once, writes nothing and closes the connection', async () => {
      const stop = new AbortController();
      let started = 0;
      const slow = tenantTransaction(
        tenancy,
        pool,
        ann,
        async (tx) => {
          await tx.query('delete from notes');
          started += 1;
          queueMicrotask(() => stop.abort(new Error('client has left')));
          await tx.query('select pg_sleep(60)');
        },
        { signal: stop.signal },
      );
      await assert.rejects(slow, /client has left/);
      assert.equal(started, 1);
      await shop.admin('select pg_terminate_backend(pid) from pg_stat_activity where query like $1', [
        '%pg_sleep(60)%',
      ]);
      assert.deepEqual(await notes(ann), [ann]);
    });

    test('an abort ends the wait for a connection, and the connection stays with its holder', async () => {
      const held = await tenancy.runAs(ann, () => pool.connect());
      const waiting = tenantTransaction(tenancy, pool, ann, async () => null, {
        signal: AbortSignal.timeout(20),
      });
      await assert.rejects(waiting, { name: 'TimeoutError' });
      held.release();
      assert.deepEqual(await notes(ann), [ann]);
    });

    test('takes modes, and never more than modes', async () => {
      const serializable = { isolation: 'serializable', access: 'read only', deferrable: true } as const;
      const { rows } = await tenantTransaction(
        tenancy,
        pool,
        ann,
        (tx) =>
          tx.query(
            "select current_setting('transaction_isolation') as isolation, current_setting('transaction_read_only') as ro",
          ),
        serializable,
      );
      assert.deepEqual(rows, [{ isolation: 'serializable', ro: 'on' }]);
      const untyped: object = { isolation: 'read committed; set app.current_user_id = 1' };
      await assert.rejects(
        tenantTransaction(tenancy, pool, ann, async () => null, untyped),
        refused('tenant/option'),
      );
    });

    test('two statements in one text are refused by the server, and its end from inside by the client', async () => {
      await tenantTransaction(tenancy, pool, ann, async (tx) => {
        await assert.rejects(
          tx.transaction((inner) =>
            inner.query(`select 1; select set_config('${setting}', '${bob}', false)`),
          ),
          { code: '42601' },
        );
        for (const text of [
          'commit',
          'rollback',
          'begin',
          `set ${setting} = '${bob}'`,
          `set local ${setting} = '${bob}'`,
        ]) {
          await assert.rejects(tx.query(text), refused('tenant/unsupported'), text);
        }
      });
    });
  });
}
