import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { locksOf, lockText } from '../../../../src/targets/postgres/apply/locks.ts';
import { guardAfter, readable } from '../../../../src/targets/postgres/apply/policies-after.ts';
import { withClient } from '../../../../src/testing/pg-client.ts';
import { guard, shopServer } from './shop.ts';

let stage: Awaited<ReturnType<typeof shopServer>>;
before(async () => {
  stage = await shopServer();
});
after(() => stage.stop());

const policy = 'create policy "p" on "public"."accounts" for select to "api", "owner" using (true)';
const statements: readonly string[] = [
  policy,
  'alter policy "p" on "public"."accounts" using (false)',
  'drop policy "p" on "public"."accounts"',
  'alter table "public"."accounts" enable row level security',
  'alter table only public.accounts force row level security',
  'alter table "public"."accounts" owner to "api"',
  'alter table "public"."accounts" add constraint "c" check (id > 0) not valid',
  'alter table "public"."accounts" validate constraint "c"',
  'alter table "public"."accounts" add constraint "f" foreign key ("user_id") references "public"."users" ("id") not valid',
  'create unique index "i" on "public"."accounts" ("id", "user_id")',
  'create index if not exists "j" on only "Odd ""names"""."Order\'s" using btree ("user_id")',
  'create trigger "t" before update on "public"."accounts" for each row execute function suppress_redundant_updates_trigger()',
  'drop trigger "t" on "public"."accounts"',
  'grant select on "public"."accounts" to "reporting"',
  'revoke truncate on "public"."accounts" from "api"',
  'alter default privileges in schema "public" grant select on tables to "reporting"',
];

/** Locks that some reader or writer could wait for, or that wait for one. */
const taken = `
  select case n.nspname when 'public' then '' else n.nspname || '.' end || c.relname || ' (' ||
      case l.mode when 'AccessExclusiveLock' then 'access exclusive' when 'ShareRowExclusiveLock' then 'share row exclusive'
        when 'ShareLock' then 'share' else 'share update exclusive' end || ')' as lock
  from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
  where l.pid = pg_backend_pid() and l.locktype = 'relation' and c.relkind in ('r', 'p') and n.nspname not like 'pg%'
    and l.mode in ('AccessExclusiveLock', 'ExclusiveLock', 'ShareRowExclusiveLock', 'ShareLock', 'ShareUpdateExclusiveLock')
  order by 1`;

test('what is said to be locked is what the server locks', async () => {
  const shop = await stage.database();
  await withClient(shop.admin, async (client) => {
    for (const sql of statements) {
      await client.query('begin');
      await client.query(sql);
      const { rows } = await client.query<{ lock: string }>(taken);
      await client.query('commit');
      const said = locksOf([{ sql }]).map(lockText);
      // A stronger lock holds the weaker one's place: the server lists each that was asked for.
      for (const { lock } of rows) {
        const table = lock.slice(0, lock.lastIndexOf(' ('));
        const own = rows.filter((row) => row.lock.startsWith(`${table} (`)).map((row) => row.lock);
        assert.ok(
          own.some((one) => said.includes(one)),
          `${sql}: said ${said.join(', ') || 'nothing'}, took ${own.join(', ')}`,
        );
      }
      for (const lock of said)
        assert.ok(
          rows.some((row) => row.lock === lock),
          `${sql}: never took ${lock}`,
        );
    }
  });
});

test('what the steps make of a guard is what the server makes of it', async () => {
  const shop = await stage.database();
  const tricky = `select * from (values (1)) "a)b" ("x") where 'it''s )' <> ')' and name not like '%using (%'`;
  const steps = [
    {
      sql: `create policy "odd ) "" name" on "public"."accounts" as permissive for all to public using (exists (${tricky})) with check (true)`,
    },
    { sql: 'create policy plain on public.accounts to "reporting", api using (id > 4)' },
    {
      sql: 'create policy "floor" on "public"."accounts" as restrictive for select to public using (id <> 5)',
    },
    { sql: 'create policy "writes" on "public"."accounts" for insert to public with check (true)' },
    { sql: 'create policy "gone" on "public"."accounts" using (false)' },
    { sql: 'drop policy if exists "gone" on "public"."accounts"' },
    { sql: 'create policy "été" on "public"."accounts" as restrictive using (id = 1)' },
    { sql: 'drop policy été on "public"."accounts"' },
    { sql: 'alter policy plain on "public"."accounts" using (id > 3)' },
    ...guard('"Odd ""names"""."Order\'s"').steps,
    { sql: 'alter table "public"."accounts" enable row level security' },
  ];
  const after = guardAfter('accounts', { enabled: false, forced: false, policies: [] }, steps);
  assert.deepEqual([after.enabled, after.forced], [true, false]);
  const everything = `select string_agg(id::text, ',' order by id) as ids from accounts`;
  const asked = (owns: boolean, roles: readonly string[]) =>
    shop.sql(`${everything} where ${readable(after, { owns, is: (role) => roles.includes(role) })}`);
  const predicted = {
    api: await asked(false, ['api']),
    inspector: await asked(false, ['stranger']),
    owner: await asked(true, ['owner']),
  };
  for (const { sql } of steps) await shop.sql(sql);
  await shop.sql('grant select on accounts to stranger');
  for (const [role, who] of [
    ['api', 'api'],
    ['stranger', 'inspector'],
    ['owner', 'owner'],
  ] as const) {
    const seen = await withClient(shop.urlOf(role), async (client) => (await client.query(everything)).rows);
    assert.deepEqual(seen, predicted[who], role);
  }
});
