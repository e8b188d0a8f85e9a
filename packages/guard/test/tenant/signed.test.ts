import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import pg from 'pg';
import {
  addSigningKey,
  createTenancy,
  type SignedByOptions,
  signedBy,
  signedContextSql,
  type Tenancy,
  TenantError,
  type TenantPool,
  tenantPool,
  tenantTransaction,
} from '../../src/tenant/index.ts';
import { ann, bob, openShop, owners, type Shop, setting } from './shop.ts';

const key = { id: '2025-01', secret: randomBytes(32) };
const sql = signedContextSql({ setting, roles: ['api', 'jobs'] });
const all = 'select * from notes';

let shop: Shop;
before(async () => {
  shop = await openShop();
  await shop.admin(sql.up);
  const { text, values } = addSigningKey(key);
  await shop.admin(text, [...values]);
});
after(() => shop.stop());

function signed(options: Partial<SignedByOptions> = {}): Tenancy {
  return createTenancy({ setting, naming: signedBy({ key, ...options }) });
}

async function withPool<T>(tenancy: Tenancy, work: (pool: TenantPool) => Promise<T>): Promise<T> {
  const pool = tenantPool(tenancy, { connectionString: shop.url, max: 1 });
  try {
    return await work(pool);
  } finally {
    await pool.end();
  }
}

const seenBy = (tenancy: Tenancy, tenant: string): Promise<readonly string[]> =>
  withPool(tenancy, (pool) => tenancy.runAs(tenant, async () => owners(await pool.query(all))));

describe('a signed tenant', () => {
  test('is named in both forms', async () => {
    const tenancy = signed();
    assert.deepEqual(await seenBy(tenancy, ann), [ann]);
    const plain = new pg.Pool({ connectionString: shop.url, max: 1 });
    for (const tenant of [ann, bob]) {
      assert.deepEqual(owners(await tenantTransaction(tenancy, plain, tenant, (tx) => tx.query(all))), [
        tenant,
      ]);
    }
    await plain.end();
  });

  test('may have any letters in its name', async () => {
    const tenancy = createTenancy({ setting, kind: 'text', naming: signedBy({ key }) });
    const odd = "Ann O’Neil'; drop.table";
    const rows = await withPool(tenancy, (pool) =>
      tenancy.runAs(odd, async () => (await pool.query('select current_setting($1) as now', [setting])).rows),
    );
    assert.deepEqual(rows, [{ now: odd }]);
  });

  test('travels as a bind, never in the text of a statement', async () => {
    await withPool(signed(), async (pool) => {
      const { rows } = await pool.tenancy.runAs(ann, () =>
        pool.query('select string_agg(query, $1) as texts from pg_stat_activity', ['']),
      );
      assert.doesNotMatch(rows[0].texts, /2025-01\./);
    });
  });
});

describe('a token is refused', () => {
  const refused = { code: '28000' };
  const token = (options: Partial<SignedByOptions> = {}, tenant = ann, of = setting): string =>
    signedBy({ key, ...options })(tenant, { setting: of, backend: 1 }).values[0] ?? '';
  const begin = async (value: string): Promise<void> => {
    const client = new pg.Client({ connectionString: shop.url });
    await client.connect();
    try {
      await client.query('select ctx.begin($1)', [value]);
    } finally {
      await client.end();
    }
  };

  test('but the same way of asking takes a right one', async () => {
    await begin(token());
  });

  const flipped = (value: string, at: number): string =>
    value.slice(0, at) + (value[at] === '1' ? '2' : '1') + value.slice(at + 1);
  const hex = (text: string): string => Buffer.from(text).toString('hex');
  const forgeries: Readonly<Record<string, () => string>> = {
    'of a foreign key': () => token({ key: { id: key.id, secret: randomBytes(32) } }),
    'of an unknown key': () => token({ key: { id: '2024-12', secret: key.secret } }),
    expired: () => token({ now: () => Date.now() - 120_000 }),
    'good for too long': () => token({ seconds: 301 }),
    'for another setting': () => token({}, ann, 'app.space_id'),
    'of another connection': () => token({ perBackend: true }),
    'with another tenant pasted in': () => token().replace(hex(ann), hex(bob)),
    'with its last digit flipped': () => flipped(token(), token().length - 1),
    'with its expiry flipped': () => flipped(token(), key.id.length + 2),
    'with a part more': () => `${token()}.00`,
    'with a part less': () => token().split('.').slice(0, 4).join('.'),
    empty: () => '',
    'of dots': () => '....',
  };
  for (const [name, forge] of Object.entries(forgeries)) {
    test(name, () => assert.rejects(begin(forge()), refused));
  }

  test('of a key that has ended', async () => {
    const old = { id: 'old', secret: randomBytes(32) };
    const { text, values } = addSigningKey(old);
    await shop.admin(text, [...values]);
    await begin(token({ key: old }));
    await shop.admin("update ctx.signing_keys set ends = now() where id = 'old'");
    await assert.rejects(begin(token({ key: old })), refused);
  });

  test('and the query behind it is not run', async () => {
    const late = signed({ now: () => Date.now() - 120_000 });
    await assert.rejects(seenBy(late, ann), refused);
    await withPool(late, async (pool) => {
      await assert.rejects(
        late.runAs(ann, () => pool.query('delete from notes')),
        refused,
      );
      await assert.rejects(
        tenantTransaction(late, pool, ann, (tx) => tx.query('delete from notes')),
        refused,
      );
    });
    assert.equal((await shop.admin(all)).rowCount, 6);
  });
});

