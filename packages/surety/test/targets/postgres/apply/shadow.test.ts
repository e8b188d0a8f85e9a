import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { Step, Trial } from '../../../../src/core/plan.ts';
import { startServer } from '../../../../src/targets/postgres/server.ts';
import { databaseUrl, withClient } from '../../../../src/testing/pg-client.ts';
import { guard, type Shop, shopServer } from './shop.ts';

const accounts = '"public"."accounts"';
const odd = `"Odd ""names"""."Order's"`;

const stage = await shopServer();
after(() => stage.stop());

const skip = stage.cannotCopy;

async function rehearse(shop: Shop, trials: readonly Trial[], shadow?: string, migrator?: string) {
  const target = await shop.open({ touch: 'nothing', ...(migrator !== undefined && { migrator }) });
  try {
    return await target.rehearse?.(trials, shadow);
  } finally {
    await target.close();
  }
}

/** What the database holds, so that a test can say that it was left alone. */
async function held(shop: Shop): Promise<unknown> {
  return shop.sql(`select (select count(*) from pg_class), (select count(*) from pg_policy), (select count(*) from pg_roles),
    (select count(*) from pg_database), (select string_agg(relrowsecurity::text, '' order by oid) from pg_class)`);
}

const good: readonly Trial[] = [
  { id: 'accounts', ...guard(accounts) },
  {
    id: 'index',
    steps: [{ sql: `create index concurrently "by user" on ${odd} ("user_id")`, alone: true }],
    undo: [{ sql: 'drop index concurrently "Odd ""names"""."by user"', alone: true }],
  },
  {
    id: 'rights',
    steps: [
      { sql: 'revoke delete on "public"."accounts" from "api"' },
      { sql: 'revoke temporary on database current from public' },
    ],
    undo: [
      { sql: 'grant temporary on database current to public' },
      { sql: 'grant delete on "public"."accounts" to "api"' },
    ],
  },
];

/** The name of the database stands in such steps. */
const named = (shop: Shop) => {
  const name = decodeURIComponent(new URL(shop.admin).pathname.slice(1));
  const put = (step: Step): Step =>
    'sql' in step ? { ...step, sql: step.sql.replace('database current', `database "${name}"`) } : step;
  return good.map(({ id, steps, undo }) => ({
    id,
    steps: steps.map(put),
    undo: 'manual' in undo ? undo : undo.map(put),
  }));
};

test('changes, their undo and the changes again are tried on a server of their own', { skip }, async () => {
  const shop = await stage.database();
  const before = await held(shop);
  assert.match(
    (await rehearse(shop, named(shop), undefined, shop.admin)) ?? '',
    /^a copy of the schema on PostgreSQL \d+/,
  );
  assert.deepEqual(await held(shop), before);
});

test('what would fail is said, by the right that the migrator lacks as well', { skip }, async () => {
  const shop = await stage.database();
  const before = await held(shop);
  const broken = { id: 'broken', steps: [{ sql: `alter table ${accounts} drop column nothing` }], undo: [] };
  await assert.rejects(rehearse(shop, [...good.slice(0, 1), broken]), {
    code: 'postgres/shadow-failed',
    message: /^tried on a copy of the schema, it fails: broken: 42703/,
    hint: /^the database was not touched; /,
  });
  await assert.rejects(rehearse(shop, good.slice(0, 1), undefined, shop.urlOf('inspector')), {
    code: 'postgres/shadow-failed',
    message: /inspector does not own accounts, owner does/,
  });
  assert.deepEqual(await held(shop), before);
});

test('an undo that does not lead back is refused, with what differs', { skip }, async () => {
  const shop = await stage.database();
  const forgetful = { id: 'forgetful', steps: guard(accounts).steps, undo: guard(accounts).undo.slice(0, 2) };
  await assert.rejects(rehearse(shop, [forgetful]), {
    code: 'postgres/not-reversible',
    message: 'tried on a copy and taken back, it is not as before: policies accounts.mine',
  });
});

test('a change without undo is tried all the same', { skip }, async () => {
  const shop = await stage.database();
  const final = { id: 'final', steps: [{ sql: 'create table more (id int)' }], undo: { manual: 'drop it' } };
  assert.match((await rehearse(shop, [final, ...good.slice(0, 1)])) ?? '', /^a copy/);
});

