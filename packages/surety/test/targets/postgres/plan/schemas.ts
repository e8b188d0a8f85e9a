import { readFileSync } from 'node:fs';

/** What nobody guards yet, for the planner to guard. The roles owner, api and inspector exist. */
const head = `grant usage on schema public to api, inspector; grant create on schema public to owner;`;

const dropPolicies = `
  do $$ declare one record; begin
    for one in select format('drop policy %I on %s', polname, polrelid::regclass) as sql from pg_policy loop execute one.sql; end loop;
    for one in select format('alter table %s no force row level security, disable row level security', oid::regclass) as sql
      from pg_class where relrowsecurity loop execute one.sql; end loop;
  end $$;`;

/** Takes every policy of the built-in schema away, and row security with them. */
export const unguarded = dropPolicies;

/** Every row names its tenant by a number; two schemas, odd names, a domain, partitions that are granted by themselves. */
export const numberedTenants = `
  ${head}
  create schema billing authorization owner; grant usage on schema billing to api, inspector;
  set role owner;
  create domain tenant_number as int check (value > 0);
  create table tenants (id int generated always as identity primary key, name text not null);
  create table projects (id serial primary key, tenant_id int not null references tenants, title text not null);
  create table tasks (id serial primary key, project_id int not null references projects, done boolean not null default false);
  create table billing."Invoice ""x""" ("Id" int primary key, tenant_id tenant_number not null references tenants, "to" text);
  create table p1 (id int primary key, task_id int not null references tasks, body text);
  create table visits (tenant_id int not null references tenants, day date not null, n int, primary key (tenant_id, day))
    partition by range (day);
  create table visits_2024 partition of visits for values from ('2024-01-01') to ('2025-01-01');
  create table visits_later partition of visits default;
  create table visits_2025 partition of visits for values from ('2025-01-01') to ('2026-01-01');
  create view busy as select project_id, count(*) from tasks group by project_id;
  reset role;
  alter view busy owner to postgres;
  grant select, insert, update, delete on projects, tasks, p1, visits, visits_2024, billing."Invoice ""x""" to api;
  grant select on tenants, busy to api;
  grant usage on all sequences in schema public to api;
  grant select on all tables in schema public, billing to inspector;
  insert into tenants (name) values ('one'), ('two'), ('three');
  insert into projects (tenant_id, title) select id, 'p' from tenants, generate_series(1, 2);
  insert into tasks (project_id) select id from projects, generate_series(1, 2);
  insert into p1 select id, id, 'b' from tasks;
  insert into visits select id, d::date, 1 from tenants, unnest(array['2024-03-03', '2025-03-03']) d;
  insert into billing."Invoice ""x""" select id, id, 'x' from tenants;
  analyze`;

/** Tenants with a text for a key, composite keys, and a policy for everyone that forgets to ask. */
export const namedTenants = `
  ${head}
  set role owner;
  create table orgs (slug varchar(12) primary key, name text not null);
  create table docs (org_slug varchar(12) not null references orgs, no int not null, body text, primary key (org_slug, no));
  create table pages (org_slug varchar(12) not null, doc_no int not null, page int not null, text text,
    primary key (org_slug, doc_no, page), foreign key (org_slug, doc_no) references docs);
  alter table docs enable row level security;
  create policy everyone on docs using (true);
  reset role;
  grant select, insert, update, delete on docs, pages to api; grant select on orgs to api;
  grant select on all tables in schema public to inspector;
  insert into orgs select 'org-' || n, 'name' from generate_series(1, 3) n;
  insert into docs select slug, n, 'x' from orgs, generate_series(1, 2) n;
  insert into pages select org_slug, no, 1, 't' from docs;
  analyze`;

const migrations = new URL('../../../../../../examples/budget/infra/db/migrations/', import.meta.url);

/** The example as its migrations leave it: tables, and nobody between them and the application. */
export const budget = `
  ${head}
  set role owner;
  ${['0001_people_and_spaces.sql', '0002_money.sql'].map((name) => readFileSync(new URL(name, migrations), 'utf8')).join('\n')}
  reset role;
  grant select (id, email, display_name, created_at) on users to api;
  grant select, update (name) on spaces to api;
  grant select, insert on user_spaces to api;
  grant select, insert, update, delete on accounts, transactions, budgets, categories, transaction_rules, goals, manual_assets to api;
  grant select on all tables in schema public to inspector;
  insert into users (email, display_name, password_hash) select n || '@example.com', 'n', 'h' from generate_series(1, 3) n;
  insert into spaces (name, created_by) select 's', id from users;
  insert into user_spaces (user_id, space_id, role) select created_by, id, 'owner' from spaces;
  insert into accounts (space_id, name, kind, currency) select id, 'a', 'cash', 'EUR' from spaces, generate_series(1, 2);
  insert into categories (space_id, name, kind) select id, 'c', 'expense' from spaces;
  insert into transactions (space_id, account_id, category_id, amount_minor, description, booked_on)
    select a.space_id, a.id, c.id, 1, 'd', '2025-01-01' from accounts a join categories c using (space_id);
  insert into budgets (space_id, name, limit_minor, currency, starts_on) select id, 'b', 1, 'EUR', '2025-01-01' from spaces;
  insert into transaction_rules (space_id, category_id, contains) select space_id, id, 'x' from categories;
  insert into goals (space_id, name, target_minor, currency) select id, 'g', 1, 'EUR' from spaces;
  insert into manual_assets (space_id, name, value_minor, currency, valued_on) select id, 'm', 1, 'EUR', '2025-01-01' from spaces;
  analyze`;
