import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Change } from '../../../../src/core/plan.ts';
import { inDatabase, withClient } from '../../../../src/testing/pg-client.ts';
import { scratchPostgres } from '../../../../src/testing/scratch-postgres.ts';
import { type Hardening, hardening } from './hardened.ts';
import { unguarded } from './schemas.ts';

const scratch = scratchPostgres();
after(() => scratch.close());

type Opened = Hardening & { readonly url: string; readonly migrator: string };

async function withBroken<T>(
  broken: string,
  work: (db: Opened) => Promise<T>,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<T> {
  const scene = await scratch.scene(broken);
  try {
    const db = scene.targets.db;
    return await work({
      ...hardening(scene, facts),
      url: String(db?.url),
      migrator: String(db?.migrator),
    });
  } finally {
    await scene.stop();
  }
}

/** Without by what a table leads to its tenant. */
const titles = (changes: readonly Change[]) =>
  changes.map(({ title }) => title.replace(/ by [^:]+(?=: )/, ''));
const mine = `(select nullif(current_setting('app.current_user_id', true), '')::uuid)`;

/** The application's role owns what it uses, as where its migrations run as itself. */
const ownedByApi = `do $$ declare one record; begin
    for one in select format('alter table %s owner to api', oid::regclass) as sql from pg_class
      where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace loop execute one.sql; end loop;
  end $$; alter table "Odd names"."Ledger ""entry""" owner to api; alter view account_overview owner to api`;

/** The one proposal whose id begins so. */
async function proposal(db: Opened, begins: string): Promise<Change> {
  const found = (await db.proposals()).filter(({ id }) => id.startsWith(begins));
  assert.equal(found.length, 1, `${begins}: ${found.map(({ id }) => id).join(', ')}`);
  const [one] = found;
  assert.ok(one?.proposed);
  return one;
}

/** Applied and taken back, it leaves the catalog as it was. */
async function reverses(db: Opened, change: Change, between: () => Promise<void>): Promise<void> {
  const before = await db.fingerprint();
  await db.apply([change]);
  await between();
  await db.undo([change]);
  assert.equal(await db.fingerprint(), before);
}

test('what is right is kept, what is too wide lies above a floor, and the title says which', async () => {
  const plan = await withBroken('create policy support on accounts using (true)', async (db) =>
    titles(await db.plan()),
  );
  assert.deepEqual(plan, ['keep tenants apart in accounts: adds a floor below support; keeps members']);
});

test('a policy that another setting opens lies above a floor, whatever the rows say', async () => {
  const broken = `create policy support on notes using (current_setting('app.support', true) = 'on' or user_id = ${mine})`;
  const plan = await withBroken(broken, async (db) => titles(await db.plan()));
  assert.deepEqual(plan, ['keep tenants apart in notes: adds a floor below support; keeps mine']);
});

test('a floor that would hide what a right policy shows lies below the wrong command only', async () => {
  const broken = `create table categories (id int primary key, space_id uuid references spaces);
    insert into categories select row_number() over (), id from spaces; insert into categories values (9, null);
    alter table categories enable row level security, force row level security;
    create policy see on categories for select
      using (space_id is null or space_id in (select space_id from user_spaces where user_id = ${mine}));
    create policy remove on categories for delete using (true);
    grant select, delete on categories to api; grant select on categories to inspector`;
  await withBroken(broken, async (db) => {
    const changes = await db.plan();
    assert.deepEqual(titles(changes), [
      'keep tenants apart in categories: adds a floor for delete below remove; keeps see',
    ]);
    await db.apply(changes);
    const seen = await withClient(db.url, async (client) => {
      await client.query(
        "select set_config('app.current_user_id', 'a0000000-0000-4000-8000-000000000001', false)",
      );
      return client.query('select id from categories where space_id is null');
    });
    assert.equal(seen.rowCount, 1);
  });
});

test('roles with policies of their own are not cut off: signing in still finds the user', async () => {
  const broken = `create role authenticator nologin; grant usage on schema public to authenticator;
    grant select (id, email) on users to authenticator;
    create policy sign_in on users for select to authenticator using (true);
    create policy wide on users for update using (true);
    create function sign_in(wanted text) returns uuid language sql stable security definer
      set search_path = pg_catalog, pg_temp as 'select id from public.users where email = wanted';
    alter function sign_in owner to authenticator`;
  await withBroken(broken, async (db) => {
    const changes = await db.plan();
    assert.deepEqual(titles(changes), [
      'keep tenants apart in users: narrows wide to the tenant; keeps own; leaves sign_in to authenticator',
    ]);
    await db.apply(changes);
    const found = await withClient(db.url, (client) =>
      client.query("select sign_in('canary-ann@example.com') is not null as found"),
    );
    assert.deepEqual(found.rows, [{ found: true }]);
    assert.deepEqual(await db.plan(), []);
    await db.undo(changes);
    await withClient(db.migrator, (client) =>
      client.query('drop owned by authenticator cascade; drop role authenticator'),
    );
  });
});

test('a function that the change would bind for the first time is named', async () => {
  const broken = `alter table users disable row level security, no force row level security; drop policy own on users;
    create function sign_in(wanted text) returns uuid language sql stable security definer
      set search_path = pg_catalog, pg_temp as 'select id from public.users where email = wanted';
    alter function sign_in owner to owner`;
  const [title] = await withBroken(broken, async (db) => titles(await db.plan()));
  assert.match(String(title), /look at sign_in\(\), which reads it as owner, whom this binds$/);
});

test('nobody joins a scope by himself, and nobody is refused what he may do', async () => {
  const broken = `grant insert, update on user_spaces to api;
    create policy join_in on user_spaces for insert with check (user_id = ${mine});
    create policy mend on user_spaces for update using (user_id = ${mine})`;
  await withBroken(broken, async (db) => {
    await db.apply(await db.plan());
    await withClient(db.url, async (client) => {
      await client.query(
        "select set_config('app.current_user_id', 'a0000000-0000-4000-8000-000000000001', false)",
      );
      const denied = { code: '42501' };
      await assert.rejects(
        client.query(
          "insert into user_spaces select 'a0000000-0000-4000-8000-000000000001', gen_random_uuid()",
        ),
        denied,
      );
      await assert.rejects(client.query('update user_spaces set space_id = gen_random_uuid()'), denied);
      assert.equal((await client.query("update user_spaces set role = 'reader'")).rowCount, 1);
    });
  });
});

test('where the application owns its tables, the first plan lets nobody write memberships', async () => {
  await withBroken(`${unguarded}; ${ownedByApi}`, async (db) => {
    const changes = await db.plan();
    const title = titles(changes).find((one) => one.includes(' apart in user_spaces:'));
    assert.match(String(title), /allows no insert or update; memberships are written by a definer function/);
    await db.apply(changes);
    await withClient(db.url, async (client) => {
      await client.query(
        "select set_config('app.current_user_id', 'a0000000-0000-4000-8000-000000000001', false)",
      );
      assert.ok(((await client.query('select from user_spaces')).rowCount ?? 0) > 0);
      const ways = [
        "update user_spaces set role = 'owner'",
        "update user_spaces set space_id = gen_random_uuid(), role = 'owner'",
      ];
      for (const way of ways) assert.equal((await client.query(way)).rowCount, 0, way);
      await assert.rejects(
        client.query(
          "insert into user_spaces select 'a0000000-0000-4000-8000-000000000001', gen_random_uuid()",
        ),
        { code: '42501' },
      );
    });
  });
});

test('where the application owns memberships, a policy by which it could move itself is closed', async () => {
  const guarded = (policies: string) =>
    `alter table user_spaces owner to api; grant insert, update on user_spaces to api; ${policies}`;
  const ways = {
    'neither add nor change anybody by all_of_it': `create policy all_of_it on user_spaces using (user_id = ${mine})`,
    'change nobody by mend': `create policy mend on user_spaces for update using (user_id = ${mine})`,
  };
  for (const [said, policies] of Object.entries(ways)) {
    await withBroken(guarded(policies), async (db) => {
      const changes = await db.plan();
      assert.match(titles(changes).join('\n'), new RegExp(`lets api ${said}`));
      await db.apply(changes);
      await withClient(db.url, async (client) => {
        await client.query(
          "select set_config('app.current_user_id', 'a0000000-0000-4000-8000-000000000001', false)",
        );
        const moved = await client.query(
          "update user_spaces set space_id = gen_random_uuid(), role = 'owner'",
        );
        assert.equal(moved.rowCount, 0);
      });
    });
  }
});

test('a key of the tenants themselves is not proposed within the tenant, where it would bind nothing', async () => {
  const broken = `alter table users add handle text unique;
    create table profiles (user_id uuid primary key references users, nick text unique);
    alter table profiles enable row level security, force row level security;
    create policy own on profiles using (user_id = ${mine});
    grant select, insert, update on profiles to api; grant select on profiles to inspector`;
  await withBroken(broken, async (db) => {
    const ids = (await db.proposals()).map(({ id }) => id);
    assert.deepEqual(
      ids.filter((id) => /^(index|key) (users|profiles)\./.test(id)),
      [],
    );
  });
});

test('without two tenants, no policy is taken on trust that its text does not earn', async () => {
  const broken = `truncate users, spaces cascade;
    create policy wide on goals using (coalesce(space_id = (select tenant()), true))`;
  const plan = await withBroken(broken, async (db) => titles(await db.plan()));
  assert.deepEqual(plan, ['keep tenants apart in goals: adds a floor below wide; keeps members']);
});

test('on an empty table, a policy is kept that ties a column to the tenant, and no other', async () => {
  const broken = `create policy fellows on goals for select
      using (exists (select from user_spaces m where m.user_id = ${mine} and m.space_id = goals.space_id));
    create policy support on goals for select
      using (exists (select from user_spaces m where m.user_id = ${mine} and m.role = 'support'))`;
  const plan = await withBroken(broken, async (db) => titles(await db.plan()));
  assert.deepEqual(plan, [
    'keep tenants apart in goals: adds a floor below support; keeps fellows and members',
  ]);
});

test('a helper that keeps its answer is found behind the one that a policy calls', async () => {
  const broken = `create function frozen() returns uuid language plpgsql immutable as
      $$ begin return nullif(current_setting('app.current' || '_user_id', true), ''); end $$;
    create function me() returns uuid language plpgsql stable as $$ begin return frozen(); end $$;
    drop policy mine on notes; create policy mine on notes using (user_id = me())`;
  const plan = await withBroken(broken, async (db) => titles(await db.plan()));
  assert.deepEqual(plan, ['let public.frozen() be asked anew for each statement']);
});

test('a policy that asks for each row can ask once, with the same answer', async () => {
  await withBroken('select 1', async (db) => {
    const change = await proposal(db, 'speed of accounts');
    await reverses(db, change, async () => {
      const ids = (await db.proposals()).map(({ id }) => id);
      assert.ok(!ids.includes('speed of accounts'), ids.join(', '));
    });
  });
});

test('whose a row is can be fixed, and the rest of it stays changeable', async () => {
  await withBroken('select 1', async (db) => {
    const change = await proposal(db, 'tenant of goals');
    await reverses(db, change, () =>
      withClient(db.url, async (client) => {
        await assert.rejects(client.query('update goals set space_id = space_id'), { code: '42501' });
        assert.equal((await client.query("update goals set title = 'x'")).rowCount, 0);
      }),
    );
  });
});

test('tables that are made later are closed, and who makes them can fill them', async () => {
  await withBroken(
    'alter default privileges for role owner in schema public grant select on tables to api',
    async (db) => {
      const change = await proposal(db, 'cover new tables');
      await reverses(db, change, async () => {
        await withClient(db.migrator, async (client) => {
          await client.query(`set role owner; create table later (id int); insert into later values (1);
          create table copied as select 1 as id; create table parts (id int) partition by list (id);
          create table part partition of parts for values in (1); create temporary table own (id int)`);
          await client
            .query('alter table later add column more text; create schema aside create table there (id int)')
            .catch((error: { code?: string }) => assert.equal(error.code, '42501'));
        });
        const guarded = await withClient(db.migrator, (client) =>
          client.query(
            "select relname from pg_class where relrowsecurity and relname in ('later', 'copied', 'parts', 'part') order by 1",
          ),
        );
        assert.deepEqual(
          guarded.rows.map(({ relname }: { relname: string }) => relname),
          ['copied', 'later', 'part', 'parts'],
        );
        const seen = await withClient(db.url, (client) => client.query('select * from later'));
        assert.equal(seen.rowCount, 0);
        await withClient(db.migrator, (client) => client.query('drop table later, copied, parts'));
      });
    },
  );
});

test('a migrator that is no superuser is told who has to make the event trigger', async () => {
  const facts = { migrator: 'postgresql://owner@127.0.0.1/postgres' };
  const { proposed } = await withBroken('select 1', (db) => proposal(db, 'cover new tables'), facts);
  assert.match(String(proposed), /^needs a superuser, which owner is not/);
  const nobody = await withBroken('select 1', (db) => proposal(db, 'cover new tables'), {
    migrator: undefined,
  });
  assert.match(String(nobody.proposed), /^needs a superuser; the estate names no migrator; new tables are/);
});

test('a foreign key learns the tenant in three steps, each of which can be taken back', async () => {
  const broken = `create table cards (id int primary key, space_id uuid not null references spaces,
      account_id uuid references accounts on delete set null, number text not null unique);
    insert into cards select row_number() over (), space_id, id, 'n' || row_number() over () from accounts;
    update cards set space_id = (select space_id from user_spaces where user_id = 'c0000000-0000-4000-8000-000000000003') where id = 1;
    alter table cards enable row level security, force row level security;
    create policy m on cards using (space_id = any (array(select space_id from user_spaces where user_id = ${mine})));
    grant select on cards to api; grant select on cards to inspector`;
  await withBroken(broken, async (db) => {
    const index = await proposal(db, 'index accounts.accounts_space_id_id_key');
    assert.match(String(index.proposed), /; [01] rows? of cards points? at accounts of another tenant/);
    await reverses(db, index, async () => undefined);
    await db.apply([index]);
    const second = await proposal(db, 'key cards.cards_account_id_fkey');
    assert.deepEqual(second.steps, [
      {
        sql: 'alter table "public"."cards" add constraint "cards_space_id_account_id_fkey" foreign key ("space_id", "account_id") references "public"."accounts" ("space_id", "id") on delete set null ("account_id") not valid',
      },
    ]);
    await reverses(db, second, async () => undefined);
    await db.apply([second]);
    const third = await proposal(db, 'key cards.cards_account_id_fkey');
    await withClient(db.migrator, (client) =>
      client.query('update cards c set space_id = a.space_id from accounts a where a.id = c.account_id'),
    );
    await reverses(db, third, async () => undefined);
    await db.apply([third]);
    assert.deepEqual(
      (await db.proposals()).filter(({ id }) => id.includes('account_id')),
      [],
    );
  });
});

test('a key that is unique over all tenants can become unique within each', async () => {
  const broken = `alter table goals add constraint one_title unique (title)`;
  await withBroken(broken, async (db) => {
    const index = await proposal(db, 'index goals.goals_space_id_title_key');
    await db.apply([index]);
    await reverses(db, await proposal(db, 'key goals.one_title'), async () => undefined);
  });
});

test('an application that owns its tables is shown the roles that it lacks, and keeps what it needs', async () => {
  await withBroken(ownedByApi, async (db) => {
    const change = await proposal(db, 'make roles');
    const text = JSON.stringify(change.steps);
    assert.match(text, /create role \\"scene_\d+_owner\\" nologin/);
    assert.doesNotMatch(text, /password/i);
    await reverses(db, change, async () => {
      const read = await withClient(db.url, (client) => client.query('select from accounts'));
      assert.equal(read.rowCount, 0);
    });
  });
});

test('nothing that is proposed keeps coming where it was done', async () => {
  await withBroken('select 1', async (db) => {
    const all = (await db.proposals()).filter(({ id }) => id !== 'make roles');
    await db.apply(all);
    const again = (await db.proposals()).filter(({ id }) => id !== 'make roles');
    assert.deepEqual(
      again.map(({ id }) => id),
      [],
    );
    await db.undo(all);
    // Rights on functions of the server are the whole server's in no sense: they are this database's.
    const left = await inDatabase(db.migrator, new URL(db.migrator).pathname.slice(1), (client) =>
      client.query("select has_function_privilege('api', 'lo_get(oid)', 'execute') as may"),
    );
    assert.deepEqual(left.rows, [{ may: true }]);
  });
});

test('nothing but proposals is planned for a database that keeps tenants apart', async () => {
  await withBroken('select 1', async (db) => assert.deepEqual(titles(await db.plan()), []));
});

test('without an inspector a policy is taken on its word where nothing in it could widen it', async () => {
  const broken = `create policy wide on goals using (coalesce(space_id = (select tenant()), true))`;
  const facts = { inspector: undefined };
  const plan = await withBroken(broken, async (db) => titles(await db.plan()), facts);
  assert.deepEqual(plan, ['keep tenants apart in goals: adds a floor below wide; keeps members']);
});

test('no two changes have one name, not even where a table is called like something else', async () => {
  const broken = `create table roles (id int primary key, space_id uuid not null references spaces, name text unique);
    create table database (id int primary key, space_id uuid references spaces); grant select, update, truncate on roles, database to api;
    create function open() returns setof roles language sql immutable security definer as 'select * from roles'`;
  await withBroken(broken, async (db) => {
    const ids = [...(await db.plan()), ...(await db.proposals())].map(({ id }) => id);
    assert.equal(new Set(ids).size, ids.length, ids.join(', '));
    assert.ok(ids.includes('roles'));
  });
});

test('a table’s change says by what its rows lead to a tenant', async () => {
  const changes = await withBroken('create policy support on accounts using (true)', (db) => db.plan());
  assert.deepEqual(
    changes.filter(({ proposed }) => proposed === undefined).map(({ title }) => title.split(':')[0]),
    ['keep tenants apart in accounts by space_id → user_spaces.user_id'],
  );
});