test('an empty database of the user is filled, and empty again afterwards', { skip }, async () => {
  const shop = await stage.database();
  const before = await held(shop);
  await withClient(shop.server.url, (client) => client.query('create database empty'));
  const empty = databaseUrl(shop.server.url, 'empty');
  const counted = () =>
    withClient(empty, async (client) => (await client.query(`select count(*) from pg_class`)).rows);
  const nothing = await counted();
  assert.equal(await rehearse(shop, good.slice(0, 2), empty), 'the database that --shadow names');
  assert.deepEqual(await counted(), nothing);
  await withClient(shop.server.url, (client) => client.query('drop database empty'));
  assert.deepEqual(await held(shop), before);
});

test('a run that is stopped gives the empty database back empty, and its server without new roles', {
  skip,
}, async () => {
  const shop = await stage.database();
  const other = await startServer();
  try {
    await withClient(other.url, async (client) => {
      const holds = async () =>
        (
          await client.query(`select array(select relname::text from pg_class order by oid) as tables,
            array(select rolname::text from pg_roles order by 1) as roles`)
        ).rows;
      const before = await holds();
      const stop = new AbortController();
      const target = await shop.open({ touch: 'nothing', signal: stop.signal });
      const endless = { id: 'endless', steps: [{ sql: 'select pg_sleep(600)' }], undo: [] };
      const stopped = assert.rejects(async () => target.rehearse?.([endless], other.url), {
        message: 'enough',
      });
      const isTried = async () =>
        (await client.query(`select from pg_stat_activity where query = 'select pg_sleep(600)'`)).rowCount ===
        1;
      while (!(await isTried())) await turn();
      assert.notDeepEqual(await holds(), before);
      stop.abort(new Error('enough'));
      await stopped;
      await target.close();
      assert.deepEqual(await holds(), before);
    });
  } finally {
    await other.stop();
  }
});

test('a copy that somebody made will do, and is left as it was; anything else is refused', async () => {
  const shop = await stage.database();
  const name = decodeURIComponent(new URL(shop.admin).pathname.slice(1));
  await withClient(shop.server.url, (client) => client.query(`create database copy template "${name}"`));
  const copy = databaseUrl(shop.server.url, 'copy');
  const policies = () =>
    withClient(copy, async (client) => (await client.query('select from pg_policy')).rowCount);
  assert.equal(await rehearse(shop, good.slice(0, 2), copy), 'the database that --shadow names');
  assert.equal(await policies(), 0);
  await withClient(copy, (client) => client.query('drop table accounts'));
  await assert.rejects(rehearse(shop, good.slice(0, 1), copy), {
    code: 'usage/shadow-differs',
    message: /neither empty nor a copy: .*accounts/,
  });
  await assert.rejects(rehearse(shop, good.slice(0, 1), shop.admin), { code: 'usage/shadow-is-live' });
  await withClient(shop.server.url, (client) => client.query('drop database copy'));
});

test('an extension that the other server lacks is named', { skip }, async () => {
  const shop = await stage.database();
  await shop
    .sql(`insert into pg_extension select 90000, 'pg_odd', extowner, extnamespace, extrelocatable, extversion
    from pg_extension limit 1`)
    .catch(() => undefined);
  const there = await shop.sql(`select from pg_extension where extname = 'pg_odd'`);
  assert.equal(there.length, 1);
  await assert.rejects(rehearse(shop, good.slice(0, 1)), {
    code: 'postgres/shadow-extensions',
    message: /lacks extensions that the database uses: pg_odd$/,
  });
});

test('without a server for the copy, the ways out are named', async () => {
  const shop = await stage.database();
  const bin = process.env.SURETY_PG_BIN;
  try {
    process.env.SURETY_PG_BIN = '/nowhere';
    await assert.rejects(rehearse(shop, good.slice(0, 1)), {
      code: 'postgres/no-shadow',
      hint: /--shadow URL, or say --without-shadow$/,
    });
  } finally {
    if (bin === undefined) delete process.env.SURETY_PG_BIN;
    else process.env.SURETY_PG_BIN = bin;
  }
});
