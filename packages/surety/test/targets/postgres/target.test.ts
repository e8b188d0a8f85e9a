import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Handle, Touch } from '../../../src/core/target.ts';
import kind from '../../../src/targets/postgres/target.ts';
import type { PostgresTarget, TenantTable } from '../../../src/targets/postgres/types.ts';
import { scratchPostgres } from '../../../src/testing/scratch-postgres.ts';

const scratch = scratchPostgres();
after(() => scratch.close());

type Options = { readonly broken?: string; readonly touch?: Touch; readonly facts?: Record<string, unknown> };

/** The target of a scene, closed and gone when `look` is done. */
async function withTarget<T>(
  { broken, touch = 'rollback', facts = {} }: Options,
  look: (db: PostgresTarget & Handle) => Promise<T>,
): Promise<T> {
  const scene = await (broken === undefined ? scratch.scene() : scratch.scene(broken));
  const { kind: _, ...known } = { kind: '', ...scene.targets.db };
  const parsed = kind.facts.parse(
    Object.fromEntries(Object.entries({ ...known, ...facts }).filter(([, value]) => value !== undefined)),
  );
  const context = { touch, signal: new AbortController().signal, secret: () => undefined, root: '.' };
  try {
    const db = await kind.open(parsed, context);
    try {
      return await look(db);
    } finally {
      await db.close();
    }
  } finally {
    await scene.stop();
  }
}

async function tableNamed(db: PostgresTarget, name: string): Promise<TenantTable> {
  const { items } = await db.tenantTables();
  const found = items.find((table) => `${table}` === name);
  assert.ok(found, `${name} is among ${items.join(', ')}`);
  return found;
}

test('without an inspector, one row of a third tenant is still seen to leak', async () => {
  const tenants = ['a0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002'];
  const facts = { inspector: undefined, tenancy: { setting: 'app.current_user_id', tenants } };
  const read = (broken: string) =>
    withTarget({ broken, facts }, async (db) => {
      const [, thief] = await db.asTwoTenants(await tableNamed(db, 'notes'));
      return thief.try('read everything');
    });
  const leaking = await read(
    `create policy x on notes for select using (user_id = 'c0000000-0000-4000-8000-000000000003')`,
  );
  assert.equal(leaking.result, 'done', leaking.detail);
  const sound = await read('select 1');
  assert.deepEqual([sound.result, sound.detail], ['refused', '0 rows']);
  const dark = await read(
    'revoke select on user_spaces from api; revoke select (id, user_id) on notes from api',
  );
  assert.notEqual(dark.result, 'done');
});

test('every table is found with the way that leads to its tenant', async () => {
  const paths = await withTarget({}, async (db) => {
    const { items, recount } = await db.tenantTables();
    assert.equal(items.length, recount.count);
    return Object.fromEntries(items.map((table) => [`${table}`, table.path]));
  });
  assert.deepEqual(paths, {
    'Odd names.Ledger "entry"': 'Space Id → user_spaces.user_id',
    accounts: 'space_id → user_spaces.user_id',
    events: 'space_id → user_spaces.user_id',
    goals: 'space_id → user_spaces.user_id',
    notes: 'user_id',
    spaces: 'user_spaces.user_id',
    transactions: 'account_id → accounts',
    user_spaces: 'space_id → user_spaces.user_id',
    users: 'id',
  });
});

test('many likes do not make a post the likers’ own', async () => {
  const broken = `
    create table posts (id int primary key, user_id uuid not null references users);
    create table likes (user_id uuid references users, post_id int references posts, primary key (user_id, post_id));
    grant select on posts, likes to api`;
  await withTarget({ broken }, async (db) => {
    assert.equal((await tableNamed(db, 'posts')).path, 'user_id');
  });
});

test('a composite foreign key leads to the tenant as well', async () => {
  const broken = `
    alter table accounts add unique (id, space_id);
    create table cards (number text primary key, account uuid, home uuid, foreign key (account, home) references accounts (id, space_id));
    grant select on cards to api; grant select on cards to inspector;
    insert into cards select 'n' || row_number() over (), id, space_id from accounts`;
  await withTarget({ broken }, async (db) => {
    const cards = await tableNamed(db, 'cards');
    assert.equal(cards.path, 'account, home → accounts');
    const [, thief] = await db.asTwoTenants(cards);
    assert.deepEqual(await thief.try('read everything'), {
      act: 'cards: read everything',
      actor: 'other tenant',
      method: 'attack',
      result: 'done',
      detail: '4 rows',
    });
  });
});

