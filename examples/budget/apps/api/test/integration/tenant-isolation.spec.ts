import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import type pg from 'pg';
import { inTransaction, withClient } from '../../../../infra/db/connection.ts';
import { readConfig } from '../../src/config.ts';
import { Database } from '../../src/database/database.ts';
import { TenantDatabase } from '../../src/database/tenant-database.ts';
import { type Api, call, type Estate, itemsOf, signIn, startEstate } from '../running-estate.ts';

// Two users who share nothing, policies on, and an API with one database connection: whatever a request leaves behind
// on that connection, the next user gets.

const tenantTables = [
  'accounts',
  'transactions',
  'budgets',
  'categories',
  'transaction_rules',
  'goals',
  'manual_assets',
] as const;

let estate: Estate;
let api: Api;
let ada: Party;
let ben: Party;

type Party = { email: string; userId: string; spaceId: string; token: string };

before(async () => {
  estate = await startEstate();
  api = await estate.startApi({ DATABASE_POOL_MAX: '1' });
  const [first, second] = estate.users;
  assert.ok(first !== undefined && second !== undefined);
  ada = { ...first, token: await signIn(estate, api, first.email) };
  ben = { ...second, token: await signIn(estate, api, second.email) };
});

after(() => estate.stop());

async function list(path: string, { token }: Party): Promise<readonly Record<string, unknown>[]> {
  return itemsOf(await call(estate, api, path, { token }));
}

/** As the role that the API uses, in a transaction that is always rolled back. */
async function asUser<T>(userId: string | null, work: (client: pg.Client) => Promise<T>): Promise<T> {
  return withClient({ url: estate.apiUrl, caFile: estate.databaseCa }, async (client) => {
    await client.query('BEGIN');
    if (userId !== null) await client.query("SELECT set_config('app.current_user_id', $1, true)", [userId]);
    return work(client);
  });
}

async function count(client: pg.Client, query: string, values: unknown[] = []): Promise<number> {
  const { rows } = await client.query<{ n: string }>(query, values);
  return Number(rows[0]?.n);
}

/** The SQLSTATE of a refusal, or what happened instead. */
async function refusal(statement: Promise<pg.QueryResult>): Promise<string> {
  return statement.then(
    ({ rowCount }) => `${rowCount} rows`,
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  );
}

