import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Change } from '../../../../src/core/plan.ts';
import { guard, keep, type Shop, shopServer } from './shop.ts';

const accounts = '"public"."accounts"';
const odd = `"Odd ""names"""."Order's"`;

let stage: Awaited<ReturnType<typeof shopServer>>;
before(async () => {
  stage = await shopServer();
});
after(() => stage.stop());

const change = (table: string): Change => ({
  id: table,
  title: table,
  target: 'db',
  ...guard(table),
  requires: ['tenancy/context-per-request'],
});

async function opened<T>(
  shop: Shop,
  work: (target: Awaited<ReturnType<Shop['open']>>) => Promise<T>,
  options: Parameters<Shop['open']>[0] = {},
): Promise<T> {
  const target = await shop.open(options);
  try {
    return await work(target);
  } finally {
    await target.close();
  }
}

const policies = (shop: Shop) =>
  shop.sql<{ name: string }>(
    "select tablename || polname as name from pg_policy p join pg_tables on polrelid = (quote_ident(schemaname) || '.' || quote_ident(tablename))::regclass order by 1",
  );

test('rows that each role would no longer read are counted before a change', async () => {
  const shop = await stage.database();
  await shop.sql(`grant select on accounts to reporting`);
  const impact = await opened(shop, async (target) => target.impact?.(change(accounts)));
  assert.deepEqual(impact, [
    {
      subject: 'accounts as api: read while no tenant is set',
      count: 6,
      unit: 'rows',
      unless: 'tenancy/context-per-request',
    },
    {
      subject: 'accounts as owner: read while no tenant is set',
      count: 6,
      unit: 'rows',
      aside: 'the estate says that only surety uses it',
    },
    { subject: 'accounts as reporting: read while no tenant is set', count: 6, unit: 'rows' },
  ]);
  assert.doesNotMatch(JSON.stringify(impact), /canary|a0000000/);
});

test('a role that row security does not bind, or that keeps a policy of its own, loses nothing', async () => {
  const shop = await stage.database();
  await shop.sql(`grant select on accounts to reporting;
    create policy "for reports" on accounts for select to reporting using (name <> 'canary account 1')`);
  const impact = await opened(shop, async (target) => target.impact?.(change(accounts)));
  const of = (role: string) => impact?.find(({ subject }) => subject.includes(` as ${role}:`))?.count;
  assert.equal(of('reporting'), 2, 'only the rows that its own policy hides');
  assert.equal(of('inspector'), undefined);
  assert.equal(of('postgres'), undefined);
});

test('a migrator that others are connected as is counted like everybody', async () => {
  const shop = await stage.database();
  const job = await keep(shop.urlOf('owner'), 'select 1');
  const impact = await opened(shop, async (target) => target.impact?.(change(accounts)));
  await job.end();
  assert.deepEqual(
    impact?.find(({ subject }) => subject.includes(' as owner:')),
    { subject: 'accounts as owner: read while no tenant is set', count: 6, unit: 'rows' },
  );
});

test('a role that loses what kept row security from binding it is counted on every guarded table', async () => {
  const shop = await stage.database();
  await shop.sql(`create policy mine on accounts using (user_id = nullif(current_setting('app.user_id', true), '')::uuid);
    alter table accounts enable row level security; grant select on users, accounts to stranger;
    grant owner to stranger`);
  const impact = (sql: string) =>
    opened(shop, async (target) =>
      target.impact?.({ id: 'the role', title: '', target: 'db', steps: [{ sql }], undo: [], requires: [] }),
    );
  try {
    const lost = [{ subject: 'accounts as stranger: read while no tenant is set', count: 6, unit: 'rows' }];
    assert.deepEqual(await impact('revoke "owner" from "stranger"'), lost);
    await shop.sql('revoke owner from stranger; alter role stranger bypassrls');
    assert.deepEqual(await impact('alter role "stranger" nobypassrls'), lost);
    assert.deepEqual(await impact('alter role "stranger" nocreatedb'), []);
  } finally {
    await shop.sql('revoke owner from stranger; alter role stranger nobypassrls');
  }
});

