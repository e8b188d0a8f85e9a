import { caught, type Entry, registered, safe, tested } from './bypass.ts';

/** Covert channels. */
export const covertChannels: readonly Entry[] = [
  [
    'A reference to a hidden row succeeds, so the row exists; ON DELETE CASCADE reaches over.',
    'gets through',
    caught(
      'tenancy/covert-channels',
      'a reference that does not carry the tenant',
      'such a reference, on delete cascade',
    ),
    safe('tenancy/covert-channels', 'a reference that carries the tenant'),
  ],
  [
    'A unique key, ON CONFLICT DO NOTHING or an exclusion constraint objects to what a hidden row has.',
    'gets through',
    caught(
      'tenancy/covert-channels',
      'a key that is unique for everybody',
      'a unique index on an expression',
      'an exclusion that looks at everybody',
    ),
    safe('tenancy/covert-channels', 'a key that is unique per tenant, the tenant last'),
  ],
  [
    'EXPLAIN estimates from statistics of everybody’s rows.',
    'gets through',
    registered('the planner knows no tenants', 'let nobody send EXPLAIN through the application'),
  ],
  [
    'EXPLAIN ANALYZE counts the rows that a policy removed, and pg_class.reltuples all of them.',
    'gets through',
    registered('the catalog is open to every role', 'let nobody send EXPLAIN through the application'),
  ],
  [
    'pg_stats shows common values of a partition whose own row security is off.',
    'gets through',
    caught('tenancy/covert-channels', 'a partition without row security, in pg_stats'),
    safe('tenancy/covert-channels', 'a partition with row security of its own'),
  ],
  [
    'pg_stat_activity shows the statements of other sessions of the role.',
    'gets through',
    caught('tenancy/covert-channels', 'statements of every role in pg_stat_activity'),
    tested('signed.test.ts', 'travels as a bind, never in the text of a statement'),
    registered('all requests use one role', 'send values as parameters'),
  ],
  [
    'Sequences tell how much others write; notifications and advisory locks are everybody’s.',
    'gets through',
    caught(
      'tenancy/covert-channels',
      'a sequence that may be read',
      'usage of a sequence that nothing needs',
      'a sequence that may be set back',
    ),
    registered(
      'channels and lock keys belong to the whole database',
      'send no values of rows by NOTIFY; derive lock keys from the tenant and a secret',
    ),
  ],
  [
    'Sessions of one role end each other, and each other’s prepared transactions.',
    'gets through',
    caught('tenancy/covert-channels', 'sessions of every role may be ended'),
    registered(
      'it is one role',
      'revoke execute on pg_terminate_backend and pg_cancel_backend from public; max_prepared_transactions = 0',
    ),
  ],
];
