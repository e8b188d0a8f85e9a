import { tenantSchema } from './tenant-schema.ts';

/**
 * The small healthy schema with an audit log: who did what to which row, filed under the space where there is one. Some
 * rows are gone since, some entries are a job's, and some are about a table that belongs to nobody.
 */
export const auditedSchema = `${tenantSchema};
create table currencies (id text primary key);
insert into currencies values ('EUR');
create table audit_log (
  id bigint generated always as identity primary key, at timestamptz not null default now(),
  actor_id uuid, action text not null, table_name text not null, row_id text not null, space_id uuid);
alter table audit_log enable row level security, force row level security;
grant select on audit_log, currencies to inspector;
insert into audit_log (actor_id, action, table_name, row_id, space_id)
  select m.user_id, 'insert', 'accounts', a.id::text, a.space_id from accounts a join user_spaces m using (space_id)
  union all select m.user_id, 'update', 'public.transactions', t.id::text, a.space_id
    from transactions t join accounts a on a.id = t.account_id join user_spaces m using (space_id)
  union all select user_id, 'insert', 'Note', id::text, null from notes
  union all select user_id, 'update', 'accounts', gen_random_uuid()::text, space_id from user_spaces
  union all select user_id, 'delete', 'accounts', 'no key of ours', null from user_spaces
  union all select null, 'update', 'accounts', id::text, space_id from accounts
  union all select id, 'read', 'currencies', 'EUR', null from users;
analyze audit_log`;
