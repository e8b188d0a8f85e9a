import { fastTenantCanaries, fastTenantSchema } from '../../testing/fast-tenant-schema.ts';
import { scratchPostgres } from '../../testing/scratch-postgres.ts';
import { specimens } from '../../testing/specimens.ts';
import policiesCheap from './policies-cheap.ts';

const mySpaces = 'select space_id from user_spaces where user_id = (select tenant())';

export default specimens({
  control: policiesCheap,
  on: () => scratchPostgres({ looksAt: 'plans', schema: fastTenantSchema, canaries: fastTenantCanaries }),
  lookalikes: {
    'the setting asked for without a sub-select, which an index still serves': {
      break: `drop policy mine on notes; create policy mine on notes
        using (user_id = nullif(current_setting('app.current_user_id', true), '')::uuid)`,
    },
    'a floor below the policy': {
      break: `create policy floor on notes as restrictive using (user_id = (select tenant()))`,
    },
    'rows of nobody that everybody sees': {
      break: `alter table notes alter user_id drop not null; drop policy mine on notes;
        create policy mine on notes using (user_id is null or user_id = (select tenant()))`,
    },
    'a condition on the row besides, by the server’s own functions': {
      break: `create policy short on notes as restrictive using (length(body) < 1000)`,
    },
    'a text that looks like a call': {
      break: `create policy odd on notes as restrictive using (body <> 'slow_tenant() or current_setting(x)')`,
    },
    'a lookup table without a tenant': {
      break: `create table currencies (code text primary key); insert into currencies values ('EUR');
        grant select on currencies to api`,
    },
    'a role that may read some columns': {
      break: 'revoke select on notes from api; grant select (id, user_id) on notes to api',
    },
    'an index whose first column is the tenant': {
      break: `drop index notes_user; create index on notes (user_id, body)`,
    },
  },
  sabotages: {
    'no index on the tenant column': {
      break: 'drop index accounts_space',
      names: 'accounts: plan of a page',
    },
    'an index that does not begin with the tenant': {
      break: 'drop index notes_user; create index on notes (body, user_id)',
      names: 'notes: plan of a page',
    },
    'membership asked for with IN (sub-query)': {
      break: `drop policy members on accounts; create policy members on accounts using (space_id in (${mySpaces}))`,
      names: 'accounts: plan of a page',
    },
    'a function that is called for each row': {
      break: `drop policy members on accounts; create policy members on accounts using (is_member(space_id))`,
      names: 'calls is_member for each row',
    },
    'a volatile function that names the tenant': {
      break: `drop policy mine on notes; create policy mine on notes using (user_id = slow_tenant())`,
      names: 'calls slow_tenant for each row',
    },
    'a cheap function beside the tenant, for each row': {
      break: `create function odd_name(text) returns boolean language plpgsql as $$ begin return true; end $$;
        alter function odd_name(text) rename to "Odd (name";
        create policy odd on notes as restrictive using ("Odd (name"(body))`,
      names: 'calls Odd (name for each row',
    },
    'the tenant column wrapped, so that its index is of no use': {
      break: `drop policy mine on notes; create policy mine on notes using (user_id::text = (select tenant())::text)`,
      names: 'notes: plan of a page',
    },
    'a table below a parent, without an index on the way up': {
      break: 'drop index entries_account',
      names: 'entries: plan of a page by account_id',
    },
    'one partition without the index': {
      break: `create table loose (like events); alter table loose alter happened set not null;
        drop index events_space; create index on events_2024 (space_id); drop table loose`,
      names: 'events: plan of a page',
    },
    'policies that take their time': {
      break: `create function takes_time() returns boolean language plpgsql as
          $$ begin perform pg_sleep(0.01); return true; end $$;
        create policy sleepy on notes as restrictive using ((select takes_time()))`,
      names: 'notes: a page, alone',
    },
  },
});
