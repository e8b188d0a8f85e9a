import { onlyMentions } from '../../testing/isolation-cases.ts';
import { scratchPostgres } from '../../testing/scratch-postgres.ts';
import { specimens } from '../../testing/specimens.ts';
import { tenantSchema } from '../../testing/tenant-schema.ts';
import covertChannels from './covert-channels.ts';

/** The schema that others are tested with, without the channels that it has open. */
const schema = `${tenantSchema};
  alter table "Odd names"."Ledger ""entry""" drop constraint "Ledger ""entry""_pkey",
    add primary key ("Space Id", "Key");
  alter table accounts add unique (space_id, name);
  revoke all on all sequences in schema public from api; grant usage on sequence notes_id_seq to api`;

const mine = `(select nullif(current_setting('app.current_user_id', true), '')::uuid)`;
const mySpaces = `(select space_id from user_spaces where user_id = ${mine})`;

/** A guarded table of tenants with these columns besides its key. */
const table = (name: string, columns: string): string => `
  create table ${name} (id uuid primary key default gen_random_uuid(), space_id uuid not null references spaces, ${columns});
  alter table ${name} enable row level security, force row level security;
  create policy m on ${name} using (space_id in ${mySpaces});
  grant select, insert, update, delete on ${name} to api; grant select on ${name} to inspector;`;

/** Two days of its own for each space. */
const booked = `insert into bookings (space_id, during) select id, tstzrange(day, day + interval '1 day') from (
  select id, timestamptz '2026-01-01' + row_number() over () * interval '2 days' as day
  from spaces, generate_series(1, 2)) days;`;

export default specimens({
  control: covertChannels,
  on: () => scratchPostgres({ schema }),
  lookalikes: {
    'a reference that carries the tenant': {
      break: `alter table goals add unique (space_id, id);
        ${table('payments', 'goal_id uuid, foreign key (space_id, goal_id) references goals (space_id, id)')}`,
    },
    'a reference to a table that everybody shares': {
      break: `create table currencies (code text primary key); insert into currencies values ('EUR');
        grant select on currencies to api; ${table('prices', 'code text references currencies')}`,
    },
    'a key that is unique per tenant, the tenant last': {
      break: table('labels', 'name text not null, unique (name, space_id)'),
    },
    'a key of uuids that look past tenants': { break: table('tokens', 'token uuid not null unique') },
    'a key that the role may not set': {
      break: `alter table users add handle text unique; update users set handle = left(id::text, 4)`,
    },
    'an exclusion within one tenant': {
      break: `${table(
        'bookings',
        `during tstzrange not null, exclude using gist (int4range(hashtext(space_id::text), hashtext(space_id::text), '[]')
          with =, during with &&)`,
      )} ${booked}`,
    },
    'a partition with row security of its own': {
      break: `alter table events_2024 enable row level security, force row level security;
        create policy m on events_2024 using (space_id in ${mySpaces}); grant select on events_2024 to api; analyze`,
    },
    'a key of everybody’s that was accepted': {
      break: table('sites', 'domain text not null unique'),
      excepted: [
        'sites: key sites_domain_key (domain), by insert: other tenant',
        'sites: key sites_domain_key (domain), by update: other tenant',
      ],
    },
  },
  sabotages: {
    ...onlyMentions,
    'a reference that does not carry the tenant': {
      break: table('payments', 'goal_id uuid references goals'),
      names: 'payments_goal_id_fkey',
    },
    'such a reference, on delete cascade': {
      break: table('remarks', 'account_id uuid not null references accounts on delete cascade, body text'),
      names: 'remarks_account_id_fkey',
    },
    'such a reference, only to be updated': {
      break: `${table('payments', 'goal_id uuid references goals')}
        revoke insert, update on payments from api; grant insert (space_id), update (goal_id) on payments to api`,
      names: 'payments_goal_id_fkey (goal_id) to goals, by update',
    },
    'a key that is unique for everybody': {
      break: 'alter table goals add unique (title)',
      names: 'goals_title_key (title), by insert',
    },
    'a key of the tenants themselves': {
      break: `alter table users add handle text unique; update users set handle = left(id::text, 4);
        create policy rename on users for update using (id = ${mine}); grant update (handle) on users to api`,
      names: 'users_handle_key (handle), by update',
    },
    'a unique index on an expression': {
      break: 'create unique index goals_slug on goals (lower(title))',
      names: 'goals_slug (title)',
    },
    'a number that is unique for everybody': {
      break: table('invoices', 'number int not null unique'),
      names: 'invoices_number_key',
    },
    'an exclusion that looks at everybody': {
      break: `${table('bookings', 'during tstzrange not null, exclude using gist (during with &&)')} ${booked}`,
      names: 'bookings_during_excl',
    },
    'a partition without row security, in pg_stats': {
      break: 'grant select on events_2024 to api',
      names: 'events_2024: kept out of pg_stats',
    },
    'a sequence that may be read': {
      break: 'grant select on sequence notes_id_seq to api',
      names: 'sequence notes_id_seq',
    },
    'usage of a sequence that nothing needs': {
      break: 'grant usage on sequence transactions_id_seq to api',
      names: 'sequence transactions_id_seq',
    },
    'a sequence that may be set back': {
      break: 'grant update on sequence notes_id_seq to api',
      names: 'sequence notes_id_seq',
    },
    'statements of every role in pg_stat_activity': {
      break: 'grant pg_read_all_stats to api',
      names: 'pg_stat_activity',
    },
    'sessions of every role may be ended': {
      break: 'grant pg_signal_backend to api',
      names: 'pg_terminate_backend',
    },
  },
});
