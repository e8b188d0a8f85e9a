import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import pg from 'pg';
import type { Planned } from '../../../src/commands/changes.ts';
import { writeMigration } from '../../../src/commands/plan/migration.ts';
import { createRunRedactor } from '../../../src/commands/redact.ts';
import type { Terminal } from '../../../src/commands/verb.ts';
import { controls } from '../../../src/controls/registry.ts';
import type { Change } from '../../../src/core/plan.ts';
import { withClient } from '../../../src/testing/pg-client.ts';
import { guard, type Shop, shopServer } from '../../targets/postgres/apply/shop.ts';

const accounts = '"public"."accounts"';
const odd = `"Odd ""names"""."Order's"`;

let stage: Awaited<ReturnType<typeof shopServer>>;
before(async () => {
  stage = await shopServer();
});
after(() => stage.stop());

const isolated = controls.find(({ ref }) => ref.id === 'tenancy/isolated');
assert.ok(isolated);
const target = {
  name: 'shop-db',
  kind: 'postgres',
  environment: 'test',
  facts: {},
  hosts: [],
  standIn: false,
} as const;
const binding = { name: 'shop-db', environment: 'test', targets: { db: target } };
const job = { registered: isolated, binding };

const planned = (change: Omit<Change, 'target' | 'title'>): Planned => ({
  id: `tenancy/isolated:shop-db:${change.id}`,
  control: 'tenancy/isolated',
  job,
  target,
  change: { ...change, target: 'db', title: `keep tenants apart in\n${change.id}` },
  impact: [],
  locks: [],
});

