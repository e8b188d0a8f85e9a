import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { type ChangeRecord, observationsDigest, openLog, privateKeyFromPem, readLog } from '@surety/evidence';
import { z } from 'zod';
import { controls } from '../../src/controls/registry.ts';
import { keep, type Shop, shopServer } from '../targets/postgres/apply/shop.ts';
import { type EstateFolder, estateFolder } from './estate-folder.ts';

const stage = await shopServer();
after(() => stage.stop());

/** Where there is no pg_dump, what comes after the copy is tested all the same. */
const skip = stage.cannotCopy;
const shadowless = skip === false ? [] : ['--without-shadow'];

const config = `export default ({ file }) => ({
  name: 'shop', environment: 'test', writer: 'laptop',
  targets: { 'shop-db': {
    kind: 'postgres', url: file('.surety/keys/api'), inspector: file('.surety/keys/inspector'),
    migrator: file('.surety/keys/migrator'), tenancy: { setting: 'app.user_id', root: 'public.users' },
  } },
});
`;

type Place = { readonly shop: Shop; readonly folder: EstateFolder };

async function place(t: TestContext, migrator = 'owner'): Promise<Place> {
  const shop = await stage.database();
  const folder = estateFolder({
    'surety.config.ts': config,
    '.surety/keys/api': shop.urlOf('api'),
    '.surety/keys/inspector': shop.urlOf('inspector'),
    '.surety/keys/migrator': migrator === 'postgres' ? shop.admin : shop.urlOf(migrator),
  });
  folder.now = new Date();
  t.after(() => folder.remove());
  return { shop, folder };
}

const id = (change: string) => `tenancy/isolated:shop-db:${change}`;
const tables = [`Odd "names".Order's`, 'accounts', 'users'].map(id);
const log = '.surety/log/laptop';

async function changesOf({ folder }: Place): Promise<readonly ChangeRecord[]> {
  const { records } = await readLog(resolve(folder.path, log));
  return records.flatMap(({ record }) => (record.type === 'change' ? [record] : []));
}

async function write(
  { folder }: Place,
  records: Parameters<Awaited<ReturnType<typeof openLog>>['append']>[0],
) {
  const [logKey, proberKey] = ['log', 'prober'].map((name) =>
    privateKeyFromPem(folder.read(`.surety/keys/${name}.pem`)),
  );
  assert.ok(logKey !== undefined && proberKey !== undefined);
  const opened = await openLog({
    folder: resolve(folder.path, log),
    origin: 'surety/shop/laptop',
    logKey,
    proberKey,
    now: () => folder.now,
  });
  await opened.append(records);
  await opened.close();
}

/** The API was seen to name its tenant, just now. */
async function provePerRequest(at: Place): Promise<void> {
  const control = controls.find(({ ref }) => ref.id === 'tenancy/context-per-request')?.ref;
  assert.ok(control);
  const now = at.folder.now.toISOString();
  const observations = [{ check: 'equal', subject: 'crossings', method: 'attack', want: 0, got: 0 }] as const;
  const owes = [{ control: control.id, binding: 'shop-api+shop-db', touch: 'nothing' }] as const;
  const target = {
    name: 'shop-db',
    kind: 'postgres',
    environment: 'test',
    identity: {},
    revision: null,
    principal: null,
  };
  await write(at, [
    { record: { type: 'intent', run: 'r', at: now, scheduled: false, owes } },
    {
      record: {
        type: 'verdict',
        run: 'r',
        control,
        binding: 'shop-api+shop-db',
        targets: { db: target },
        touch: 'nothing',
        parameters: {},
        intended: now,
        started: now,
        finished: now,
        verdict: 'pass',
        method: 'attack',
        standIn: false,
        observations: { sha256: observationsDigest(observations), count: observations.length },
        exceptions: [],
        redactions: 0,
        tools: {},
      },
      observations,
    },
  ]);
}

const guarded = ({ shop }: Place) =>
  shop.sql(`select c.oid::regclass::text as name, c.relrowsecurity as enabled, c.relforcerowsecurity as forced,
    (select count(*)::int from pg_policy p where p.polrelid = c.oid) as policies from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname not like 'pg%' and n.nspname <> 'information_schema' order by 1`);

