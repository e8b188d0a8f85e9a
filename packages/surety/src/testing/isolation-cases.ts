import type { Lookalike, Sabotage } from './specimens.ts';

const mine = `(select nullif(current_setting('app.current_user_id', true), '')::uuid)`;
const mySpaces = `(select space_id from user_spaces where user_id = ${mine})`;

export type Cases = {
  readonly lookalikes: { readonly [name: string]: Lookalike<string> };
  readonly sabotages: { readonly [name: string]: Sabotage<string> };
};

const flag = `alter table users add column is_admin boolean not null default false;
  update users set is_admin = true where id = 'c0000000-0000-4000-8000-000000000003'`;
const admins = `create policy admins on accounts for select
  using (exists (select from users u where u.id = ${mine} and u.is_admin))`;
const helper = (
  options: string,
  body: string = 'select space_id from user_spaces where user_id = tenant()',
) =>
  `create function my_spaces() returns setof uuid language sql stable ${options} as '${body}';
   drop policy members on accounts; create policy members on accounts using (space_id in (select my_spaces()))`;
const archive = `create table papers (id int not null, space_id uuid not null references spaces, body text);
  create table papers_old () inherits (papers);
  insert into papers select row_number() over (), id, 'new' from spaces;
  insert into papers_old select 100 + row_number() over (), id, 'old' from spaces;
  grant select, insert, update, delete on papers to api; grant select on papers, papers_old to inspector`;
/** More tenants than an attack becomes, and in their midst the one of whom no flag tells that he is staff. */
const many = `insert into users (id, email, full_name)
    select gen_random_uuid(), 'user' || n || '@customer.example', 'User ' || n from generate_series(1, 80) n;
  insert into users (id, email, full_name) values ('7fffffff-0000-4000-8000-00000000000d', 'sam@staff.example', 'Sam');
  insert into notes (user_id, body) select id, 'x' from users where email ~ 'example$'`;
const guarded = (table: string): string =>
  `alter table ${table} enable row level security, force row level security;
   create policy members on ${table} using (space_id in ${mySpaces})`;

