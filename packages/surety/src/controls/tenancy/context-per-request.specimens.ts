import { scratchService } from '../../testing/scratch-service.ts';
import { specimens } from '../../testing/specimens.ts';
import contextPerRequest from './context-per-request.ts';

export default specimens({
  control: contextPerRequest,
  on: scratchService,
  lookalikes: {
    'a savepoint in each transaction': { break: { context: 'savepoint' } },
    'context and query in one round trip': { break: { context: 'one-batch' } },
    'a slower API': { break: { milliseconds: 5 } },
    // Of a tenant's twelve accounts six are shared: a page of seven always holds one that tells tenants apart.
    'small pages': { break: { pageSize: 7 } },
    'more fields in each row': { break: { extraFields: true } },
    'wrong requests answered by 409': { break: { wrongStatus: 409 } },
    'nobody sees an empty list instead of 401': { break: { strangers: 'served' } },
    'one of two tenants has no rows': {
      break: {
        sql: `delete from user_spaces where user_id <> (select id from users where email = 'alice@example.com')`,
      },
    },
    'bodies are read, and slow clients turned away': { break: { readsBodies: true } },
    'through a pooler in transaction mode': { break: { pooled: true, connections: 4 } },
    'a row that belongs to everyone': {
      break: {
        sql: `alter table accounts alter space_id drop not null;
          insert into accounts (name) values ('canary-account-shared');
          create policy shared on accounts for select using (space_id is null)`,
      },
    },
  },
  sabotages: {
    'the API never sets the tenant': { break: { context: 'never' }, names: '/accounts: alice sees own rows' },
    'the API never sets the tenant, told apart from a lack of rows': {
      break: { context: 'never' },
      names: 'policies wait for app.current_user_id, and the API does not set it',
    },
    'the tenant is set outside of the transaction': {
      break: { context: 'outside-transaction' },
      names: '/accounts: alice sees own rows',
    },
    'SET instead of SET LOCAL, over a pool': {
      break: { context: 'session', milliseconds: 1 },
      names: '/accounts at once: rows of other tenants',
    },
    'SET instead of SET LOCAL, and a way in without a session': {
      break: { context: 'session-kept', strangers: 'served' },
      names: '/accounts in turn: nobody signed in',
    },
    'the tenant in a variable that requests share': {
      break: { context: 'module-variable', milliseconds: 1 },
      names: '/accounts at once: rows of other tenants',
    },
    'one connection for all requests at once': {
      break: { context: 'one-for-all', milliseconds: 1 },
      names: '/accounts at once: own rows missing',
    },
    'the user of a client’s connection instead of the request’s': {
      break: { userOfSocket: true },
      names: '/accounts alone: rows of other tenants',
    },
    'a context that survives an error': {
      break: { context: 'sticky-on-error' },
      names: 'among failing requests: rows of other tenants',
    },
    'a context that survives a violated constraint': {
      break: { context: 'sticky-on-violation' },
      names: 'among failing requests: rows of other tenants',
    },
    'a context that survives a statement that takes too long': {
      break: { context: 'sticky-on-timeout' },
      names: 'among requests that time out: rows of other tenants',
    },
    'a context that survives a client who sends too slowly': {
      break: { context: 'sticky-on-slow-body', readsBodies: true },
      names: 'among slow clients: rows of other tenants',
    },
    'a context read where the pool hands a connection over': {
      break: { context: 'async-local-in-pool', milliseconds: 1 },
      names: '/accounts at once: rows of other tenants',
    },
    'a transaction that stays open when a client hangs up between context and query': {
      break: { context: 'left-open-on-abort', milliseconds: 5 },
      names: 'connections at rest: transactions left open',
    },
    'SET through a pooler in transaction mode': {
      break: { context: 'session-kept', pooled: true, connections: 4 },
      names: 'rows of other tenants',
    },
    'a context that survives a client who hangs up': {
      break: { context: 'sticky-on-abort', milliseconds: 5 },
      names: 'among clients that hang up: rows of other tenants',
    },
    'connected as a superuser': {
      break: { connectsAs: 'superuser' },
      names: '/accounts alone: rows of other tenants',
    },
    'policies switched off': {
      break: { sql: 'alter table accounts disable row level security' },
      names: '/accounts alone: rows of other tenants',
    },
    'a policy for everyone beside the sound one': {
      break: { sql: 'create policy more on accounts using (true)' },
      names: '/accounts alone: rows of other tenants',
    },
    'a cache that ignores who asks': {
      break: { cacheByPath: true },
      names: '/accounts alone: rows of other tenants',
    },
    'nobody is taken for the first tenant': {
      break: { strangers: 'taken for the first user' },
      names: '/accounts in turn: nobody signed in',
    },
    'a mix-up once in a hundred requests': {
      break: { mixUpEvery: 97 },
      names: 'rows of other tenants',
    },
    'a policy that gives everything while the tenant is unset, and no tenant set': {
      break: {
        context: 'never',
        sql: `create policy unset on accounts using (coalesce(current_setting('app.current_user_id', true), '') = '')`,
      },
      names: '/accounts alone: rows of other tenants',
    },
  },
});
