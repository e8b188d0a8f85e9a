import { nobodysRows, onlyMentions } from '../../testing/isolation-cases.ts';
import { scratchPostgres } from '../../testing/scratch-postgres.ts';
import { specimens } from '../../testing/specimens.ts';
import everyTableCovered from './every-table-covered.ts';

const mine = `(select nullif(current_setting('app.current_user_id', true), '')::uuid)`;

export default specimens({
  control: everyTableCovered,
  on: () => scratchPostgres({ looksAt: 'catalog' }),
  lookalikes: {
    'shared lookup table, excepted with a reason': {
      break: `create table currencies (code text primary key); grant select on currencies to api`,
      excepted: ['currencies'],
    },
    'a table that the application cannot reach': {
      break: `create table migrations (id int primary key, name text not null)`,
    },
    'a table in a schema that the application may not use': {
      break: `create schema audit; create table audit.entries (id int primary key, user_id uuid); grant select on audit.entries to api`,
    },
    'children that are read through their guarded parent alone': {
      break: `create table scans (page int not null) inherits (notes)`,
    },
    'guarded tables of several schemas, one of them unlogged': {
      break: `create schema billing; grant usage on schema billing to api;
        create unlogged table billing.invoices (id int primary key, space_id uuid not null references spaces);
        alter table billing.invoices enable row level security, force row level security;
        create policy members on billing.invoices
          using (space_id in (select space_id from user_spaces where user_id = ${mine}));
        grant select on billing.invoices to api`,
    },
    'membership asked for with = ANY (ARRAY(…))': {
      break: `drop policy members on accounts; create policy members on accounts
        using (space_id = any (array(select space_id from user_spaces where user_id = ${mine})))`,
    },
    'one more restrictive policy': {
      break: `create policy "not too long" on notes as restrictive using (length(body) < 1000)`,
    },
    'a permissive policy above a restrictive floor': {
      break: `create policy floor on notes as restrictive using (user_id = ${mine}); create policy wide on notes using (true)`,
    },
    'a policy for another role': {
      break: `create policy reports on accounts for select to inspector using (true)`,
    },
    'a partition that is guarded itself': {
      break: `alter table events_2024 enable row level security, force row level security;
        create policy members on events_2024
          using (space_id in (select space_id from user_spaces where user_id = ${mine}));
        grant select on events_2024 to api`,
    },
    'tenants of one space who see each other, by a function that asks for the tenant': {
      break: `create function fellows() returns table (fellow uuid) language sql stable security definer
          set search_path = public, pg_temp as $$ select f.user_id from user_spaces m join user_spaces f using (space_id)
            where m.user_id = nullif(current_setting('app.current_user_id', true), '')::uuid $$;
        alter function fellows owner to inspector;
        drop policy own on users; create policy own on users for update using (id = ${mine});
        create policy fellows on users for select using (id = ${mine} or id in (select fellow from fellows()));
        insert into user_spaces select 'b0000000-0000-4000-8000-000000000002', space_id from user_spaces
          where user_id = 'c0000000-0000-4000-8000-000000000003'`,
    },
    'definer functions that are bound, or that nobody may call': {
      break: `create function bound() returns setof accounts language sql security definer as 'select * from accounts';
        alter function bound owner to owner;
        create function locked() returns setof accounts language sql security definer as 'select * from accounts';
        revoke execute on function locked from public`,
    },
    'a key of zeros, which is nobody’s, for no tenant': {
      break: `drop policy mine on notes; create policy mine on notes using (user_id =
        (select coalesce(nullif(current_setting('app.current_user_id', true), ''), '00000000-0000-0000-0000-000000000000')::uuid))`,
    },
    'a rule that forbids, and a definer trigger that counts': {
      break: `create rule no_more as on delete to notes do instead nothing;
        create table counts (n int); create function counted() returns trigger language plpgsql security definer
          as $$ begin insert into counts values (1); return new; end $$;
        create trigger counted after insert on notes for each row execute function counted()`,
    },
    'a view that asks as its owner, who is bound': {
      break: `create view my_notes as select id, body from notes; alter view my_notes owner to owner;
        grant select on my_notes to api`,
    },
  },
  sabotages: {
    ...onlyMentions,
    ...nobodysRows('templates'),
    'new table without a policy': {
      break: `create table attachments (id int primary key, space_id uuid references spaces);
        grant select on attachments to api`,
      names: 'attachments: want',
      mended: true,
    },
    'a table that nothing leads from to a tenant': {
      break: `create table banners (id int primary key, body text); grant select on banners to api`,
      names: 'banners: want kept apart by tenant, or out of reach, got nothing says whose its rows are',
    },
    'a child that is granted by itself, beside its guarded parent': {
      break: `create table scans (page int not null) inherits (notes); grant select on scans to api`,
      names: 'scans: want',
    },
    'an unlogged table in another schema': {
      break: `create schema jobs; grant usage on schema jobs to api;
        create unlogged table jobs.queue (id int primary key, space_id uuid not null); grant select on jobs.queue to api`,
      names: 'jobs.queue: want',
      mended: true,
    },
    'new table reached only through a parent': {
      break: `create table receipts (id int primary key, transaction_id bigint not null references transactions);
        grant select, insert on receipts to api`,
      names: 'receipts: want',
      mended: true,
    },
    'new table through default privileges': {
      break: `alter default privileges in schema public grant select on tables to api;
        create table exports (id int primary key, user_id uuid not null references users)`,
      names: 'exports: want',
      mended: true,
    },
    'copied table: LIKE … INCLUDING ALL takes no policy along': {
      break: `create table accounts_old (like accounts including all); grant select on accounts_old to api`,
      names: 'accounts_old: want',
      mended: true,
    },
    'row security switched off': {
      break: 'alter table accounts disable row level security',
      names: 'accounts: want',
      mended: true,
    },
    'row security not forced': {
      break: 'alter table accounts no force row level security',
      names: 'row security is not forced',
      mended: true,
    },
    'last policy dropped': {
      break: 'drop policy members on goals',
      names: 'no policy lets a tenant in',
      mended: true,
    },
    'a policy that lets everybody in': {
      break: 'create policy support on accounts for select using (true)',
      names: 'policy support does not ask',
      mended: true,
    },
    'partition granted by itself': {
      break: 'grant select on events_2025 to api',
      names: 'events_2025: want',
      mended: true,
    },
    'view that asks as its exempt owner': {
      break: `create view all_accounts as select * from accounts; grant select on all_accounts to api`,
      names: 'all_accounts: want',
      mended: true,
    },
    'materialized view': {
      break: `create materialized view copies as select * from accounts; grant select on copies to api`,
      names: 'copies: want',
    },
    'a view above one whose owner is exempt': {
      break: `create view below as select name from accounts; create view above as select * from below;
        alter view above owner to owner; grant select on below to owner; grant select on above to api`,
      names: 'above: want',
      mended: true,
    },
    'a view above a materialized view': {
      break: `create materialized view below as select name from accounts; create view above as select * from below;
        alter view above owner to owner; grant select on below to owner; grant select on above to api`,
      names: 'above: want',
    },
    'a tenant that plans keep: IMMUTABLE': {
      break: 'alter function tenant() immutable',
      names: 'which is IMMUTABLE',
      mended: true,
    },
    'may put triggers on a table': {
      break: 'grant trigger on notes to api',
      names: 'may put triggers on it',
      mended: true,
    },
    'foreign table': {
      break: `create foreign data wrapper nowhere; create server elsewhere foreign data wrapper nowhere;
        create foreign table remote_accounts (id uuid, space_id uuid) server elsewhere; grant select on remote_accounts to api`,
      names: 'remote_accounts: want',
    },
    'reached as another role': {
      break: `alter role api noinherit; create table invoices (id int primary key, space_id uuid);
        grant select on invoices to owner; grant owner to api`,
      names: 'invoices: want',
      mended: true,
    },
    'a policy for a role that it may become': {
      break: `do $$ begin if to_regrole('quiet') is null then create role quiet nologin; end if; end $$;
        alter role api noinherit; grant quiet to api; create policy quiet on notes to quiet using (true)`,
      names: 'policy quiet does not ask',
      mended: true,
    },
    'may truncate as a role that it may become': {
      break: `do $$ begin if to_regrole('quiet') is null then create role quiet nologin; end if; end $$;
        alter role api noinherit; grant quiet to api; grant truncate on notes to quiet`,
      names: 'the role may truncate it',
      mended: true,
    },
    'may make roles': { break: 'alter role api createrole', names: 'role api: may make roles', mended: true },
    'may replicate': {
      break: 'alter role api replication',
      names: 'may read the stream of all changes',
      mended: true,
    },
    'a member of the owner': { break: 'grant owner to api', names: 'a member of owner', mended: true },
    'bypasses row security': {
      break: 'alter role api bypassrls',
      names: 'role api: bypasses row security',
      mended: true,
    },
    superuser: { break: 'alter role api superuser', names: 'role api: superuser', mended: true },
    'owner of one table': {
      break: 'alter table notes owner to api',
      names: 'an owner can switch row security off',
      mended: true,
    },
    'in another schema, under an odd name': {
      break: `create table "Odd names"."Käse; drop" ("Space Id" uuid); grant select on "Odd names"."Käse; drop" to api`,
      names: 'Odd names.Käse; drop: want',
      mended: true,
    },
  },
});