test('a statement whose table cannot be made out costs nobody knows what', async () => {
  const shop = await stage.database();
  const impact = (...statements: readonly string[]) =>
    opened(shop, async (target) =>
      target.impact?.({
        id: 'x',
        title: '',
        target: 'db',
        steps: statements.map((sql) => ({ sql })),
        undo: [],
        requires: [],
      }),
    );
  const unknown = (what: string) => [
    { subject: `${what}: nobody can tell whose rows this hides`, count: 1, unit: 'statement' },
  ];
  for (const sql of [
    'do $$ begin create policy p on accounts using (false); end $$',
    '-- tenants\nalter table accounts enable row level security',
    'create /* x */ policy p on accounts using (false)',
    'reassign owned by owner to stranger',
  ])
    assert.deepEqual(await impact(sql), unknown(sql.replaceAll(/\s+/g, ' ')));
  assert.deepEqual(
    await impact('alter table elsewhere enable row level security'),
    unknown('elsewhere, which is not found'),
  );
  assert.deepEqual(
    await impact('create table elsewhere (id int)', 'alter table elsewhere enable row level security'),
    [],
  );
  const there = await impact(
    'create table if not exists accounts (id int)',
    'alter table accounts enable row level security',
  );
  assert.equal(there?.[0]?.subject, 'accounts as api: read while no tenant is set');
  for (const sql of [
    'grant select on "policy" to api',
    "create function f() returns void language sql as 'create policy p on accounts'",
    'alter schema public owner to stranger',
  ])
    assert.deepEqual(await impact(sql), [], sql);
});

test('without an inspector the application is counted as itself, and others by estimate', async () => {
  const shop = await stage.database();
  await shop.sql('grant select on accounts to reporting; analyze accounts');
  const count = async (target: Awaited<ReturnType<Shop['open']>>) => target.impact?.(change(accounts));
  const impact = await opened(shop, count, { inspector: null });
  const of = (role: string) => impact?.find(({ subject }) => subject.includes(` as ${role}:`))?.count;
  assert.deepEqual([of('api'), of('reporting')], [6, 6]);
  await shop.sql('revoke select on accounts from api');
  const blind = await opened(shop, count, { inspector: null });
  assert.deepEqual(
    blind?.find(({ subject }) => subject.includes(' as reporting:')),
    { subject: 'accounts as reporting: read while no tenant is set', count: 6, unit: 'rows', about: true },
  );
});

test('steps are all carried out or none', async () => {
  const shop = await stage.database();
  const { steps } = guard(accounts);
  await opened(shop, async (target) => {
    await assert.rejects(
      async () =>
        target.carryOut?.([
          ...steps,
          { sql: 'alter table accounts add constraint c check (user_id is null)' },
        ]),
      { code: 'postgres/step-failed', message: /nothing was changed: 23514/ },
    );
    assert.deepEqual(await policies(shop), []);
    await target.carryOut?.(guard(odd).steps);
    assert.deepEqual(await policies(shop), [{ name: "Order'smine" }]);
    await target.carryOut?.(guard(odd).undo);
    assert.deepEqual(await policies(shop), []);
  });
});

test('a table that somebody keeps is left, nobody waits behind, and later it is done', async () => {
  const shop = await stage.database();
  const reader = await keep(shop.urlOf('api'), 'select count(*) from accounts');
  await opened(shop, async (target) => {
    const tried = assert.rejects(async () => target.carryOut?.(guard(accounts).steps), {
      code: 'postgres/busy',
      message: /^accounts is in use by a transaction of api.*; nothing was changed$/,
    });
    let settled = false;
    void tried.finally(() => {
      settled = true;
    });
    while (!settled) {
      // With the default of no lock timeout this would hang behind a waiting exclusive lock.
      await shop.sql("set statement_timeout = '1s'; select count(*) from accounts");
    }
    await tried;
    assert.deepEqual(await policies(shop), []);
    await reader.end();
    await target.carryOut?.(guard(accounts).steps);
    assert.deepEqual(await policies(shop), [{ name: 'accountsmine' }]);
  });
});

test('one surety at a time changes a database, and the next is told who does', async () => {
  const shop = await stage.database();
  await opened(shop, async (first) => {
    await first.claim?.();
    await opened(shop, async (second) => {
      await assert.rejects(async () => second.claim?.(), {
        code: 'postgres/held',
        message: /another surety changes this database: surety on .*, process \d+ as owner since \d{4}-/,
      });
    });
  });
  await opened(shop, async (third) => third.claim?.());
});

test('what the migrator lacks is named', async () => {
  const shop = await stage.database();
  await opened(
    shop,
    (target) =>
      assert.rejects(async () => target.carryOut?.(guard(accounts).steps), {
        code: 'postgres/denied',
        message: /nothing was changed: stranger does not own accounts, owner does/,
        hint: 'grant owner to stranger, or name owner as migrator of the target',
      }),
    { migrator: shop.urlOf('stranger') },
  );
});

