import { caught, type Entry, safe, tested } from './bypass.ts';

/** Context and pool. */
export const contextAndPool: readonly Entry[] = [
  [
    'SET, for the session, through a pooler in transaction mode: the next request gets the last one’s tenant.',
    'gets through',
    caught('tenancy/context-per-request', 'SET through a pooler in transaction mode'),
    tested(
      'pgbouncer.test.ts',
      'SET, which is how it is usually done, does',
      'the one-round-trip form crosses nowhere',
    ),
  ],
  [
    'The tenant is set locally, outside of a transaction: it is gone before the query.',
    'is stopped',
    caught('tenancy/context-per-request', 'the tenant is set outside of the transaction'),
  ],
  [
    'After a local set the setting is empty and not null, and a cast of it raises an error.',
    'fails with an error',
    caught('tenancy/fails-closed', 'error when empty: no nullif'),
  ],
  [
    'A condition smuggled into a query sets the tenant while rows are filtered.',
    'gets through',
    tested('signed.test.ts', 'works without the signed context: this is what it is for'),
  ],
  [
    'The same where the policy asks once per statement: by a CTE, a sub-query, UNION ALL or the next statement.',
    'gets through',
    tested('signed.test.ts', 'works without the signed context: this is what it is for'),
  ],
  [
    'A second statement in the text of the first sets the tenant.',
    'gets through',
    tested('refusals.test.ts', 'two statements in one text, by the server'),
  ],
  [
    'row_security = off, or a setting of its own stored with ALTER ROLE.',
    'is stopped',
    safe('tenancy/no-bypass', 'row security set to off, which raises an error'),
  ],
  [
    'What a session keeps: a temporary table, a cursor WITH HOLD, lastval().',
    'gets through',
    tested('refusals.test.ts', 'declare c cursor with hold for select 1'),
  ],
  [
    'The tenant is read from asynchronous context where the pool hands a connection over: it is another request’s.',
    'gets through',
    caught('tenancy/context-per-request', 'a context read where the pool hands a connection over'),
    tested('pool.test.ts', 'the same through a client that reads the context when it sends: many do'),
  ],
];