/** What two tenants alone do not show: who asks, who asked before, and what lies beside the tables. */
export const otherTenants: Cases = {
  lookalikes: {
    'an admin flag that no policy asks': { break: `${flag}; grant update (is_admin) on users to api` },
    'a tenant that code names to shut it out': {
      break: `create policy banned on notes as restrictive
        using (user_id = ${mine} and user_id <> 'c0000000-0000-4000-8000-000000000003')`,
    },
    'people who have the same role, which they share with nobody': {
      break: `create table roles (id uuid primary key default gen_random_uuid(), name text not null);
        create table user_roles (user_id uuid references users, role_id uuid references roles, primary key (user_id, role_id));
        insert into roles (name) values ('member'); insert into user_roles select u.id, r.id from users u, roles r;
        alter table user_roles enable row level security, force row level security;
        create policy own on user_roles using (user_id = ${mine});
        grant select on roles, user_roles to api, inspector`,
    },
    'a helper that has the tenant from one of two settings': {
      break: `create function uid() returns uuid language sql stable as $$ select coalesce(
          nullif(current_setting('app.current_user_id', true), ''),
          nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
        drop policy mine on notes; create policy mine on notes using ((select uid()) = user_id)`,
    },
    'a policy that also lets another role in, by its name': {
      break: `drop policy mine on notes; create policy mine on notes using (user_id = ${mine} or current_user = 'owner')`,
    },
    'rows that expire': {
      break: `alter table notes add column until timestamptz not null default 'infinity';
        create policy fresh on notes as restrictive using (until > now())`,
    },
    'own rows in working hours only': {
      break: `drop policy mine on notes;
        create policy mine on notes using (user_id = ${mine} and extract(year from now()) > 2000)`,
    },
    'a helper with its path pinned (temporary tables)': {
      break: helper('set search_path = public, pg_temp'),
    },
    'a helper that names its schema (temporary tables)': {
      break: helper('', 'select space_id from public.user_spaces where user_id = public.tenant()'),
    },
    'temporary tables revoked': {
      break: `do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$;
        ${helper('')}`,
    },
    'policies that ask for the tenant row by row': {
      break: `drop policy mine on notes;
        create policy mine on notes using (user_id = nullif(current_setting('app.current_user_id', true), '')::uuid)`,
    },
    'a STABLE helper in plpgsql (kept plans)': {
      break: `create function me() returns uuid language plpgsql stable as
          $$ begin return nullif(current_setting('app.current_user_id', true), ''); end $$;
        drop policy mine on notes; create policy mine on notes using (user_id = me())`,
    },
  },
  sabotages: {
    'an admin flag of one tenant opens all': {
      break: `${flag}; ${admins}`,
      names: 'accounts: some tenant reads it whole',
      mended: true,
    },
    'a plan of one tenant opens all': {
      break: `alter table users add column plan text not null default 'free';
        update users set plan = 'enterprise' where id = 'c0000000-0000-4000-8000-000000000003';
        create policy enterprise on notes for select
          using (exists (select from users u where u.id = ${mine} and u.plan = 'enterprise'))`,
      names: 'notes: some tenant reads it whole',
      mended: true,
    },
    'staff by the domain of an address, among many tenants': {
      break: `${many}; create policy staff on notes for select
        using (exists (select from users u where u.id = ${mine} and u.email like '%@staff.example'))`,
      names: 'notes: some tenant reads it whole',
    },
    'staff by the end of an address, told by a helper, among many tenants': {
      break: `${many}; create function seen_users() returns setof uuid language sql stable security definer
          set search_path = public, pg_temp as $$ select id from users where id = tenant() or exists (
            select from users u where u.id = tenant() and split_part(u.email, '@', 2) = 'staff.example') $$;
        drop policy mine on notes; create policy mine on notes using (user_id in (select seen_users()))`,
      names: 'notes: some tenant reads it whole',
    },
    'staff by a rank, among many tenants': {
      break: `${many}; alter table users add column rank int not null default 0;
        update users set rank = hashtext(email) & 63; update users set rank = 99 where email = 'sam@staff.example';
        create policy staff on notes for select
          using (exists (select from users u where u.id = ${mine} and u.rank > 70))`,
      names: 'notes: some tenant reads it whole',
    },
    'a list of staff, among many tenants': {
      break: `${many}; create table staff (user_id uuid primary key references users);
        insert into staff select id from users where email = 'sam@staff.example';
        alter table staff enable row level security, force row level security;
        create policy own on staff using (user_id = ${mine}); grant select on staff to api, inspector;
        create policy staff on notes for select using (exists (select from staff s where s.user_id = ${mine}))`,
      names: 'notes: some tenant reads it whole',
    },
    'a role in a membership opens all': {
      break: `update user_spaces set role = 'support' where user_id = 'c0000000-0000-4000-8000-000000000003';
        create policy support on goals for select
          using (exists (select from user_spaces m where m.user_id = ${mine} and m.role = 'support'))`,
      names: 'goals: some tenant reads it whole',
      mended: true,
    },
    'one tenant named by its key': {
      break: `create policy support on notes using ((select tenant()) = 'c0000000-0000-4000-8000-000000000003')`,
      names: 'notes: some tenant reads it whole',
      mended: true,
    },
    'an admin flag that the tenant may set itself': {
      break: `${flag}; update users set is_admin = false; grant update (is_admin) on users to api; ${admins}`,
      names: 'users.is_admin: a tenant writes its own',
    },
    'a list of admins that a tenant may add itself to': {
      break: `create table admins (user_id uuid primary key references users);
        alter table admins enable row level security, force row level security;
        create policy own on admins using (user_id = ${mine});
        grant select, insert on admins to api; grant select on admins to inspector;
        create policy admins on accounts for select
          using (exists (select from admins a where a.user_id = ${mine}))`,
      names: 'admins: a tenant writes its own',
    },
    'a helper that a temporary table deceives': {
      break: helper(''),
      names: 'temporary tables take the places',
    },
    'a definer helper whose path leaves pg_temp first': {
      break: `${helper('security definer set search_path = public')}; alter function my_spaces owner to inspector`,
      names: 'temporary tables take the places',
    },
    'a kept plan, by a helper marked IMMUTABLE that hides what it asks': {
      break: `create function setting_named(text) returns text language sql stable as 'select current_setting($1, true)';
        create function me() returns uuid language plpgsql immutable as
          $$ begin return nullif(setting_named('app.current' || '_user_id'), ''); end $$;
        drop policy mine on notes; create policy mine on notes using (user_id = me())`,
      names: 'a plan that one tenant’s session kept',
      mended: true,
    },
  },
};

