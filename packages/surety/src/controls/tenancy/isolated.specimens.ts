import { belonging } from '../../testing/belonging-cases.ts';
import { otherTenants, otherWays, ownWrites } from '../../testing/isolation-cases.ts';
import { scratchPostgres } from '../../testing/scratch-postgres.ts';
import { specimens } from '../../testing/specimens.ts';
import isolated from './isolated.ts';

const mine = `(select nullif(current_setting('app.current_user_id', true), '')::uuid)`;
const mySpaces = `(select space_id from user_spaces where user_id = ${mine})`;

export default specimens({
  control: isolated,
  on: () => scratchPostgres({ looksAt: 'owners' }),
  lookalikes: {
    ...otherTenants.lookalikes,
    ...otherWays.lookalikes,
    ...belonging.lookalikes,
    ...ownWrites.lookalikes,
    'shared lookup table without a tenant': {
      break: `create table currencies (code text primary key, name text not null);
        insert into currencies values ('EUR', 'euro'), ('CHF', 'franc'); grant select on currencies to api`,
    },
    'membership asked for with = ANY (ARRAY(…))': {
      break: `drop policy members on accounts; create policy members on accounts
        using (space_id = any (array(select space_id from user_spaces where user_id = ${mine})))`,
    },
    'one more restrictive policy': {
      break: `create policy "not too long" on notes as restrictive using (length(body) < 1000)`,
    },
    'rows of nobody that everybody sees': {
      break: `create table categories (id int primary key, space_id uuid references spaces, name text not null);
        insert into categories select n, (array_agg(id order by id))[n], 'c' from spaces, generate_series(1, 3) n group by n;
        insert into categories values (9, null, 'everybody''s');
        alter table categories enable row level security, force row level security;
        create policy see on categories for select using (space_id is null or space_id in ${mySpaces});
        grant select, insert, update, delete on categories to api; grant select on categories to inspector`,
    },
    'a column more, and an index': {
      break: `alter table accounts add column archived boolean not null default false; create index on accounts (space_id)`,
    },
    'a policy named oddly': { break: `alter policy mine on notes rename to "1=1; -- ""quoted"""` },
    'FOR ALL with USING only': {
      break: `drop policy members on accounts; create policy members on accounts using (space_id in ${mySpaces})`,
    },
    'a partition that is guarded itself': {
      break: `alter table events_2024 enable row level security, force row level security;
        create policy members on events_2024 using (space_id in ${mySpaces});
        grant select on events_2024 to api`,
    },
    'a trigger that puts the tenant right': {
      break: `create function own_it() returns trigger language plpgsql as $$ begin
          new.user_id := nullif(current_setting('app.current_user_id', true), '')::uuid; return new; end $$;
        create trigger own_it before insert on notes for each row execute function own_it()`,
    },
    'columns, keys and tables of every odd kind, some empty': {
      break: `
        create type mood as enum ('good', 'bad'); create domain short as varchar(10) check (value <> 'no');
        create table logs (space_id uuid not null references spaces, msg text); insert into logs select id, 'x'
          from spaces, generate_series(1,3);
        alter table logs enable row level security, force row level security; create policy m on logs using
          (space_id in ${mySpaces});
        create table moods (id int generated always as identity primary key, space_id uuid not null references
          spaces, mood mood not null, code char(3) not null unique, tags text[] not null default '{}', label short
          not null, doc jsonb not null, twice int generated always as (1) stored, at timestamptz not null default
          now(), span tstzrange, exclude using gist (span with &&));
        alter table moods enable row level security, force row level security; create policy m on moods using
          (space_id in ${mySpaces});
        create table links (a uuid not null references spaces, b uuid not null references accounts, primary key
          (a, b));
        insert into links select space_id, id from accounts;
        alter table links enable row level security, force row level security; create policy m on links using (a
          in ${mySpaces});
        create table prefs (user_id uuid primary key references users, theme text); insert into prefs select id,
          't' from users;
        alter table prefs enable row level security, force row level security; create policy m on prefs using
          (user_id = ${mine});
        create table readings (id smallserial primary key, account_id uuid not null references accounts on
          delete cascade, n int);
        alter table readings enable row level security, force row level security; create policy m on readings
          using (exists (select 1 from accounts where accounts.id = readings.account_id));
        create table appendonly (id bigserial primary key, user_id uuid not null references users, what text not
          null); insert into appendonly (user_id, what) select id, 'w' from users;
        alter table appendonly enable row level security, force row level security; create policy s on
          appendonly for select using (user_id = ${mine}); create policy i on appendonly for insert with check
          (user_id = ${mine});
        grant select, insert, update, delete on logs, moods, links, prefs, readings, appendonly to api; grant
          usage on all sequences in schema public to api; grant select on all tables in schema public to
          inspector;`,
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
    'one account of a space shared by a second membership table': {
      break: `create table account_users (account_id uuid references accounts, user_id uuid references users,
          primary key (account_id, user_id));
        insert into account_users select a.id, 'b0000000-0000-4000-8000-000000000002' from accounts a
          join user_spaces m using (space_id) where m.user_id = 'c0000000-0000-4000-8000-000000000003' limit 1;
        alter table account_users enable row level security, force row level security;
        create policy own on account_users for select using (user_id = ${mine});
        grant select on account_users to api; grant select on account_users to inspector;
        create policy shared on accounts for select
          using (id in (select account_id from account_users where user_id = ${mine}))`,
    },
    'a view that asks as its owner, who is bound': {
      break: `create view my_notes as select id, user_id, body from notes; alter view my_notes owner to owner;
        grant select on my_notes to api`,
    },
    'a view of an exempt owner that picks the tenant’s rows of one table by itself': {
      break: `create view own_notes as select id, user_id, body from notes where user_id = ${mine};
        grant select on own_notes to api`,
    },
  },
  sabotages: {
    ...otherTenants.sabotages,
    ...otherWays.sabotages,
    ...belonging.sabotages,
    ...ownWrites.sabotages,
    'row security switched off': {
      break: 'alter table accounts disable row level security',
      names: 'accounts: other tenant reads it whole',
      mended: true,
    },
    'second permissive policy': {
      break: 'create policy support on accounts using (true)',
      names: 'accounts: other tenant reads it whole',
      mended: true,
    },
    'application owns the table, not forced': {
      break: `alter table notes owner to api; alter table notes no force row level security`,
      names: 'notes: other tenant',
      mended: true,
    },
    'application may bypass row security': {
      break: 'alter role api bypassrls',
      names: 'accounts: other tenant',
      mended: true,
    },
    'application is a member of the owner, not forced': {
      break: 'grant owner to api; alter table goals no force row level security',
      names: 'goals: other tenant',
      mended: true,
    },
    'WITH CHECK (true)': {
      break: `drop policy add on events; create policy add on events for insert with check (true)`,
      names: 'events: other tenant adds a row',
      mended: true,
    },
    'FOR DELETE USING (true)': {
      break: `drop policy remove on events; create policy remove on events for delete using (true)`,
      names: 'events: other tenant deletes everything',
      mended: true,
    },
    'FOR DELETE USING (true), rows referred to': {
      break: `drop policy members on accounts;
        create policy see on accounts for select using (space_id in ${mySpaces});
        create policy remove on accounts for delete using (true)`,
      names: 'accounts: other tenant deletes everything',
      mended: true,
    },
    'FOR UPDATE USING (true), CHECK mine': {
      break: `drop policy mend on events; create policy mend on events for update
        using (true) with check (space_id in ${mySpaces})`,
      names: 'events: other tenant takes the rows over',
      mended: true,
    },
    'UPDATE without CHECK on the new row': {
      break: `drop policy mend on events; create policy mend on events for update
        using (space_id in ${mySpaces}) with check (true)`,
      names: 'events: other tenant gives a row away',
      mended: true,
    },
    'membership that a user grants himself': {
      break: `grant insert on user_spaces to api; create policy join_in on user_spaces for insert with check (user_id = ${mine})`,
      names: 'user_spaces: other tenant adds a row',
      mended: true,
    },
    'policy that compares a column with itself': {
      break: `drop policy mine on notes; create policy mine on notes using (user_id = user_id)`,
      names: 'notes: other tenant reads it whole',
      mended: true,
    },
    'only some rows leak': {
      break: `create policy large on transactions for select using (amount > 25);
        create policy larger on accounts for select using (name = 'account 2')`,
      names: 'transactions: other tenant reads it whole',
      mended: true,
    },
    'UPDATE leaks where its check allows, tenant column fixed': {
      break: `revoke update on accounts from api; grant update (name, iban) on accounts to api;
        create policy two on accounts for update using (name = 'account 2')`,
      names: 'accounts: other tenant changes everything',
      mended: true,
    },
    'UPDATE reaches rows that a check then refuses': {
      break: `create table prefs (user_id uuid primary key references users, theme text);
        insert into prefs select id, 't' from users;
        alter table prefs enable row level security, force row level security;
        create policy see on prefs for select using (user_id = ${mine});
        create policy mend on prefs for update using (true) with check (user_id = ${mine});
        grant select, update on prefs to api; grant select on prefs to inspector`,
      names: 'prefs: other tenant changes everything',
      mended: true,
    },
    'own membership moved to another space': {
      break: `grant update on user_spaces to api; create policy mend on user_spaces for update
        using (user_id = ${mine}) with check (user_id = ${mine})`,
      names: 'user_spaces: other tenant gives a row away',
      mended: true,
    },
    'may truncate': {
      break: 'grant truncate on goals to api',
      names: 'goals: the role may truncate it',
      mended: true,
    },
    'partition read past its parent': {
      break: 'grant select on events_2024 to api',
      names: 'events_2024: other tenant reads it whole',
      mended: true,
    },
    'view that asks as its exempt owner': {
      break: `create view all_accounts as select id, space_id, name from accounts; grant select on all_accounts to api`,
      names: 'all_accounts: other tenant reads it whole',
      mended: true,
    },
    'view without a tenant column, exempt owner': {
      break: `create view totals as select count(*) from transactions; grant select on totals to api`,
      names: 'totals: row security binds what it shows',
      mended: true,
    },
    'materialized view': {
      break: `create materialized view copies as select id, space_id, name from accounts; grant select on copies to api`,
      names: 'copies: other tenant reads it whole',
    },
    'a view above one whose owner is exempt': {
      break: `create view below as select name from accounts; create view above as select * from below;
        alter view above owner to owner; grant select on below to owner; grant select on above to api`,
      names: 'above: row security binds what it shows',
      mended: true,
    },
    'a view above a materialized view': {
      break: `create materialized view below as select name from accounts; create view above as select * from below;
        alter view above owner to owner; grant select on below to owner; grant select on above to api`,
      names: 'above: row security binds what it shows',
    },
    'a tenant that plans keep: IMMUTABLE': {
      break: 'alter function tenant() immutable',
      names: 'asks anew each time',
      mended: true,
    },
    'may put triggers on a table': {
      break: 'grant trigger on notes to api',
      names: 'notes: the role may put triggers on it',
      mended: true,
    },
    'a view that shows own rows only, and takes in any': {
      break: `create view own_notes as select id, user_id, body from notes where user_id = ${mine};
        grant select, insert on own_notes to api`,
      names: 'own_notes: row security binds what it shows',
      mended: true,
    },
    'a view of own rows with sums of everybody’s beside them': {
      break: `create view my_share as select n.id, n.user_id, s.everybodys from notes n
          cross join (select count(*) as everybodys, max(body) as longest from notes) s where n.user_id = ${mine};
        grant select on my_share to api`,
      names: 'my_share: row security binds what it shows',
      mended: true,
    },
    'a view of own rows with a window over everybody’s': {
      break: `create view ranked as select * from (select id, user_id, count(*) over () as everybodys from notes) n
          where user_id = ${mine};
        grant select on ranked to api`,
      names: 'ranked: row security binds what it shows',
      mended: true,
    },
    'a view that may be deleted from, and not read': {
      break: `create view all_notes as select id, user_id, body from notes; grant delete on all_notes to api`,
      names: 'all_notes: row security binds what it shows',
      mended: true,
    },
    'new table that nobody guarded': {
      break: `create table attachments (id int primary key, account_id uuid not null references accounts, name text);
        insert into attachments select row_number() over (), id, 'file' from accounts;
        grant select, insert, update, delete on attachments to api; grant select on attachments to inspector`,
      names: 'attachments: other tenant reads it whole',
      mended: true,
    },
    'new table without a foreign key': {
      break: `create table drafts (id int primary key, space_id uuid not null, body text);
        insert into drafts select row_number() over (), id, 'x' from spaces;
        grant select on drafts to api; grant select on drafts to inspector`,
      names: 'drafts: other tenant reads it whole',
      mended: true,
    },
    'odd names unguarded': {
      break: `create policy everyone on "Odd names"."Ledger ""entry""" for update using (true)`,
      names: 'Odd names.Ledger "entry": other tenant',
      mended: true,
    },
  },
});