test('the owner does what the other tenant is refused', async () => {
  await withTarget({}, async (db) => {
    const [owner, thief] = await db.asTwoTenants(await tableNamed(db, 'accounts'));
    const tell = async (party: typeof owner) => [
      (await party.try('read everything')).detail,
      (await party.try('insert')).detail,
      (await party.try('update everything')).detail,
      (await party.try('update, giving rows away')).detail,
      (await party.try('delete by key')).detail,
    ];
    assert.deepEqual(await tell(owner), [
      '2 rows',
      '1 row',
      '2 rows',
      '2 rows',
      'past row security, then a constraint',
    ]);
    assert.deepEqual(await tell(thief), ['0 rows', '42501', '0 rows', '42501', '0 rows']);
  });
});

test('two declared tenants do where there is no inspector', async () => {
  const facts = {
    inspector: undefined,
    tenancy: {
      setting: 'app.current_user_id',
      tenants: ['a0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002'],
    },
  };
  const details = (broken: string) =>
    withTarget({ broken, facts }, async (db) => {
      const [owner, thief] = await db.asTwoTenants(await tableNamed(db, 'events'));
      return [
        (await owner.try('read everything')).detail,
        (await thief.try('read everything')).detail,
        (await thief.try('delete everything')).detail,
      ];
    });
  assert.deepEqual(await details('select 1'), ['2 rows', '0 rows', '0 rows']);
  assert.deepEqual(await details('create policy x on events for delete using (true)'), [
    '2 rows',
    '0 rows',
    '2 rows',
  ]);
  assert.deepEqual(await details('create policy x on events for select using (true)'), [
    '2 rows',
    '2 rows',
    '0 rows',
  ]);
});

test('a trigger that reaches outside of the database is not fired', async () => {
  const ways = [
    `perform dblink_exec('host=192.0.2.1', 'select 1')`,
    `copy notes to '/nowhere/notes'`,
    'perform pg_terminate_backend(1)',
    'perform pg_advisory_lock(1)',
  ];
  for (const way of ways) {
    const broken = `
      create function call_home() returns trigger language plpgsql as $$ begin ${way}; return new; end $$;
      create trigger call_home after insert on notes for each row execute function call_home()`;
    await withTarget({ broken }, async (db) => {
      const [owner] = await db.asTwoTenants(await tableNamed(db, 'notes'));
      assert.deepEqual(
        [(await owner.try('insert')).detail, (await owner.try('read everything')).detail],
        ['trigger call_home reaches outside of the database, so it is not fired', '2 rows'],
        way,
      );
    });
  }
});

test('a trigger that reaches outside through a function that it calls is not fired', async () => {
  const broken = `
    create function "Dial"(text) returns void language plpgsql as $$ begin perform dblink_exec($1, 'select 1'); end $$;
    create function pass_on() returns void language sql begin atomic; select "Dial"('host=192.0.2.1'); end;
    create function call_home() returns trigger language plpgsql as $$ begin perform pass_on(); return new; end $$;
    create trigger call_home after insert on notes for each row execute function call_home();
    create function http_count() returns int language sql as 'select 1';
    create function stay() returns trigger language plpgsql as $$ begin perform txid_current(); return new; end $$;
    create trigger stay after insert on accounts for each row execute function stay()`;
  await withTarget({ broken }, async (db) => {
    const [owner] = await db.asTwoTenants(await tableNamed(db, 'notes'));
    assert.deepEqual(
      [(await owner.try('insert')).detail, (await owner.try('read everything')).detail],
      ['trigger call_home reaches outside of the database, so it is not fired', '2 rows'],
    );
    const [fired] = await db.asTwoTenants(await tableNamed(db, 'accounts'));
    assert.equal((await fired.try('insert')).result, 'done');
  });
});