/** Ways into the rows of a table that are not its own name, and policies that add up oddly. */
export const otherWays: Cases = {
  lookalikes: {
    'inheritance, parent and child guarded': {
      break: `${archive}; ${guarded('papers')}; ${guarded('papers_old')}; grant select on papers_old to api`,
    },
    'USING (true) above a restrictive floor': {
      break: `create policy everyone on accounts using (true);
        create policy floor on accounts as restrictive using (space_id in ${mySpaces}) with check (space_id in ${mySpaces})`,
    },
    'policies without a condition let nobody in': {
      break: `create policy add on accounts for insert; create policy see on accounts for select`,
    },
    'a policy for another role': { break: `create policy reports on accounts to inspector using (true)` },
    'a helper of the same name for other types': {
      break: `create function tenant(text) returns uuid language sql as $$ select null::uuid $$;
        create schema api authorization api; create function api.tenant() returns uuid language sql as $$ select null::uuid $$`,
    },
    'may point foreign keys at a table, and make none': { break: 'grant references on goals to api' },
    'a role that reads all data, and is bound all the same': {
      break: `grant pg_read_all_data to api; ${['events_2024', 'events_2025'].map(guarded).join(';')}`,
    },
    'partitions by a column that comes first in the key': {
      break: `create table visits (day date not null, id int not null, space_id uuid not null references spaces,
          primary key (day, id)) partition by range (day);
        create table visits_2023 partition of visits for values from ('2023-01-01') to ('2024-01-01');
        insert into visits select date '2023-05-05' + n, n, id from spaces, generate_series(1, 2) n where name like '%Ann'
          union all select '2023-06-06', 9, id from spaces where name like '%Bob';
        grant select, insert, update, delete on visits to api; grant select on visits to inspector; ${guarded('visits')}`,
    },
    'a policy that reads its table through a view': {
      break: `create view my_rows with (security_invoker = true) as select id from notes; grant select on my_rows to api`,
    },
  },
  sabotages: {
    'application is a superuser': { break: 'alter role api superuser', names: 'accounts: other tenant' },
    'a view whose owner a policy of its own lets in': {
      break: `do $$ begin if to_regrole('reports') is null then create role reports nologin; end if; end $$;
        grant usage on schema public to reports; grant select on transactions to reports;
        create policy reports on transactions to reports using (true);
        create view totals as select count(*), sum(amount) from transactions;
        alter view totals owner to reports; grant select on totals to api`,
      names: 'totals: row security binds what it shows',
    },
    'inheritance, child read past its parent': {
      break: `${archive}; ${guarded('papers')}; grant select on papers_old to api`,
      names: 'papers_old: other tenant reads it whole',
      mended: true,
    },
    'inheritance, the child’s policy is not asked through its parent': {
      break: `${archive}; ${guarded('papers_old')}`,
      names: 'papers: other tenant reads it whole',
      mended: true,
    },
    'may point foreign keys at a table': {
      break: 'grant references on goals to api; create schema own; grant create, usage on schema own to api',
      names: 'goals: the role may point foreign keys at it',
    },
    'rows of nobody and everybody: tenant IS NULL OR …': {
      break: `drop policy mine on notes; create policy mine on notes
        using (${mine} is null or user_id = ${mine} or exists (select from users))`,
      names: 'notes: other tenant reads it whole',
      mended: true,
    },
    'unguarded, and only copied into': {
      break: `create table imports (id int primary key, user_id uuid not null references users, body text);
        insert into imports select row_number() over (), id, 'x' from users;
        grant insert on imports to api; grant select on imports to inspector`,
      names: 'imports: other tenant adds a row, by copy',
      mended: true,
    },
    'changed where keys conflict': {
      break: `create policy everyone on goals using (true)`,
      names: 'goals: other tenant changes by key, on conflict do update',
      mended: true,
    },
    'changed by a merge': {
      break: `create policy everyone on goals using (true)`,
      names: 'goals: other tenant changes by key, by merge',
      mended: true,
    },
    'locked by another tenant': {
      break: `create policy everyone on goals using (true)`,
      names: 'goals: other tenant locks it by key, for update',
      mended: true,
    },
  },
};

const payments = (key: string, add: string): string =>
  `create table payments (id uuid primary key default gen_random_uuid(), space_id uuid not null references spaces,
      account_id uuid not null references accounts, amount int not null);
   insert into payments (space_id, account_id, amount) select space_id, id, 1 from accounts; ${key}
   alter table payments enable row level security, force row level security;
   create policy see on payments for select using (exists (select from accounts a where a.id = account_id));
   create policy add on payments for insert with check (space_id in ${mySpaces} ${add});
   grant select, insert on payments to api; grant select on payments to inspector`;
const composite = `alter table accounts add unique (space_id, id);
  alter table payments add foreign key (space_id, account_id) references accounts (space_id, id);`;
const asksParent = 'and exists (select from accounts a where a.id = account_id)';
const comments = (check: string): string =>
  `alter table accounts add column comments int not null default 0;
   create table comments (id uuid primary key default gen_random_uuid(), user_id uuid not null references users,
      account_id uuid not null references accounts, body text not null);
   insert into comments (user_id, account_id, body) select m.user_id, a.id, 'c' from accounts a join user_spaces m using (space_id);
   alter table comments enable row level security, force row level security;
   create policy own on comments using (user_id = ${mine}) with check (user_id = ${mine} ${check});
   grant select, insert, update, delete on comments to api; grant select on comments to inspector;
   create function bump() returns trigger language plpgsql security definer set search_path = public, pg_temp as
     $$ begin update accounts set comments = comments + 1 where id = new.account_id; return new; end $$;
   create trigger bump after insert on comments for each row execute function bump()`;