describe('SQL that got into a query of one tenant', () => {
  const denied = { code: '42501' };
  const attack = (text: string, values: unknown[] = []): Promise<pg.QueryResult> =>
    withPool(signed(), (pool) => pool.tenancy.runAs(ann, () => pool.query(text, values)));

  test('works without the signed context: this is what it is for', async () => {
    const open = await openShop();
    const tenancy = createTenancy({ setting });
    const pool = tenantPool(tenancy, { connectionString: open.url });
    const injected = `with x as materialized (select set_config('${setting}', '${bob}', true)) select n.* from x, notes n`;
    const seen = await tenancy.runAs(ann, () => pool.query(injected));
    assert.ok(owners(seen).includes(bob));
    await pool.end();
    await open.stop();
  });

  const attempts: Readonly<Record<string, string>> = {
    'names another tenant for the session': `select * from notes where id = 0 or set_config('${setting}', '${bob}', false) is not null`,
    'names another tenant for the transaction': `with x as materialized (select set_config('${setting}', '${bob}', true)) select n.* from x, notes n`,
    'takes another role': "select set_config('role', 'owner', false)",
    'writes the settings': `update pg_settings set setting = '${bob}' where name = 'application_name'`,
    'reads the key': 'select secret from ctx.signing_keys',
    'writes a key': "insert into ctx.signing_keys values ('mine', decode(repeat('00', 32), 'hex'))",
    'replaces the function':
      "create or replace function ctx.begin(token text) returns void language sql as 'select'",
  };
  for (const [name, text] of Object.entries(attempts)) {
    test(`${name}: denied`, () => assert.rejects(attack(text), denied));
  }

  test('begins with a token of its own making: refused', () =>
    assert.rejects(
      attack('select ctx.begin($1)', [`2025-01.9999999999.0.${Buffer.from(bob).toString('hex')}.00`]),
      {
        code: '28000',
      },
    ));

  test('sends a second statement, or SET alone: refused', async () => {
    await assert.rejects(attack(`select 1; set ${setting} = '${bob}'`), { code: '42601' });
    await assert.rejects(attack(`set ${setting} = '${bob}'`), { code: 'tenant/unsupported' });
  });

  test('shadows the functions of the definer in its own schema: nothing happens', async () => {
    await shop.admin('grant create on schema public to api; grant temporary on database postgres to api');
    const body = `returns text language sql as $$ select '${bob}' $$`;
    const client = new pg.Client({ connectionString: shop.url });
    await client.connect();
    await client.query(`create function public.convert_from(bytea, name) ${body}`);
    await client.query(`create function pg_temp.convert_from(bytea, name) ${body}`);
    const [token] = signedBy({ key })(ann, { setting, backend: null }).values;
    await client.query('begin');
    await client.query('set search_path = pg_temp, public, pg_catalog');
    await client.query('select ctx.begin($1)', [token]);
    assert.deepEqual(owners(await client.query('select * from public.notes')), [ann]);
    await client.end();
    await shop.admin(
      'drop function public.convert_from(bytea, name); revoke create on schema public from api',
    );
  });
});

describe('a token bound to its connection', () => {
  test('is taken there, and nowhere else', async () => {
    const strict = await openShop();
    const { up } = signedContextSql({ setting, roles: ['api'], perBackend: true });
    await strict.admin(up);
    const { text, values } = addSigningKey(key);
    await strict.admin(text, [...values]);
    const ask = async (tenancy: Tenancy): Promise<readonly string[]> => {
      const pool = tenantPool(tenancy, { connectionString: strict.url, max: 1 });
      try {
        return await tenancy.runAs(bob, async () => owners(await pool.query(all)));
      } finally {
        await pool.end();
      }
    };
    assert.deepEqual(await ask(signed({ perBackend: true })), [bob]);
    await assert.rejects(ask(signed()), { code: '28000' });
    await strict.stop();
  });
});

describe('the SQL of the signed context', () => {
  test('is undone without a trace', async () => {
    const fresh = await openShop();
    const acl =
      "select proacl::text from pg_proc where oid = 'pg_catalog.set_config(text, text, boolean)'::regprocedure";
    const left =
      "select (select count(*)::int from pg_namespace where nspname = 'ctx') + (select count(*)::int from pg_roles where rolname = 'ctx_owner') as n";
    const { up, down } = signedContextSql({ setting, roles: ['api'] });
    await fresh.admin(up);
    assert.match((await fresh.admin(acl)).rows[0].proacl, /ctx_owner/);
    await fresh.admin(down);
    assert.doesNotMatch((await fresh.admin(acl)).rows[0].proacl, /ctx_owner/);
    assert.match((await fresh.admin(acl)).rows[0].proacl, /[{,]=X/);
    assert.deepEqual((await fresh.admin(left)).rows, [{ n: 0 }]);
    await fresh.stop();
  });

  test('its owner can do nothing else', async () => {
    const { rows } = await shop.admin(`
      select rolcanlogin or rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolinherit as powerful,
        has_table_privilege('ctx_owner', 'notes', 'select') as reads,
        has_schema_privilege('ctx_owner', 'ctx', 'create') as makes,
        has_table_privilege('ctx_owner', 'ctx.signing_keys', 'insert, update, delete, truncate') as writes
      from pg_roles where rolname = 'ctx_owner'`);
    assert.deepEqual(rows, [{ powerful: false, reads: false, makes: false, writes: false }]);
  });

  test('takes no odd names and no short keys', () => {
    const refused = (error: unknown): boolean =>
      error instanceof TenantError && error.code === 'tenant/option';
    assert.throws(() => signedContextSql({ setting, roles: ['a"; drop table x; --'] }), refused);
    assert.throws(() => signedContextSql({ setting: "x.y' ||", roles: ['api'] }), refused);
    assert.throws(() => signedBy({ key: { id: 'k', secret: randomBytes(31) } }), refused);
    assert.throws(() => signedBy({ key: { id: 'a.b', secret: randomBytes(32) } }), refused);
  });
});
