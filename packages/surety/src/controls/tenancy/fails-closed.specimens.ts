import { onlyMentions } from '../../testing/isolation-cases.ts';
import { scratchPostgres } from '../../testing/scratch-postgres.ts';
import { specimens } from '../../testing/specimens.ts';
import failsClosed from './fails-closed.ts';

const mine = `(select nullif(current_setting('app.current_user_id', true), '')::uuid)`;
const mySpaces = `(select space_id from user_spaces where user_id = ${mine})`;

export default specimens({
  control: failsClosed,
  on: () => scratchPostgres(),
  lookalikes: {
    'shared rows that need no tenant': {
      break: `create table categories (id int primary key, space_id uuid references spaces, name text not null);
        insert into categories select row_number() over (), id, 'c' from spaces;
        insert into categories values (9, null, 'everybody''s');
        alter table categories enable row level security, force row level security;
        create policy see on categories for select using (space_id is null or space_id in ${mySpaces});
        grant select on categories to api; grant select on categories to inspector`,
    },
    'membership asked for with = ANY (ARRAY(…))': {
      break: `drop policy members on accounts; create policy members on accounts
        using (space_id = any (array(select space_id from user_spaces where user_id = ${mine})))`,
    },
    'rows that only grow': {
      break: `drop policy mine on notes; create policy see on notes for select using (user_id = ${mine});
        create policy add on notes for insert with check (user_id = ${mine})`,
    },
    'a setting compared as text': {
      break: `drop policy mine on notes; create policy mine on notes
        using (user_id::text = current_setting('app.current_user_id', true))`,
    },
    'shared lookup table without a tenant': {
      break: `create table currencies (code text primary key); insert into currencies values ('EUR');
        grant select on currencies to api`,
    },
  },
  sabotages: {
    ...onlyMentions,
    'owner when unset: coalesce(…, user_id)': {
      break: `drop policy mine on notes; create policy mine on notes
        using (user_id = coalesce(nullif(current_setting('app.current_user_id', true), '')::uuid, user_id))`,
      names: 'notes: nobody reads it whole, tenant never set',
      mended: true,
    },
    'true when empty': {
      break: `create policy when_empty on accounts using (coalesce(current_setting('app.current_user_id', true), '') = '')`,
      names: 'accounts: nobody reads it whole, tenant empty',
      mended: true,
    },
    'true when never set, false when empty': {
      break: `create policy when_unset on events for select using (current_setting('app.current_user_id', true) is null)`,
      names: 'events: nobody reads it whole, tenant never set',
    },
    'writable when unset': {
      break: `create policy import on events for insert with check (current_setting('app.current_user_id', true) is null)`,
      names: 'events: nobody adds a row, tenant never set',
    },
    'deletable when unset': {
      break: `create policy clean_up on events for delete using (nullif(current_setting('app.current_user_id', true), '') is null)`,
      names: 'events: nobody deletes everything, tenant empty',
      mended: true,
    },
    'error when empty: no nullif': {
      break: `drop policy mine on notes; create policy mine on notes
        using (user_id = current_setting('app.current_user_id', true)::uuid)`,
      names: 'notes: nobody reads it whole, tenant empty',
    },
    'error when never set: one argument': {
      break: `drop policy mine on notes; create policy mine on notes
        using (user_id = nullif(current_setting('app.current_user_id'), '')::uuid)`,
      names: 'notes: nobody reads it whole, tenant never set',
    },
    'everything for a tenant that does not exist': {
      break: `create policy guests on accounts for select using (not exists (select from users where id = ${mine}))`,
      names: 'accounts: nobody reads it whole, tenant unknown tenant',
      mended: true,
    },
    'row security switched off': {
      break: 'alter table transactions disable row level security',
      names: 'transactions: nobody reads it whole',
      mended: true,
    },
    'a default tenant for the role': {
      break: `alter role api set app.current_user_id = 'a0000000-0000-4000-8000-000000000001'`,
      names: 'nobody reads it whole, tenant never set',
    },
  },
});