const drafts = (mend: string): string =>
  `create table drafts (id uuid primary key default gen_random_uuid(), user_id uuid not null references users,
      account_id uuid references accounts, body text);
   insert into drafts (user_id, body) select id, 'x' from users;
   alter table drafts enable row level security, force row level security;
   create policy see on drafts for select using (user_id = ${mine} or exists (select from accounts a where a.id = account_id));
   create policy add on drafts for insert with check (user_id = ${mine} and account_id is null);
   create policy mend on drafts for update using (user_id = ${mine}) with check (user_id = ${mine} ${mend});
   grant select, insert, update on drafts to api; grant select on drafts to inspector`;
const templates = (
  policies: string,
  shared: string = `insert into templates (body) values ('all');`,
): string =>
  `create table templates (id uuid primary key default gen_random_uuid(), space_id uuid references spaces, body text);
   insert into templates (space_id, body) select id, 'own' from spaces; ${shared}
   alter table templates enable row level security, force row level security; ${policies};
   grant select, insert, update, delete on templates to api; grant select on templates to inspector`;
const seeAll = `create policy see on templates for select using (space_id is null or space_id in ${mySpaces})`;

/** What a tenant writes as its own or as nobody's, and another then sees. */
export const ownWrites: Cases = {
  lookalikes: {
    'a parent whose key holds the tenant': { break: payments(composite, '') },
    'a parent that the check asks for': { break: payments('', asksParent) },
    'a trigger that counts on parents that the check asks for': { break: comments(asksParent) },
    'a parent that is set later, and asked for then': {
      break: drafts(`and (account_id is null ${asksParent.replace('and', 'or')})`),
    },
    'rows of nobody that everybody sees, and nobody writes': {
      break: templates(`${seeAll}; create policy own on templates using (space_id in ${mySpaces})`),
    },
    'rows that could be nobody’s, and never are': {
      break: templates(`create policy own on templates using (space_id in ${mySpaces})`, ''),
    },
    'rows of nobody that a trigger makes one’s own': {
      break: templates(
        `create function own_it() returns trigger language plpgsql as $$ begin
           new.space_id := coalesce(new.space_id, (select space_id from user_spaces where user_id = tenant() limit 1));
           return new; end $$;
         create trigger own_it before insert on templates for each row execute function own_it();
         ${seeAll}; create policy own on templates using (space_id in ${mySpaces})`,
      ),
    },
  },
  sabotages: {
    'a row of its own in an account of another': {
      break: payments('', ''),
      names: 'payments.account_id: other tenant names a row of the owner in accounts',
    },
    'a row of its own moved to an account of another': {
      break: drafts(''),
      names: 'drafts.account_id: other tenant names a row of the owner in accounts',
    },
    'a trigger that counts on an account of another': {
      break: comments(''),
      names: 'comments.account_id: other tenant names a row of the owner in accounts',
    },
    'rows of nobody that every tenant changes': {
      break: templates(
        `create policy members on templates using (space_id is null or space_id in ${mySpaces})`,
      ),
      names: 'templates: other tenant changes rows of nobody',
    },
    'rows of nobody that every tenant deletes': {
      break: templates(
        `${seeAll}; create policy remove on templates for delete using (space_id is null or space_id in ${mySpaces})`,
      ),
      names: 'templates: other tenant deletes rows of nobody',
    },
    'rows of nobody that every tenant makes its own': {
      break: templates(
        `${seeAll}; create policy mend on templates for update
           using (space_id is null or space_id in ${mySpaces}) with check (space_id in ${mySpaces})`,
      ),
      names: 'templates: other tenant makes rows of nobody its own',
    },
    'rows of nobody that every tenant adds, where there are none': {
      break: templates(
        `${seeAll}; create policy add on templates for insert with check (space_id is null or space_id in ${mySpaces})`,
        '',
      ),
      names: 'templates: other tenant adds a row of nobody',
    },
  },
};

/** The same as what a policy says, whether there are such rows or not: `names` is what the broken observation names. */
export const nobodysRows = (names: string): Cases['sabotages'] =>
  Object.fromEntries(
    Object.entries(ownWrites.sabotages).flatMap(([name, { break: broken }]) =>
      name.startsWith('rows of nobody') ? [[name, { break: broken, names }]] : [],
    ),
  );

/** It runs above row security, and its text asks for the tenant without minding the answer. */
export const onlyMentions: Cases['sabotages'] = {
  'a definer function that only mentions the setting': {
    break: `create function all_accounts() returns setof accounts language plpgsql security definer set search_path = public, pg_temp
      as $$ begin perform current_setting('app.current_user_id', true); return query select * from accounts; end $$`,
    names: 'function all_accounts(): other tenant calls it',
  },
};
