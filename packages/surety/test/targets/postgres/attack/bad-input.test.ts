import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { withClient } from '../../../../src/testing/pg-client.ts';
import { scratchPostgres } from '../../../../src/testing/scratch-postgres.ts';
import { asApplication, attack } from './attacked.ts';

const scratch = scratchPostgres();
after(() => scratch.close());

async function attackOn(broken: string) {
  const scene = await scratch.scene(broken);
  try {
    return await attack(scene);
  } finally {
    await scene.stop();
  }
}

test('a policy that divides by zero hides its own table, and no other', async () => {
  const { verdict, blind, held } = await attackOn(
    'create policy bad on notes using (1 / (length(body) - length(body)) = 0)',
  );
  assert.equal(verdict, 'unknown');
  assert.match(blind.get('notes: other tenant reads it by key') ?? '', /divides by zero \(22012\)/);
  assert.ok(held.has('accounts: other tenant reads it whole'));
  assert.deepEqual(
    [...blind.keys()].filter((subject) => !subject.startsWith('notes: ')),
    [],
  );
});

test('policies that ask for one another without end are said to', async () => {
  const { verdict, blind, held } = await attackOn(
    'create policy loop on user_spaces for select using (user_id in (select user_id from user_spaces))',
  );
  assert.equal(verdict, 'unknown');
  assert.match(blind.get('accounts: other tenant reads it by key') ?? '', /without end \(42P17\)/);
  assert.ok(held.has('notes: other tenant reads it whole'));
});

test('a table of 1,600 columns is attacked like any other', async () => {
  const wide = `create table wide (id int primary key, user_id uuid not null references users);
    do $$ begin
      for number in 1..1598 loop execute format('alter table wide add column c%s text', number); end loop;
    end $$;
    insert into wide (id, user_id) select row_number() over (), id from users;
    alter table wide enable row level security, force row level security;
    create policy mine on wide using (user_id = tenant());
    grant select, insert, update, delete on wide to api; grant select on wide to inspector`;
  const { verdict, held } = await attackOn(wide);
  assert.equal(verdict, 'pass');
  assert.ok(held.has('wide: other tenant changes everything, returning'));
});

test('a session that starts read-only is no protection, and is written in', async () => {
  const { verdict, held } = await attackOn('alter role api set default_transaction_read_only = on');
  assert.equal(verdict, 'pass');
  assert.ok(held.has('accounts: other tenant deletes everything'));
});

test('a table that keeps everybody waiting is left after the second time', async () => {
  const { verdict, blind, held } = await attackOn(
    `create policy slow on goals for update using (pg_sleep(30) is not null);
     insert into goals (space_id, title, target) select id, 'x', 1 from spaces`,
  );
  assert.equal(verdict, 'unknown');
  const goals = [...blind].flatMap(([subject, got]) =>
    subject.startsWith('goals: other tenant') ? [got] : [],
  );
  assert.match(goals.join(), /took too long \(57014\); \d+ more acts/, JSON.stringify([...blind]));
  assert.ok(held.has('notes: other tenant reads it whole'));
});

test('a table that somebody else holds against writing is said to be, and read all the same', async () => {
  const scene = await scratch.scene();
  try {
    await withClient(String(scene.targets.db?.migrator), async (holder) => {
      await holder.query('begin; lock table accounts in share mode');
      const { verdict, blind, held } = await attack(scene);
      assert.equal(verdict, 'unknown');
      const why = [...blind].flatMap(([subject, got]) => (subject.startsWith('accounts: ') ? [got] : []));
      assert.match(why.join(), /somebody else held a lock on it \(55P03\)/);
      assert.ok(held.has('accounts: other tenant reads it whole'));
      assert.ok(held.has('notes: other tenant deletes everything'));
    });
  } finally {
    await scene.stop();
  }
});

test('a server that goes away in the midst is said to be gone', async () => {
  const scene = await scratch.scene();
  try {
    const before = await scene.fingerprint();
    await asApplication(scene, async (db) => {
      const { items } = await db.tenantTables();
      const [table] = items;
      assert.ok(table);
      const [, thief] = await db.asTwoTenants(table);
      await withClient(String(scene.targets.db?.migrator), (client) =>
        client.query(
          `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'surety'`,
        ),
      );
      await assert.rejects(
        async () => {
          await thief.try('delete everything');
          await thief.try('delete everything');
        },
        { name: 'SuretyError', code: 'postgres/unreachable' },
      );
      await assert.rejects(db.asTwoTenants(table), { name: 'SuretyError' });
    });
    assert.equal(await scene.fingerprint(), before);
  } finally {
    await scene.stop();
  }
});