test('nobody sets the tenant: apply says so, shows who would read nothing, and changes nothing', async (t) => {
  const at = await place(t);
  const before = await guarded(at);
  const refused = await at.folder.surety('apply', 'tenancy/isolated', '--yes', ...shadowless);
  assert.equal(refused.exit, 1);
  assert.match(
    refused.err,
    /nobody is known to set the tenant: tenancy\/context-per-request on shop-db has no fresh pass/,
  );
  assert.match(refused.err, /where nobody sets the tenant is an outage/);
  assert.match(refused.err, /would cost {2}accounts as api: read while no tenant is set: 6 rows/);
  assert.deepEqual(await guarded(at), before);
});

test('what several controls of an area plan alike is planned once', async (t) => {
  const at = await place(t);
  const { out } = await at.folder.surety('plan', 'tenancy', '--json');
  const { changes } = z
    .object({ changes: z.array(z.object({ id: z.string(), steps: z.array(z.unknown()) })) })
    .parse(JSON.parse(out));
  const steps = changes.map((change) => JSON.stringify(change.steps));
  assert.ok(steps.length > 0);
  assert.equal(new Set(steps).size, steps.length, changes.map(({ id }) => id).join('\n'));
});

test('jobs without a role of their own: the API is proven, and the outage of the jobs is still refused', async (t) => {
  const at = await place(t);
  await at.shop.sql('grant select on accounts to reporting');
  await provePerRequest(at);
  const before = await guarded(at);
  const refused = await at.folder.surety('apply', 'tenancy/isolated', '--yes', ...shadowless);
  assert.equal(refused.exit, 1);
  assert.match(
    refused.err,
    /error {2}apply\/impact\n {2}this would start to fail: accounts as reporting: read while no tenant is set: 6 rows\n/,
  );
  assert.deepEqual(await guarded(at), before);

  const job = await keep(at.shop.urlOf('owner'), 'select 1');
  const asOwner = await at.folder.surety('apply', 'tenancy/isolated', '--yes', ...shadowless);
  assert.match(
    asOwner.err,
    /this would start to fail: .*accounts as owner: read while no tenant is set: 6 rows/,
  );
  await job.end();

  await at.shop.sql('revoke select on accounts from reporting');
  const applied = await at.folder.surety('apply', 'tenancy/isolated', '--yes', ...shadowless);
  assert.equal(applied.exit, 0, applied.err);
  assert.match(applied.out, /^3 applied\n/);
  assert.doesNotMatch(applied.err + applied.out + refused.err, /canary|a0000000/);
  const [record] = (await changesOf(at)).filter(({ outcome }) => outcome === 'done');
  assert.deepEqual(record?.impact, []);
});

test('what a person takes upon themselves is written down', async (t) => {
  const at = await place(t);
  const applied = await at.folder.surety('apply', id('accounts'), '--yes', '--accept-impact', ...shadowless);
  assert.equal(applied.exit, 0, applied.err);
  const [record] = (await changesOf(at)).filter(({ outcome }) => outcome === 'done');
  assert.deepEqual(record?.impact, [
    {
      subject: 'accounts as api: read while no tenant is set',
      count: 6,
      unit: 'rows',
      unless: 'tenancy/context-per-request',
    },
    { subject: 'tenancy/context-per-request on shop-db: no fresh pass', count: 1, unit: 'proofs' },
  ]);
});