describe('over HTTP', () => {
  it('user A cannot see spaces of user B', async () => {
    assert.deepEqual(
      (await list('/spaces', ada)).map(({ id }) => id),
      [ada.spaceId],
    );
    assert.deepEqual(
      (await list('/spaces', ben)).map(({ id }) => id),
      [ben.spaceId],
    );
  });

  it('user A cannot see accounts of user B', async () => {
    const [hers, his] = [await list('/accounts', ada), await list('/accounts', ben)];
    assert.equal(hers.length, 3);
    assert.equal(his.length, 3);
    assert.ok(hers.every(({ spaceId }) => spaceId === ada.spaceId));
    assert.ok(his.every(({ spaceId }) => spaceId === ben.spaceId));
  });

  it('user B cannot query a space of user A directly', async () => {
    for (const path of ['/spaces', '/accounts', '/transactions', '/budgets']) {
      const foreign = `${path}?spaceId=${ada.spaceId}`;
      assert.notEqual((await list(foreign, ada)).length, 0, `${path}: its owner sees it`);
      assert.deepEqual(await list(foreign, ben), [], `${path}: nobody else does`);
    }
  });

  it('account queries across tenants find nothing', async () => {
    const [account] = await list('/accounts', ada);
    const path = `/accounts/${account?.id}`;
    assert.equal((await call(estate, api, path, { token: ada.token })).status, 200);
    assert.equal((await call(estate, api, path, { token: ben.token })).status, 404);
  });

  it('transaction queries and changes across tenants find nothing', async () => {
    const [transaction] = await list('/transactions?limit=1', ada);
    const path = `/transactions/${transaction?.id}`;
    const change = { method: 'PATCH', body: { description: 'changed' } };
    assert.equal((await call(estate, api, path, { token: ben.token, ...change })).status, 404);
    assert.equal((await call(estate, api, path, { token: ben.token, method: 'DELETE' })).status, 404);
    assert.equal((await call(estate, api, path, { token: ada.token, ...change })).status, 200);
    const cursor = `/transactions?cursor=${transaction?.id}`;
    assert.notEqual((await list(cursor, ada)).length, 0);
    assert.deepEqual(await list(cursor, ben), [], 'a cursor of hers opens nothing for him');
  });

  it('nothing can be written into a space of somebody else', async () => {
    const [account] = await list('/accounts', ada);
    const transaction = {
      spaceId: ada.spaceId,
      accountId: account?.id,
      amountMinor: -100,
      description: 'planted',
      bookedOn: '2026-01-01',
    };
    const budget = {
      spaceId: ada.spaceId,
      name: 'planted',
      limitMinor: 1,
      currency: 'EUR',
      startsOn: '2026-01-01',
    };
    for (const [path, body] of [
      ['/transactions', transaction],
      ['/budgets', budget],
    ] as const) {
      assert.equal(
        (await call(estate, api, path, { method: 'POST', token: ben.token, body })).status,
        404,
        path,
      );
      assert.equal(
        (await call(estate, api, path, { method: 'POST', token: ada.token, body })).status,
        201,
        path,
      );
    }
    const crossing = { ...transaction, spaceId: ben.spaceId };
    const { status } = await call(estate, api, '/transactions', {
      method: 'POST',
      token: ben.token,
      body: crossing,
    });
    assert.equal(status, 404, 'his transaction on her account');
  });

  it('interleaved, with errors and hang-ups in between, everybody gets their own', async () => {
    const rounds = Array.from({ length: 40 }, async (_, n) => {
      const who = n % 2 === 0 ? ada : ben;
      if (n % 5 === 1) await hangUp(who);
      if (n % 7 === 2) await call(estate, api, '/transactions/none', { token: who.token });
      if (n % 7 === 3) await call(estate, api, '/accounts');
      const seen = await list('/transactions?limit=20', who);
      assert.equal(seen.length, 20);
      assert.ok(seen.every(({ spaceId }) => spaceId === who.spaceId));
    });
    await Promise.all(rounds);
  });

  it('a statement that takes too long is broken off, and the next user gets his own', async () => {
    await withClient({ url: estate.adminUrl, caFile: estate.databaseCa }, async (admin) => {
      await admin.query('BEGIN; LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE');
      const late = await call(estate, api, '/accounts', { token: ada.token });
      assert.equal(late.status, 503, 'lock_timeout of the role');
      await admin.query('ROLLBACK');
    });
    const seen = await list('/accounts', ben);
    assert.equal(seen.length, 3);
    assert.ok(seen.every(({ spaceId }) => spaceId === ben.spaceId));
  });

  it('no transaction stays open on the connection', async () => {
    await list('/spaces', ada);
    const { rows } = await withClient({ url: estate.adminUrl, caFile: estate.databaseCa }, (client) =>
      client.query(
        "SELECT DISTINCT state FROM pg_stat_activity WHERE usename = 'budget_api' AND datname = current_database()",
      ),
    );
    assert.deepEqual(rows, [{ state: 'idle' }]);
  });
});

