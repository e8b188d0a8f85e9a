import { scratchRoles } from '../../testing/scratch-roles.ts';
import { specimens } from '../../testing/specimens.ts';
import rolesSeparated from './roles-separated.ts';

export default specimens({
  control: rolesSeparated,
  on: scratchRoles,
  lookalikes: {
    'the same rights, given again in another order': {
      break: `revoke all on accounts from api;
        grant delete, update (balance), insert on accounts to api; grant select on accounts to api; grant update (name) on accounts to api`,
    },
    'a role without log-in, rights or members': { break: 'create role nobody nologin' },
    'a log-in role that may not connect': { break: 'create role stranger login' },
    'a role with rights that nobody can become': {
      break: 'create role archive nologin; grant select on accounts to archive',
    },
    'a comment on a role': { break: `comment on role api is 'superuser, bypassrls'` },
    'the owner has a setting of its own': { break: 'alter role owner set statement_timeout = 0' },
    'a function with the rights of its caller, for everyone': {
      break: `create function twice(n int) returns int language sql immutable as 'select 2 * n'`,
    },
    'a schema without anything, for nobody': { break: 'create schema empty' },
    'all rights given to the owner, who has them': { break: 'grant all on accounts to owner' },
    'a system function that was taken from everyone': {
      break: 'revoke execute on function lo_get(oid) from public',
    },
    'a statement trigger, which nothing may set off': {
      break: `create function loud() returns trigger language plpgsql as 'begin raise exception ''set off''; end';
        create trigger loud before insert or update or delete on accounts for each statement execute function loud()`,
    },
    'a foreign key, a generated column, an identity': {
      break: `set role owner; create table notes (id int generated always as identity primary key,
          account int references accounts, twice int generated always as (2) stored, at timestamptz default now());
        grant select, insert (account), delete on notes to api; reset role;
        revoke all on notes from api`,
    },
    'a membership that was taken back': { break: 'grant owner to api; revoke owner from api' },
  },
  sabotages: {
    'a right given directly': {
      break: 'grant truncate on accounts to api',
      names: 'api: table public.accounts',
      mended: true,
    },
    'a right by a chain of two groups': {
      break: `create role a nologin; create role b nologin; grant a to b; grant b to reader; grant delete on accounts to a`,
      names: 'reader: table public.accounts',
      mended: true,
    },
    'a right by a group that is not inherited': {
      break: `create role quiet nologin; alter role reader noinherit; grant quiet to reader; grant update on accounts to quiet`,
      names: 'reader: table public.accounts',
    },
    'a table for everyone': {
      break: 'grant select on users to public',
      names: 'PUBLIC: table public.users',
      mended: true,
    },
    'a schema for everyone to create in': {
      break: 'grant create on schema public to public',
      names: 'schema public',
      mended: true,
    },
    'a column of hashes': {
      break: 'grant select (password_hash) on users to auditor',
      names: 'auditor: table public.users',
      mended: true,
    },
    'an update of the tenant column': {
      break: 'grant update (tenant) on accounts to api',
      names: 'api: table public.accounts',
      mended: true,
    },
    'the owner given to the API': { break: 'grant owner to api', names: 'api: member of', mended: true },
    'the API owns a table': { break: 'alter table accounts owner to api', names: 'api: owns' },
    'the API bypasses row security': {
      break: 'alter role api bypassrls',
      names: 'api: attributes',
      mended: true,
    },
    'the reader is a superuser': {
      break: 'alter role reader superuser',
      names: 'reader: attributes',
      mended: true,
    },
    'the API may make roles': { break: 'alter role api createrole', names: 'api: attributes', mended: true },
    'the API may replicate': { break: 'alter role api replication', names: 'api: attributes', mended: true },
    'a predefined role that writes everything': {
      break: 'grant pg_write_all_data to reader',
      names: 'reader: member of',
      mended: true,
    },
    'may create in the schema of the server’s own functions': {
      break: 'grant create on schema pg_catalog to api',
      names: 'api: system schema pg_catalog',
    },
    'may reach other servers': {
      break: 'create foreign data wrapper anywhere; grant usage on foreign data wrapper anywhere to api',
      names: 'api: foreign data wrapper anywhere',
    },
    'default privileges on later tables': {
      break:
        'alter default privileges for role owner in schema public grant select, delete on tables to reader',
      names: 'reader: default privileges on tables of owner in public',
      mended: true,
    },
    'default privileges for everyone, anywhere': {
      break: 'alter default privileges for role owner grant select on tables to public',
      names: 'PUBLIC: default privileges on tables of owner anywhere',
      mended: true,
    },
    'default privileges through a group': {
      break: 'alter default privileges for role owner in schema public grant insert on tables to readers',
      names: 'reader: default privileges on tables of owner in public through readers',
    },
    'temporary tables for everyone': {
      break: 'grant temporary on database scene to public',
      names: 'this database',
      mended: true,
    },
    'a definer function that everyone may call': {
      break: `create function all_users() returns setof users language sql security definer as 'select * from users'`,
      names: 'PUBLIC: function public.all_users',
      mended: true,
    },
    'a right that may be passed on': {
      break: 'grant select on accounts to api with grant option',
      names: 'api: table public.accounts',
      mended: true,
    },
    'a view that nobody declared': {
      break: 'grant select on balances to api',
      names: 'api: table public.balances',
      mended: true,
    },
    'a new table given to a reader': {
      break: 'create table secrets (id int); grant select on secrets to reader',
      names: 'reader: table public.secrets',
      mended: true,
    },
    'a table in another schema': {
      break:
        'create schema billing; create table billing.invoices (id int); grant usage on schema billing to api; grant select on billing.invoices to api',
      names: 'api: table billing.invoices',
      mended: true,
    },
    'a sequence to set back': {
      break: 'grant update on sequence numbers to api',
      names: 'api: sequence public.numbers',
      mended: true,
    },
    'the hashes of all passwords': {
      break: 'grant select (rolname, rolpassword) on pg_authid to reader',
      names: 'reader: column rolpassword of system table pg_authid',
    },
    'files of the server, by a group': {
      break: 'grant execute on function pg_read_file(text) to readers',
      names: 'reader: system function pg_read_file through readers',
    },
    'a function for an undeclared log-in role': {
      break: `create role bot login; grant connect on database scene to bot; grant usage on schema public to bot;
        grant execute on function find_user(text) to bot`,
      names: 'bot: undeclared',
    },
    'a role that is missing, with what it lends to another': {
      break: 'drop owned by readers; drop role readers',
      names: 'readers',
      mended: true,
    },
    'a right that is missing': {
      break: 'revoke insert on accounts from api',
      names: 'api: table public.accounts',
      mended: true,
    },
    'an undeclared log-in role': {
      break:
        'create role intern login; grant connect on database scene to intern; grant usage on schema public to intern; grant select on users to intern',
      names: 'intern: undeclared',
    },
    'an undeclared superuser': { break: 'create role root login superuser', names: 'root: undeclared' },
    'a log-in role that reads server files': {
      break:
        'create role files login; grant connect on database scene to files; grant pg_read_server_files to files',
      names: 'files: undeclared',
    },
    'a declared role that is gone': {
      break: 'drop owned by backup; drop role backup',
      names: 'backup: exists',
    },
    'a role that may log in': { break: 'alter role owner login', names: 'owner: attributes', mended: true },
  },
});