const requires = ['tenancy/context-per-request'];
const changes = [
  planned({ id: 'accounts', ...guard(accounts), requires }),
  planned({
    id: 'by user',
    steps: [{ sql: `create index concurrently "by user" on ${odd} ("user_id")`, alone: true }],
    undo: [{ sql: 'drop index concurrently "Odd ""names"""."by user"', alone: true }],
    requires: [],
  }),
  planned({ id: "Order's", ...guard(odd), requires }),
  planned({
    id: 'more',
    steps: [{ sql: 'create table more (id int)' }],
    undo: { manual: 'drop\nit' },
    requires: [],
  }),
];

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'surety-migration-'));
  t.after(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function write(
  cwd: string,
  options: Parameters<typeof writeMigration>[2],
  what: readonly Planned[] = changes,
): Promise<{ readonly out: string; readonly err: string }> {
  const printed = { out: '', err: '' };
  const terminal: Terminal = {
    cwd,
    env: {},
    interactive: false,
    columns: 100,
    signal: new AbortController().signal,
    now: () => new Date('2026-05-04T03:02:01.000Z'),
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
    ask: async () => '',
  };
  const plan = { changes: what, proposed: [], blind: [] };
  await writeMigration(plan, ['tenancy'], options, { terminal, redactor: createRunRedactor() });
  return printed;
}

const state = (shop: Shop) =>
  shop.sql(`select (select string_agg(polname || polrelid::regclass, ', ' order by polrelid::regclass::text) from pg_policy) as policies,
    (select string_agg(oid::regclass::text, ', ' order by oid::regclass::text) from pg_class where relforcerowsecurity) as forced,
    to_regclass('"Odd ""names"""."by user"') is not null as index, to_regclass('more') is not null as more`);

const applied = [
  {
    policies: `mine"Odd ""names"""."Order's", mineaccounts`,
    forced: `"Odd ""names"""."Order's", accounts`,
    index: true,
    more: true,
  },
];

/** Statement by statement, as psql sends a script: `begin` and `commit` are its own. */
async function runScript(url: string, script: string): Promise<void> {
  await withClient(url, async (client) => {
    const statements = script.replaceAll(/^--.*$/gm, '').split(/;\n/);
    for (const sql of statements.filter((text) => text.trim() !== '')) await client.query(sql);
  });
}

test('as SQL: one script, each change in a transaction of its own, and one that takes it back', async (t) => {
  const cwd = folder(t);
  const shop = await stage.database();
  const [before] = await state(shop);
  const { out, err } = await write(cwd, { sql: 'harden.sql' });
  assert.equal(out, 'written  harden.sql\nwritten  harden.down.sql\n');
  assert.match(err, /surety prove tenancy\/context-per-request/);
  const script = readFileSync(join(cwd, 'harden.sql'), 'utf8');
  await runScript(shop.urlOf('owner'), script);
  assert.deepEqual(await state(shop), applied);
  const down = readFileSync(join(cwd, 'harden.down.sql'), 'utf8');
  assert.match(down, /^-- no undo: drop it$/m);
  await runScript(shop.urlOf('owner'), down);
  assert.deepEqual(await state(shop), [{ ...before, more: true }]);

  assert.equal((await write(cwd, { sql: '-' })).out, script, 'the same plan is the same text');
  await assert.rejects(write(cwd, { sql: 'harden.sql' }), { code: 'usage/exists' });
  assert.deepEqual(readdirSync(cwd).sort(), ['harden.down.sql', 'harden.sql'], 'no draft is left');
});

test('as migrations of Prisma: batches, and a concurrent index by itself', async (t) => {
  const cwd = folder(t);
  const shop = await stage.database();
  mkdirSync(join(cwd, 'prisma/migrations/20270101000000_init'), { recursive: true });
  writeFileSync(join(cwd, 'prisma/migrations/migration_lock.toml'), 'provider = "postgresql"\n');
  const { out, err } = await write(cwd, { prisma: 'prisma' });
  assert.match(err, /^1 of them alone: a concurrent index needs a migration with no other statement$/m);
  const names = readdirSync(join(cwd, 'prisma/migrations')).filter((name) => name.includes('surety'));
  assert.deepEqual(names, [
    '20270101000001_surety_tenancy_isolated',
    '20270101000002_surety_tenancy_isolated_alone',
    '20270101000003_surety_tenancy_isolated',
  ]);
  assert.equal(out, names.map((name) => `written  prisma/migrations/${name}\n`).join(''));
  for (const name of names) {
    assert.deepEqual(readdirSync(join(cwd, 'prisma/migrations', name)), ['down.sql', 'migration.sql']);
    const batch = readFileSync(join(cwd, 'prisma/migrations', name, 'migration.sql'), 'utf8');
    // One message of the simple protocol, as Prisma's engine sends it.
    await withClient(shop.urlOf('owner'), (client) => client.query(batch));
  }
  assert.deepEqual(await state(shop), applied);
});

test('a migration of an ORM locks all that it needs before anything else, each table once', async (t) => {
  const cwd = folder(t);
  const more = planned({
    id: 'more, guarded',
    steps: [{ sql: 'alter table more enable row level security' }],
    undo: [],
    requires: [],
  });
  const again = planned({
    id: 'users',
    steps: [{ sql: `create index "name" on ${accounts} ("name")` }],
    undo: [],
    requires: [],
  });
  await write(cwd, { prisma: 'migrations' }, [
    ...changes.filter(({ id }) => !id.endsWith('by user')),
    more,
    again,
  ]);
  await write(cwd, { drizzle: 'drizzle' }, [...changes.slice(0, 2), again]);
  const [name = ''] = readdirSync(join(cwd, 'migrations'));
  const statements = (file: string) =>
    readFileSync(join(cwd, file), 'utf8')
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('--'));
  const locked = (table: string, mode: string) => `lock table only ${table} in ${mode} mode;`;
  const batch = statements(`migrations/${name}/migration.sql`);
  assert.deepEqual(batch.slice(1, 3), [
    locked(odd, 'access exclusive'),
    locked(accounts, 'access exclusive'),
  ]);
  assert.equal(batch.filter((line) => line.startsWith('lock')).length, 2);
  const run = statements('drizzle/0000_surety_tenancy_isolated.sql');
  assert.deepEqual(run.slice(1, 3), [locked(odd, 'share'), locked(accounts, 'access exclusive')]);
  assert.equal(run.filter((line) => line.startsWith('lock')).length, 2);
});

test('a batch of Prisma is all or nothing', async (t) => {
  const cwd = folder(t);
  const shop = await stage.database();
  await shop.sql('create table more (id int)');
  const before = await state(shop);
  await write(cwd, { prisma: 'migrations' }, [...changes.slice(0, 1), ...changes.slice(3)]);
  const [name = ''] = readdirSync(join(cwd, 'migrations'));
  const batch = readFileSync(join(cwd, 'migrations', name, 'migration.sql'), 'utf8');
  await assert.rejects(withClient(shop.urlOf('owner'), (client) => client.query(batch)));
  assert.deepEqual(await state(shop), before);
});