describe('through Prisma, on one connection', () => {
  let database: Database;
  let tenants: TenantDatabase;

  before(() => {
    database = new Database(readConfig(estate.settings));
    tenants = new TenantDatabase(database);
  });

  after(() => database.close());

  const whoAsks = (userId: string): Promise<unknown> =>
    tenants.as(userId, async (queries) => {
      const [row] = await queries.$queryRaw<{ context: string }[]>`
        SELECT current_setting('app.current_user_id') AS context`;
      return row?.context;
    });

  it('queries of a user see his rows, and one of nobody is not sent', async () => {
    assert.equal(await tenants.as(ada.userId, (queries) => queries.account.count()), 3);
    assert.equal(await tenants.as(ben.userId, (queries) => queries.account.count()), 3);
    await assert.rejects(database.tenants.account.count(), /without a tenant was not sent/);
    const { rows } = await database.nobody.query('SELECT id FROM accounts');
    assert.deepEqual(rows, []);
  });

  it('a user who waits for the connection keeps his own name on it', async () => {
    const asked = Array.from({ length: 100 }, (_, n) => (n % 3 === 0 ? ada.userId : ben.userId));
    assert.deepEqual(await Promise.all(asked.map(whoAsks)), asked);
  });

  it('a transaction that breaks leaves nothing behind, neither a row nor its user', async () => {
    const planted = tenants.inOneTransaction(ada.userId, async (queries) => {
      await queries.budget.deleteMany();
      throw new Error('broken');
    });
    await assert.rejects(planted, /^Error: broken$/);
    assert.equal(await whoAsks(ben.userId), ben.userId);
    assert.notEqual(await tenants.as(ada.userId, (queries) => queries.budget.count()), 0);
  });
});

/** Sends a whole request and resets the connection without waiting for the answer. */
async function hangUp({ token }: Party): Promise<void> {
  const ca = readFileSync(estate.certificates.caFile);
  const socket = connect({ host: api.url.hostname, port: Number(api.url.port), ca });
  await once(socket, 'secureConnect');
  socket.on('error', () => undefined);
  socket.write(
    `GET /transactions HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${token}\r\n\r\n`,
    () => {
      socket.destroy();
    },
  );
  await once(socket, 'close');
}

