import { nobodysRows } from '../../testing/isolation-cases.ts';
import { onHoledServer, scratchPostgres } from '../../testing/scratch-postgres.ts';
import { specimens } from '../../testing/specimens.ts';
import noBypass from './no-bypass.ts';

const mine = `(select nullif(current_setting('app.current_user_id', true), '')::uuid)`;

/** Roles belong to the whole server: the first specimen that wants one makes it. */
const role = (name: string, more = ''): string =>
  `do $$ begin if to_regrole('${name}') is null then create role ${name} nologin ${more}; end if; end $$;`;

/** A role of its own, which one policy lets see every row of a table. */
const helper = (table: string): string => `${role('helper')} grant usage on schema public to helper;
  grant select on ${table} to helper; create policy helper on ${table} for select to helper using (true);`;

const auditTrigger = `create table audit (id bigint generated always as identity, what text);
  create function log() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp
    as $$ begin insert into public.audit (what) values (to_jsonb(coalesce(new, old))::text); return coalesce(new, old); end $$;
  create trigger log after insert or update or delete on accounts for each row execute function log();`;

export default specimens({
  control: noBypass,
  on: () => scratchPostgres(),
  lookalikes: {
    'a member of a group that is bound as well': {
      break: `${role('team')} grant team to api; grant select on accounts to team`,
    },
    'definer functions that are bound, or that nobody may call': {
      break: `create function bound() returns setof accounts language sql security definer set search_path = public, pg_temp
          as 'select * from accounts';
        alter function bound owner to owner;
        create function locked() returns setof accounts language sql security definer as 'select * from accounts';
        revoke execute on function locked from public`,
    },
    'a definer function of an exempt owner that asks for the tenant': {
      break: `create function fellows() returns table (fellow uuid) language sql stable security definer
          set search_path = public, pg_temp as $$ select f.user_id from user_spaces m join user_spaces f using (space_id)
            where m.user_id = nullif(current_setting('app.current_user_id', true), '')::uuid $$`,
    },
    'a definer function that answers of the tenant’s own spaces only': {
      break: `create function is_mine(s uuid) returns boolean language sql stable security definer
          set search_path = pg_catalog, pg_temp
          as $$ select exists (select from public.user_spaces where space_id = s and user_id = ${mine}) $$`,
    },
    'signing in: one exact email finds one user': {
      break: `${helper('users')} create function sign_in(wanted_email text) returns table (id uuid, name text)
          language sql stable security definer set search_path = pg_catalog, pg_temp
          as 'select id, full_name from public.users where email = lower(wanted_email)';
        alter function sign_in owner to helper`,
    },
    'a definer trigger that writes where nobody may read': { break: auditTrigger },
    'a definer trigger that writes where policies guard': {
      break: `${auditTrigger} alter table audit add column user_id uuid default nullif(current_setting('app.current_user_id', true), '')::uuid;
        alter table audit enable row level security, force row level security;
        create policy mine on audit for select using (user_id = ${mine}); grant select on audit to api, inspector`,
    },
    'an address of somebody else in a row of one’s own, and a view above it': {
      break: `create table invitations (id int primary key, user_id uuid not null references users, email text not null);
        insert into invitations select row_number() over (), a.id, b.email from users a, users b;
        alter table invitations enable row level security, force row level security;
        create policy mine on invitations using (user_id = ${mine}); grant select on invitations to api, inspector;
        create view invited with (security_invoker = true) as select email from invitations; grant select on invited to api`,
    },
    'shared words in a shared table': {
      break: `create table banks (iban_prefix text, name text); insert into banks values ('CANARY', 'CANARYIBAN'), ('XX', 'account 1');
        grant select on banks to api`,
    },
    'functions of an extension in C': { break: 'create extension pg_trgm' },
    'raw pages that only a superuser may read': { break: 'create extension pageinspect' },
    'tables made later, and an event trigger that looks at each': {
      break: `alter default privileges in schema public grant select on tables to api;
        create function covers() returns event_trigger language plpgsql as $$ begin end $$;
        create event trigger covers on ddl_command_end when tag in ('CREATE TABLE') execute function covers()`,
    },
    'tables made later, for the inspector alone': {
      break: 'alter default privileges in schema public grant select on tables to inspector',
    },
    'another server that the role may not use': {
      break: `create foreign data wrapper nowhere; create server elsewhere foreign data wrapper nowhere`,
    },
    'a large object of somebody else': { break: `select lo_from_bytea(0, 'secret')` },
    'a restrictive policy for everyone': {
      break: `create policy floor on notes as restrictive using (user_id = ${mine})`,
    },
    'a helper with its path pinned': {
      break: `create function my_spaces() returns setof uuid language sql stable set search_path = public, pg_temp
          as $$ select space_id from user_spaces where user_id = ${mine} $$;
        drop policy members on goals; create policy members on goals using (space_id in (select my_spaces()))`,
    },
    'an overload in a schema of its own': {
      break: `create schema scratch; grant usage, create on schema scratch to api;
        create function scratch.tenant(text) returns uuid language sql as 'select gen_random_uuid()'`,
    },
    'a plain cheap function of one’s own': {
      break: `create function peek(text) returns boolean language plpgsql cost 0.0001 as $$ begin raise notice '%', $1; return true; end $$`,
    },
    'a right to change policies in the catalog, which only superusers have': {
      break: 'grant update on pg_policy to api',
    },
    'row security set to off, which raises an error': { break: 'alter role api set row_security = off' },
  },
  sabotages: {
    ...nobodysRows('templates: rows of nobody'),
    superuser: { break: 'alter role api superuser', names: 'powers: want', mended: true },
    'bypasses row security': {
      break: 'alter role api bypassrls',
      names: 'bypasses row security',
      mended: true,
    },
    'bypasses row security behind another role that it starts as': {
      break: `${role('team')} grant team to api; grant usage on schema public to team;
        grant select on users, user_spaces, spaces, accounts to team; alter role api bypassrls; alter role api set role = 'team'`,
      names: 'bypasses row security',
    },
    'may make roles': { break: 'alter role api createrole', names: 'may make roles', mended: true },
    'may replicate': {
      break: 'alter role api replication',
      names: 'may read the stream of all changes',
      mended: true,
    },
    'owner of one table': {
      break: 'alter table notes owner to api',
      names: 'owns table notes',
      mended: true,
    },
    'owner of the function that policies ask': {
      break: 'alter function tenant() owner to api',
      names: 'owns function that policies ask tenant()',
      mended: true,
    },
    'inherits the owner': {
      break: 'grant owner to api; alter table goals no force row level security',
      names: 'as owner: owns table',
      mended: true,
    },
    'may become the owner, who can switch FORCE off': {
      break: 'alter role api noinherit; grant owner to api',
      names: 'as owner: owns table',
      mended: true,
    },
    'may become an exempt role by a chain': {
      break: `${role('middle')} ${role('exempt', 'bypassrls')} alter role api noinherit; grant exempt to middle; grant middle to api;
        grant usage on schema public to exempt; grant select on accounts to exempt`,
      names: 'as exempt 1 tables unguarded',
      mended: true,
    },
    'reads files of the server': {
      break: 'grant pg_read_server_files to api',
      names: 'pg_read_server_files',
      mended: true,
    },
    'reads all data, samples of every column among it': {
      break: 'grant pg_read_all_data to api',
      names: 'may read pg_statistic',
      mended: true,
    },
    'not forced': {
      break: 'alter table accounts no force row level security',
      names: 'accounts: row security is forced',
      mended: true,
    },
    'a definer function of an exempt owner': {
      break: `create function all_accounts() returns setof accounts language sql security definer
        set search_path = public, pg_temp as 'select * from accounts'`,
      names: 'function all_accounts(): other tenant calls it',
    },
    'a definer function that only mentions the setting': {
      break: `create function all_accounts() returns setof accounts language plpgsql security definer set search_path = public, pg_temp
        as $$ begin perform current_setting('app.current_user_id', true); return query select * from accounts; end $$`,
      names: 'function all_accounts(): other tenant calls it',
    },
    'a definer function whose owner a policy of its own lets in': {
      break: `${helper('accounts')} create function of_space(wanted uuid) returns setof accounts language sql stable
          security definer set search_path = public, pg_temp as 'select * from accounts where space_id = wanted';
        alter function of_space owner to helper`,
      names: 'function of_space(wanted uuid): other tenant calls it',
    },
    'a definer function that tells who is a member of what': {
      break: `create function is_member(s uuid, u uuid) returns boolean language sql stable security definer
          set search_path = public, pg_temp as 'select exists (select from user_spaces where space_id = s and user_id = u)'`,
      names: 'function is_member(s uuid, u uuid): other tenant calls it',
    },
    'signing in by a part of an email': {
      break: `${helper('users')} create function sign_in(wanted text) returns table (id uuid, name text)
          language sql stable security definer set search_path = pg_catalog, pg_temp
          as 'select id, full_name from public.users where email like wanted';
        alter function sign_in owner to helper`,
      names: 'function sign_in(wanted text): other tenant calls it',
    },
    'signing in that gives what belongs to the user as well': {
      break: `${helper('users')} grant select on user_spaces to helper;
        create policy helper on user_spaces for select to helper using (true);
        create function sign_in(wanted text) returns table (id uuid, spaces uuid[]) language sql stable security definer
          set search_path = pg_catalog, pg_temp as $$ select u.id, array_agg(m.space_id) from public.users u
            join public.user_spaces m on m.user_id = u.id where u.email = lower(wanted) group by u.id $$;
        alter function sign_in owner to helper`,
      names: 'function sign_in(wanted text): other tenant calls it',
    },
    'a view that asks as its exempt owner': {
      break: `create view all_accounts as select id, space_id, name from accounts; grant select on all_accounts to api`,
      names: 'all_accounts: row security binds what it shows',
      mended: true,
    },
    'a view that picks the tenant’s rows by itself, exempt owner': {
      break: `create view own_notes as select id, user_id, body from notes where user_id = ${mine}; grant select on own_notes to api`,
      names: 'own_notes: row security binds what it shows',
      mended: true,
    },
    'a materialized view': {
      break: `create materialized view copies as select id, name from accounts; grant select on copies to api`,
      names: 'copies: other tenant finds marks of the owner',
    },
    'a rule that copies everybody’s rows': {
      break: `create table copies (id uuid, name text); grant select on copies to api; alter table notes owner to postgres;
        create rule spread as on insert to notes do also insert into copies select id, name from accounts`,
      names: 'copies: other tenant finds marks of the owner',
    },
    'a rule that changes everybody’s rows': {
      break: `alter table notes owner to postgres;
        create rule spread as on insert to notes do also update accounts set name = 'x'`,
      names: 'accounts: other tenant’s own writes change rows of the owner',
    },
    'a definer trigger that removes everybody’s rows, when the transaction ends': {
      break: `create function clear() returns trigger language plpgsql security definer set search_path = pg_catalog, pg_temp
          as $$ begin delete from public.events; return null; end $$;
        create constraint trigger clear after insert on notes deferrable initially deferred for each row execute function clear()`,
      names: 'events: other tenant’s own writes change rows of the owner',
    },
    'a definer trigger into an audit table that everybody reads': {
      break: `${auditTrigger} grant select on audit to api`,
      names: 'audit: other tenant finds marks of the owner',
    },
    'an audit table filled long ago, keys inside of documents': {
      break: `create schema audit; grant usage on schema audit to api; create unlogged table audit.entries (what jsonb);
        insert into audit.entries select jsonb_build_object('by', jsonb_build_object('user', id)) from users;
        grant select on audit.entries to api`,
      names: 'audit.entries: other tenant finds marks of the owner',
    },
    'a table of jobs with keys of every tenant': {
      break: `create table jobs (id int, subject uuid); insert into jobs select row_number() over (), id from spaces; grant select on jobs to api`,
      names: 'jobs: other tenant finds marks of the owner',
    },
    'tables made later, through default privileges': {
      break: 'alter default privileges in schema public grant select, insert on tables to api',
      names: 'tables made later: want',
      mended: true,
    },
    'a foreign server': {
      break: `create foreign data wrapper nowhere; create server elsewhere foreign data wrapper nowhere;
        grant usage on foreign server elsewhere to api; create user mapping for api server elsewhere`,
      names: 'other servers: want',
    },
    dblink: { break: 'create extension dblink', names: 'may call dblink' },
    'a large object that every tenant may read': {
      break: `do $$ begin execute format('grant select on large object %s to api', lo_from_bytea(0, 'secret')); end $$`,
      names: 'large objects: want',
    },
    'a definer function that reads raw pages': {
      break: `create extension pageinspect; create function page(n int) returns bytea language sql security definer
        set search_path = public, pg_temp as $$ select get_raw_page('notes', n) $$`,
      names: 'which reads below tables',
    },
    'may read files by a function of the server': {
      break: 'grant execute on function pg_read_file(text) to api',
      names: 'may call pg_read_file',
    },
    'may create where tables are': {
      break: 'grant create on schema public to api',
      names: 'schemas: want',
      mended: true,
    },
    'a restrictive policy that names the role': {
      break: `${onHoledServer}create policy floor on notes as restrictive to api using (user_id = ${mine})`,
      names: 'policy floor on notes names api',
      mended: true,
    },
    'a helper of policies that looks its table up on the caller’s path': {
      break: `create function my_spaces() returns setof uuid language sql stable
          as $$ select space_id from user_spaces where user_id = ${mine} $$;
        drop policy members on goals; create policy members on goals using (space_id in (select my_spaces()))`,
      names: 'my_spaces() looks up user_spaces',
      mended: true,
    },
    'a leakproof function': {
      break: `create function peek(text) returns boolean language plpgsql leakproof cost 0.0001
        as $$ begin raise notice '%', $1; return true; end $$`,
      names: 'peek(text) is marked leakproof',
      mended: true,
    },
  },
});