test("as a migration of drizzle-kit, run by drizzle-orm's own migrator", async (t) => {
  const cwd = folder(t);
  const shop = await stage.database();
  await shop.sql(
    `grant create on database "${decodeURIComponent(new URL(shop.admin).pathname.slice(1))}" to owner`,
  );
  mkdirSync(join(cwd, 'drizzle/meta'), { recursive: true });
  writeFileSync(join(cwd, 'drizzle/0000_init.sql'), 'create table first (id int);');
  const earlier = { idx: 0, version: '7', when: 1893456000000, tag: '0000_init', breakpoints: true };
  writeFileSync(
    join(cwd, 'drizzle/meta/_journal.json'),
    JSON.stringify({ version: '7', dialect: 'postgresql', entries: [earlier] }),
  );
  await migrateByDrizzle(join(cwd, 'drizzle'), shop);
  const { out } = await write(cwd, { drizzle: 'drizzle' });
  assert.equal(
    out,
    'written  drizzle/0001_surety_tenancy_isolated.sql\nwritten  drizzle/0001_surety_tenancy_isolated.down.sql\nwritten  drizzle/meta/_journal.json\n',
  );
  const journal = JSON.parse(readFileSync(join(cwd, 'drizzle/meta/_journal.json'), 'utf8'));
  assert.deepEqual(journal.entries, [
    earlier,
    { idx: 1, version: '7', when: 1893456000001, tag: '0001_surety_tenancy_isolated', breakpoints: true },
  ]);
  await migrateByDrizzle(join(cwd, 'drizzle'), shop);
  assert.deepEqual(await state(shop), applied);
  assert.match(
    readFileSync(join(cwd, 'drizzle/0001_surety_tenancy_isolated.sql'), 'utf8'),
    /create index if not exists "by user"/,
  );
  const down = readFileSync(join(cwd, 'drizzle/0001_surety_tenancy_isolated.down.sql'), 'utf8');
  await runScript(shop.urlOf('owner'), down);
  assert.deepEqual(await state(shop), [{ policies: null, forced: null, index: false, more: true }]);
});

/** drizzle-orm is what guard is tested with; it stands below that package. */
async function migrateByDrizzle(migrationsFolder: string, shop: Shop): Promise<void> {
  const require = createRequire(new URL('../../../../guard/package.json', import.meta.url));
  const { drizzle } = await import(pathToFileURL(require.resolve('drizzle-orm/node-postgres')).href);
  const { migrate } = await import(pathToFileURL(require.resolve('drizzle-orm/node-postgres/migrator')).href);
  const client = new pg.Client({ connectionString: shop.urlOf('owner') });
  await client.connect();
  try {
    await migrate(drizzle(client), { migrationsFolder });
  } finally {
    await client.end();
  }
}

test('a folder that is not what it was said to be is left alone', async (t) => {
  const cwd = folder(t);
  mkdirSync(join(cwd, 'mysql/meta'), { recursive: true });
  writeFileSync(
    join(cwd, 'mysql/meta/_journal.json'),
    JSON.stringify({ version: '5', dialect: 'mysql', entries: [] }),
  );
  writeFileSync(join(cwd, 'mysql/migration_lock.toml'), 'provider = "mysql"');
  await assert.rejects(write(cwd, { drizzle: 'mysql' }), { code: 'usage/not-postgresql' });
  mkdirSync(join(cwd, 'migrations'));
  writeFileSync(join(cwd, 'migrations/migration_lock.toml'), 'provider = "mysql"');
  await assert.rejects(write(cwd, { prisma: 'migrations' }), { code: 'usage/not-postgresql' });
  mkdirSync(join(cwd, 'newer/20260101000000_init'), { recursive: true });
  writeFileSync(join(cwd, 'newer/20260101000000_init/migration.sql'), '');
  await assert.rejects(write(cwd, { drizzle: 'newer' }), {
    code: 'usage/not-drizzle',
    message: /no meta\/_journal/,
  });
  assert.deepEqual(readdirSync(cwd).sort(), ['migrations', 'mysql', 'newer']);
  assert.equal(existsSync(join(cwd, 'newer/meta')), false);
});

test('changes of files, and of two databases, are no migration', async (t) => {
  const cwd = folder(t);
  const file = planned({
    id: 'Dockerfile',
    steps: [{ file: 'Dockerfile', before: null, content: 'x' }],
    undo: [],
    requires: [],
  });
  await assert.rejects(write(cwd, { sql: 'x.sql' }, [file]), { code: 'usage/not-sql' });
  const [first] = changes;
  assert.ok(first);
  const elsewhere: Planned = { ...first, target: { ...target, name: 'other-db' } };
  await assert.rejects(write(cwd, { sql: 'x.sql' }, [first, elsewhere]), { code: 'usage/several-targets' });
  assert.deepEqual(readdirSync(cwd), []);
  assert.match((await write(cwd, { sql: 'x.sql' }, [])).err, /nothing to change, nothing was written/);
});