describe('in SQL, as the role of the API', () => {
  it('policies bind this role: otherwise nothing below would mean anything', async () => {
    await asUser(ada.userId, async (client) => {
      const { rows } = await client.query(`SELECT rolname, rolsuper, rolbypassrls FROM pg_roles
        WHERE rolname = current_user`);
      assert.deepEqual(rows, [{ rolname: 'budget_api', rolsuper: false, rolbypassrls: false }]);
      assert.equal(await count(client, "SELECT row_security_active('accounts')::int AS n"), 1);
    });
  });

  it('every table of the schema has its policies on, also for its owner', async () => {
    const { rows } = await withClient({ url: estate.adminUrl, caFile: estate.databaseCa }, (client) =>
      client.query<{ name: string }>(`SELECT relname AS name FROM pg_class
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
          AND NOT (relrowsecurity AND relforcerowsecurity)`),
    );
    assert.deepEqual(rows, []);
  });

  it('a table that is made tomorrow is guarded before anybody writes a policy', async () => {
    await withClient({ url: estate.adminUrl, caFile: estate.databaseCa }, async (client) => {
      await client.query('BEGIN; SET ROLE budget_owner; CREATE TABLE tomorrow (space_id uuid)');
      const { rows } = await client.query(`SELECT relrowsecurity, relforcerowsecurity FROM pg_class
        WHERE oid = 'tomorrow'::regclass`);
      assert.deepEqual(rows, [{ relrowsecurity: true, relforcerowsecurity: true }]);
    });
  });

  for (const table of tenantTables) {
    it(`${table}: own rows only, whatever is asked`, async () => {
      await asUser(ada.userId, async (client) => {
        const own = 'SELECT count(*) AS n FROM';
        assert.notEqual(await count(client, `${own} ${table} WHERE space_id = $1`, [ada.spaceId]), 0);
        assert.equal(await count(client, `${own} ${table} WHERE space_id <> $1`, [ada.spaceId]), 0);
        assert.equal(await count(client, `${own} ${table} WHERE space_id = $1`, [ben.spaceId]), 0);
      });
      await asUser(ben.userId, async (client) => {
        const deleted = await refusal(
          client.query(`DELETE FROM ${table} WHERE space_id = $1`, [ada.spaceId]),
        );
        assert.equal(deleted, '0 rows');
      });
      await asUser(ben.userId, async (client) => {
        const moved = await refusal(client.query(`UPDATE ${table} SET space_id = $1`, [ada.spaceId]));
        assert.equal(moved, '42501');
      });
    });
  }

  const strangers: readonly (readonly [string, string | null])[] = [
    ['missing', null],
    ['empty', ''],
    ['malformed', "'; DROP TABLE users; --"],
    ['unknown', '00000000-0000-4000-8000-000000000000'],
  ];
  for (const [kind, context] of strangers) {
    it(`${kind} context: no row, no write, no error`, async () => {
      await asUser(context, async (client) => {
        for (const table of tenantTables) {
          assert.equal(await count(client, `SELECT count(*) AS n FROM ${table}`), 0, table);
          assert.equal(await refusal(client.query(`DELETE FROM ${table}`)), '0 rows', table);
        }
        const planted = client.query(
          "INSERT INTO goals (space_id, name, target_minor, currency) VALUES ($1, 'planted', 1, 'EUR')",
          [ada.spaceId],
        );
        assert.equal(await refusal(planted), '42501');
      });
    });
  }

  it('a user sees himself and his memberships, and can neither read a hash nor join a space', async () => {
    await asUser(ben.userId, async (client) => {
      assert.equal(await count(client, 'SELECT count(id) AS n FROM users'), 1);
      assert.equal(await count(client, 'SELECT count(*) AS n FROM user_spaces'), 1);
      assert.equal(await refusal(client.query('SELECT password_hash FROM users')), '42501');
    });
    await asUser(ben.userId, async (client) => {
      const join = client.query('INSERT INTO user_spaces (user_id, space_id, role) VALUES ($1, $2, $3)', [
        ben.userId,
        ada.spaceId,
        'owner',
      ]);
      assert.equal(await refusal(join), '42501');
    });
  });

  it('create_space makes a space for the caller alone', async () => {
    await asUser(ben.userId, async (client) => {
      await client.query("SELECT create_space('Second')");
      assert.equal(await count(client, 'SELECT count(*) AS n FROM spaces'), 2);
      await client.query("SELECT set_config('app.current_user_id', $1, true)", [ada.userId]);
      assert.equal(await count(client, 'SELECT count(*) AS n FROM spaces'), 1);
    });
    await asUser(null, async (client) => {
      assert.equal(await refusal(client.query("SELECT create_space('Nobody')")), '42501');
    });
  });

  for (const statement of [
    'TRUNCATE accounts',
    'ALTER TABLE accounts DISABLE ROW LEVEL SECURITY',
    'CREATE TABLE mine (id int)',
    'CREATE TEMP TABLE user_spaces (user_id uuid, space_id uuid)',
    'SET ROLE budget_owner',
    'SELECT file FROM migrations.applied',
    'SELECT lo_creat(-1)',
  ]) {
    it(`refused: ${statement}`, async () => {
      await asUser(ada.userId, async (client) =>
        assert.equal(await refusal(client.query(statement)), '42501'),
      );
    });
  }

  it('a shared space is seen by both, and by nobody else', async () => {
    await withClient({ url: estate.adminUrl, caFile: estate.databaseCa }, (client) =>
      inTransaction(client, () =>
        client.query("INSERT INTO user_spaces (user_id, space_id, role) VALUES ($1, $2, 'member')", [
          ben.userId,
          ada.spaceId,
        ]),
      ),
    );
    try {
      assert.equal((await list('/spaces', ben)).length, 2);
      assert.equal((await list('/spaces', ada)).length, 1);
      await asUser(ben.userId, async (client) => {
        const moved = await refusal(client.query('UPDATE accounts SET space_id = $1', [ada.spaceId]));
        assert.equal(moved, '42501', 'rows do not move, not even between spaces of one user');
      });
    } finally {
      await withClient({ url: estate.adminUrl, caFile: estate.databaseCa }, (client) =>
        client.query('DELETE FROM user_spaces WHERE user_id = $1 AND space_id = $2', [
          ben.userId,
          ada.spaceId,
        ]),
      );
    }
    assert.equal((await list('/spaces', ben)).length, 1, 'from the next request on');
  });
});