test('proposals stand apart, are left by their control, and taken one by one', async (t) => {
  const at = await place(t);
  const yes = ['--yes', '--accept-impact', ...shadowless];
  await at.folder.surety('apply', 'tenancy/isolated', ...yes);
  const planned = await at.folder.surety('plan', 'tenancy/isolated');
  assert.equal(planned.exit, 0, 'a proposal is no failure');
  assert.match(
    planned.out,
    /^nothing to change, \d+ proposed\n\nproposed; only a person can say whether it is right:\n/,
  );
  const one = id('tenant of accounts');
  assert.match(
    planned.out,
    new RegExp(`\\n${one} {2}.*\\n[\\s\\S]*? {2}decide {2}.*\\n {2}hint: surety apply '${one}'\\n`),
  );
  const { changes, proposed } = JSON.parse(
    (await at.folder.surety('plan', 'tenancy/isolated', '--json')).out,
  );
  assert.deepEqual(changes, []);
  assert.ok(proposed.every(({ decide }: { decide: string }) => decide.length > 10));

  const again = await at.folder.surety('apply', 'tenancy/isolated', ...yes);
  assert.match(again.out, /^nothing to change\n\d+ proposed, left for a person to decide\n/);
  const taken = await at.folder.surety('apply', one, ...yes, '--json');
  assert.equal(taken.exit, 0, taken.err);
  assert.deepEqual(JSON.parse(taken.out).applied, [one]);
  const right = `select has_column_privilege('api', 'accounts', 'user_id', 'update') as may`;
  assert.deepEqual(await at.shop.sql(right), [{ may: false }]);
  const undone = await at.folder.surety('undo', one, '--yes', ...shadowless);
  assert.equal(undone.exit, 0, undone.err);
  assert.deepEqual(await at.shop.sql(right), [{ may: true }]);
});

test('a table in use is left, the rest goes on, and the same command does the rest', async (t) => {
  const at = await place(t);
  const yes = ['--yes', '--accept-impact', ...shadowless];
  const report = await keep(at.shop.urlOf('api'), 'select from accounts');
  const first = await at.folder.surety('apply', 'tenancy/isolated', ...yes, '--json');
  assert.equal(first.exit, 10, first.err);
  const { applied, left } = JSON.parse(first.out);
  assert.deepEqual(applied, [tables[0], tables[2]]);
  assert.equal(left[0].id, tables[1]);
  assert.match(left[0].reason, /^accounts is in use by a transaction of api/);
  await report.end();
  const second = await at.folder.surety('apply', 'tenancy/isolated', ...yes);
  assert.equal(second.exit, 0, second.err);
  assert.match(second.out, /^1 applied\n/);
});