test('rights that the server only warns about are not said to be taken, and what came before is taken back', async () => {
  const shop = await stage.database();
  const comment = "select obj_description('accounts'::regclass) as comment";
  const open = { migrator: shop.urlOf('owner') };
  await shop.sql('alter role owner set client_min_messages = error');
  try {
    for (const sql of [
      'revoke execute on function lo_create(oid) from public',
      'grant execute on function lo_create(oid) to api',
    ]) {
      const steps = [{ sql: "comment on table accounts is 'half done'" }, { sql }];
      const tried = (target: Awaited<ReturnType<Shop['open']>>) =>
        assert.rejects(async () => target.carryOut?.(steps), {
          code: 'postgres/without-effect',
          message:
            /^nothing was changed: .* only warns of it, at: (revoke|grant) execute on function lo_create/,
          hint: 'let the owner of what it names, or a superuser, be the migrator of the target',
        });
      await opened(shop, tried, open);
      assert.deepEqual(await shop.sql(comment), [{ comment: null }]);
      await opened(shop, async (target) => target.carryOut?.(steps), { migrator: shop.admin });
      assert.deepEqual(await shop.sql(comment), [{ comment: 'half done' }]);
      await shop.sql('comment on table accounts is null; grant execute on function lo_create(oid) to public');
    }
  } finally {
    await shop.sql('alter role owner reset client_min_messages');
  }
});

test('a server that only reads is refused before anything else', async () => {
  const shop = await stage.database();
  const url = new URL(shop.urlOf('owner'));
  url.searchParams.set('options', '-c default_transaction_read_only=on');
  await opened(
    shop,
    (target) => assert.rejects(async () => target.claim?.(), { code: 'postgres/read-only' }),
    {
      migrator: url.href,
    },
  );
});

test('an index is built without keeping writers out, also after a try that left half of one', async () => {
  const shop = await stage.database();
  const create = {
    sql: 'create unique index concurrently "accounts by user" on "public"."accounts" ("user_id", "id")',
    alone: true,
  } as const;
  const drop = { sql: 'drop index concurrently "public"."accounts by user"', alone: true } as const;
  await shop.sql(create.sql);
  await shop.sql(`update pg_index set indisvalid = false where indexrelid = '"accounts by user"'::regclass`);
  await opened(shop, async (target) => {
    assert.equal(await target.examine?.([create]), false);
    await target.carryOut?.([create]);
    assert.equal(await target.examine?.([create]), true);
    await target.carryOut?.([create]);
    await target.carryOut?.([drop]);
    assert.equal(await target.examine?.([drop]), true);
    await target.carryOut?.([drop]);
  });
});

test('an index that cannot be built leaves nothing behind', async () => {
  const shop = await stage.database();
  await opened(shop, async (target) => {
    const sql = 'create unique index concurrently "one each" on "public"."accounts" ("user_id")';
    await assert.rejects(async () => target.carryOut?.([{ sql, alone: true }]), {
      code: 'postgres/step-failed',
      message: /23505/,
    });
  });
  assert.deepEqual(await shop.sql(`select from pg_class where relname = 'one each'`), []);
});

test('a connection that breaks within a change takes the change back', async () => {
  const shop = await stage.database();
  await opened(shop, async (target) => {
    const steps = [...guard(accounts).steps, { sql: 'select pg_terminate_backend(pg_backend_pid())' }];
    await assert.rejects(
      async () => target.carryOut?.(steps),
      (error) => error instanceof Error,
    );
  });
  assert.deepEqual(await policies(shop), []);
});

test('what is locked is said, each table once, by schema and name, at its strongest', async () => {
  const shop = await stage.database();
  await opened(shop, async (target) => {
    const steps = [
      { sql: 'create index "i" on "public"."users" ("email")' },
      {
        sql: 'alter table "public"."accounts" add constraint "f" foreign key ("user_id") references "public"."users" ("id") not valid',
      },
      ...guard(odd).steps,
      { sql: 'alter table "public"."accounts" enable row level security' },
      { sql: 'grant select on "public"."accounts" to "api"' },
    ];
    assert.deepEqual(target.locks?.(steps), [
      `Odd "names".Order's (access exclusive)`,
      'accounts (access exclusive)',
      'users (share row exclusive)',
    ]);
  });
});
