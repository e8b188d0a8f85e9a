/**
 * Policies as they should be written for speed: what is compared is a sub-select that the server answers once per query,
 * and every tenant column leads an index. The roles owner, api and inspector exist before it runs. Only the largest tables are
 * measured, and accounts has to be one of them: it is what the inspector is locked out of.
 */
export const fastTenantSchema = `
grant usage on schema public to api, inspector;
grant create on schema public to owner;
set role owner;

create table users (id uuid primary key default gen_random_uuid(), full_name text not null);
create table spaces (id uuid primary key default gen_random_uuid(), name text not null);
create table user_spaces (
  user_id uuid not null references users on delete cascade,
  space_id uuid not null references spaces on delete cascade, primary key (user_id, space_id));
create table accounts (
  id uuid primary key default gen_random_uuid(), space_id uuid not null references spaces, name text not null);
create index accounts_space on accounts (space_id);
create table entries (
  id bigint generated always as identity primary key, account_id uuid not null references accounts, note text not null);
create index entries_account on entries (account_id);
create table notes (id serial primary key, user_id uuid not null references users, body text not null);
create index notes_user on notes (user_id);
create table events (
  id bigint generated always as identity, space_id uuid not null references spaces, happened date not null,
  primary key (id, happened)) partition by range (happened);
create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');
create table events_2025 partition of events for values from ('2025-01-01') to ('2026-01-01');
create index events_space on events (space_id);

create function tenant() returns uuid language sql stable
  as $$ select nullif(current_setting('app.current_user_id', true), '')::uuid $$;
create function slow_tenant() returns uuid language plpgsql volatile
  as $$ begin return nullif(current_setting('app.current_user_id', true), '')::uuid; end $$;
create function is_member(wanted uuid) returns boolean language plpgsql stable
  as $$ begin return exists (select from user_spaces where user_id = tenant() and space_id = wanted); end $$;

alter table users enable row level security, force row level security;
create policy own on users using (id = (select tenant()));
alter table user_spaces enable row level security, force row level security;
create policy own on user_spaces for select using (user_id = (select tenant()));
alter table spaces enable row level security, force row level security;
create policy members on spaces
  using (id = any (array(select space_id from user_spaces where user_id = (select tenant()))));
alter table accounts enable row level security, force row level security;
create policy members on accounts
  using (space_id = any (array(select space_id from user_spaces where user_id = (select tenant()))));
alter table entries enable row level security, force row level security;
create policy through_account on entries using (exists (select from accounts a where a.id = account_id));
alter table notes enable row level security, force row level security;
create policy mine on notes using (user_id = (select tenant()));
alter table events enable row level security, force row level security;
create policy members on events
  using (space_id = any (array(select space_id from user_spaces where user_id = (select tenant()))));

grant select on all tables in schema public to api, inspector;
revoke select on events_2024, events_2025 from api;
reset role;

insert into users (full_name) values ('Canary Ann'), ('Canary Bob'), ('Canary Cyd');
insert into spaces (id, name) select id, 'space of ' || full_name from users;
insert into user_spaces select id, id from users;
insert into accounts (space_id, name) select id, 'canary-account' from spaces, generate_series(1, 2);
insert into entries (account_id, note) select id, 'canary-note' from accounts;
insert into notes (user_id, body) select id, 'canary-body' from users, generate_series(1, 2);
insert into events (space_id, happened) select id, day::date from spaces, unnest(array['2024-05-05', '2025-05-05']) day;
analyze`;

/** Personal data in the schema's rows. */
export const fastTenantCanaries = ['Canary Ann', 'canary-account', 'canary-note', 'canary-body'] as const;