for (const signal of ['SIGINT', 'SIGKILL'] as const) {
  test(`stopped half way by ${signal}, the same command ends like one that was not`, async (t) => {
    const straight = await place(t);
    const yes = ['apply', 'tenancy/isolated', '--yes', '--accept-impact', '--without-shadow'];
    await straight.folder.surety(...yes);
    const at = await place(t);
    const report = await keep(at.shop.urlOf('api'), 'select from users');
    const child = spawn(process.execPath, [resolve(import.meta.dirname, '../../bin/surety.mjs'), ...yes], {
      cwd: at.folder.path,
      env: { PATH: process.env.PATH, HOME: at.folder.path },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    for await (const text of child.stderr) if (String(text).includes(`applied  ${tables[1]}`)) break;
    child.kill(signal);
    await once(child, 'exit');
    await report.end();
    at.folder.now = new Date();
    const resumed = await at.folder.surety(...yes);
    assert.equal(resumed.exit, 0, resumed.err);
    assert.match(resumed.out, /^1 applied\n/);
    assert.deepEqual(await guarded(at), await guarded(straight));
    const ends = (await changesOf(at)).map(({ change, outcome }) => `${outcome} ${change}`);
    for (const table of tables)
      assert.equal(
        ends.findLast((end) => end.endsWith(table)),
        `done ${table}`,
      );
    assert.equal((await at.folder.surety('verify', log)).exit, 0);
  });
}

test('a connection that breaks half way is said, and the same command does the rest', async (t) => {
  const at = await place(t);
  const yes = ['apply', 'tenancy/isolated', '--yes', '--accept-impact', '--without-shadow'];
  const report = await keep(at.shop.urlOf('api'), 'select from users');
  const broken = at.folder.surety(...yes);
  const cut = `select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'surety on %'
    and datname = current_database() and exists (select from pg_policy where polrelid = 'accounts'::regclass)`;
  while ((await at.shop.sql(cut)).length === 0);
  const { exit, err } = await broken;
  await report.end();
  assert.equal(exit, 10, err);
  assert.match(
    err,
    /error {2}postgres\/lost\n.*was taken back\n {2}hint: run it again: it goes on with the rest/,
  );
  const resumed = await at.folder.surety(...yes);
  assert.match(resumed.out, /^1 applied\n/, resumed.err);
});

test('a change that nobody recorded the end of is looked at, whichever way it ended', async (t) => {
  const at = await place(t);
  const yes = ['--yes', '--accept-impact', '--without-shadow'];
  await at.folder.surety('apply', id('accounts'), ...yes);
  const done = (await changesOf(at)).find(({ outcome }) => outcome === 'done');
  assert.ok(done);
  const begin = (action: ChangeRecord['action']) =>
    write(at, [{ record: { ...done, action, outcome: 'started', at: at.folder.now.toISOString() } }]);

  await begin('apply');
  const blocked = await at.folder.surety('undo', id('accounts'), '--yes');
  assert.match(blocked.err, /undo\/unfinished/);
  const held = await at.folder.surety('apply', id('accounts'), ...yes);
  assert.match(held.err, /^looked {3}.*:accounts: apply was begun .* and is done$/m);
  assert.match((await at.folder.surety('undo')).out, /:accounts\n/);

  await begin('undo');
  const kept = await at.folder.surety('apply', id('accounts'), ...yes);
  assert.match(kept.err, /undo was begun .* and was not done$/m);

  await at.folder.surety('undo', id('accounts'), ...yes.filter((word) => word !== '--accept-impact'));
  await begin('apply');
  const again = await at.folder.surety('apply', id('accounts'), ...yes);
  assert.match(again.err, /apply was begun .* and was not done$/m);
  assert.match(again.out, /^1 applied\n/);
});

test('a database that changes while a person thinks is not changed by what they agreed to', async (t) => {
  const at = await place(t);
  at.folder.answer = async () => {
    await at.shop.sql('create policy "of somebody else" on accounts using (user_id is null)');
    return 'shop-db';
  };
  const stale = await at.folder.surety('apply', 'tenancy/isolated', '--accept-impact', '--without-shadow');
  assert.equal(stale.exit, 1);
  assert.match(
    stale.err,
    /error {2}apply\/stale\n {2}shop-db has changed since this was planned: .*accounts/,
  );
  assert.deepEqual(
    (await guarded(at)).filter((table) => table.enabled),
    [],
  );
});

test('a shadow that is no database is a usage error, and its password is not shown', async (t) => {
  const at = await place(t);
  const yes = ['apply', id('accounts'), '--yes', '--accept-impact', '--shadow'];
  assert.equal((await at.folder.surety(...yes, 'nonsense')).exit, 2);
  const nobody = await at.folder.surety(...yes, 'postgresql://me:hunter2hunter2@127.0.0.1:1/none');
  assert.equal(nobody.exit, 10);
  assert.match(nobody.err, /the shadow database: cannot connect: nobody listens there/);
  assert.doesNotMatch(nobody.err + nobody.out, /hunter2/);
});

test('what would fail on the copy never reaches the database', { skip }, async (t) => {
  const at = await place(t, 'inspector');
  const before = await guarded(at);
  const failed = await at.folder.surety('apply', id('accounts'), '--yes', '--accept-impact');
  assert.equal(failed.exit, 1);
  assert.match(failed.err, /error {2}postgres\/shadow-failed\n.*inspector does not own accounts, owner does/);
  assert.match(failed.err, /hint: the database was not touched; grant owner to inspector/);
  assert.deepEqual(await guarded(at), before);
});

test('what was altered since is not undone, and what differs is said', { skip }, async (t) => {
  const at = await place(t);
  await at.folder.surety('apply', id('accounts'), '--yes', '--accept-impact');
  await at.shop.sql(`alter policy surety_tenant_floor on accounts using (user_id is not null)`);
  const refused = await at.folder.surety('undo', id('accounts'), '--yes');
  assert.equal(refused.exit, 1);
  assert.match(
    refused.err,
    /error {2}undo\/altered\n.*was altered since, and this stands in the way: policies accounts\.surety_tenant_floor\n/,
  );
  assert.equal((await at.folder.surety('undo', id('accounts'), '--yes', '--without-shadow')).exit, 0);
});