test('a run that may only read attacks nothing', async () => {
  await withTarget({ touch: 'nothing' }, async (db) => {
    const table = await tableNamed(db, 'accounts');
    await assert.rejects(db.asTwoTenants(table), { name: 'SuretyError', code: 'postgres/touch' });
    await assert.rejects(db.query('delete from notes'), { code: 'postgres/25006' });
  });
});

test('only one statement at a time, so that none can end the transaction', async () => {
  await withTarget({}, async (db) => {
    await assert.rejects(db.query('rollback; delete from notes'), { code: 'postgres/42601' });
  });
});

test('errors name what is missing and never a row', async () => {
  await withTarget({}, async (db) => {
    await assert.rejects(db.query("select 'canary-value'::uuid"), (error: Error) => {
      assert.match(error.message, /^the application’s role: the server said no \(22P02\)$/);
      assert.doesNotMatch(`${error.message}${error.stack}${String(error.cause)}`, /canary/);
      return true;
    });
    await assert.rejects(db.query('select * from pg_authid'), {
      message: 'the application’s role: permission denied (42501)',
    });
  });
});

test('each way in that is closed says so', async () => {
  const wrong = (change: (url: URL) => void) => {
    const url = new URL('postgresql://api:canary@127.0.0.1:1/nowhere');
    change(url);
    return { url: url.href };
  };
  await assert.rejects(
    withTarget({ facts: wrong(() => undefined) }, async () => undefined),
    {
      message: 'the application’s role: cannot connect: nobody listens there',
      hint: 'start the server, or mend host and port in the connection string',
    },
  );
  await assert.rejects(
    withTarget({ facts: { tenancy: undefined } }, (db) => db.tenantTables()),
    { code: 'postgres/no-tenancy' },
  );
  await assert.rejects(
    withTarget({ facts: { inspector: undefined } }, async (db) =>
      db.asTwoTenants(await tableNamed(db, 'notes')),
    ),
    { code: 'postgres/no-tenants' },
  );
  await assert.rejects(
    withTarget({ facts: { tenancy: { setting: 'app.organisation' } } }, (db) => db.tenantTables()),
    {
      code: 'postgres/no-root',
      hint: 'name the table whose key the setting holds, as tenancy.root of the target',
    },
  );
});

test('a change is all or nothing, by the migrator, and only where the run may write', async () => {
  await withTarget({ touch: 'writes' }, async (db) => {
    const before = await db.revision();
    const half = [
      { sql: 'alter table notes add column extra int' },
      { sql: 'alter table no_such_table add column x int' },
    ];
    await assert.rejects(async () => db.carryOut?.(half), { code: 'postgres/step-failed' });
    assert.equal(await db.revision(), before);
    await db.carryOut?.(half.slice(0, 1));
    assert.notEqual(await db.revision(), before);
  });
  await withTarget({ touch: 'rollback' }, async (db) => {
    await assert.rejects(async () => db.carryOut?.([{ sql: 'drop table notes' }]), {
      code: 'postgres/touch',
    });
  });
});

test('the impact of a plan is the rows that are seen without a tenant now', async () => {
  const impact = (broken: string) =>
    withTarget({ broken, touch: 'nothing' }, async (db) => {
      const [change] = await db.planIsolation('db');
      assert.ok(change);
      assert.deepEqual(change.requires, ['tenancy/context-per-request']);
      return db.impact?.(change);
    });
  const subject = 'accounts as api: read while no tenant is set';
  assert.deepEqual(await impact('alter table accounts disable row level security'), [
    { subject, count: 6, unit: 'rows', unless: 'tenancy/context-per-request' },
  ]);
  assert.deepEqual(await impact('alter table accounts no force row level security'), []);
});

test('it says who it is and as whom it looked', async () => {
  await withTarget({}, async (db) => {
    const { database, serverVersion, systemIdentifier } = await db.identity();
    assert.match(String(database), /^scene_\d+$/);
    assert.match(String(serverVersion), /^\d+\./);
    assert.match(String(systemIdentifier), /^\d+$/);
    assert.equal(await db.principal(), 'api (bound by row security)');
    assert.match(String(await db.revision()), /^[0-9a-f]{64}$/);
  });
});
