import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { MarkerSearch } from '../../../../src/targets/postgres/paths/sighting.ts';
import kind from '../../../../src/targets/postgres/target.ts';
import type { PostgresTarget } from '../../../../src/targets/postgres/types.ts';
import { scratchPostgres } from '../../../../src/testing/scratch-postgres.ts';
import { tenantCanaries } from '../../../../src/testing/tenant-schema.ts';

const scratch = scratchPostgres();
after(() => scratch.close());

async function withTarget<T>(
  broken: string,
  look: (db: PostgresTarget) => Promise<T>,
  facts: Record<string, unknown> = {},
): Promise<T> {
  const scene = await scratch.scene(broken);
  const before = await scene.fingerprint();
  const { kind: _, ...known } = { kind: '', ...scene.targets.db };
  const given = Object.entries({ ...known, ...facts }).filter(([, value]) => value !== undefined);
  const context = {
    touch: 'rollback',
    signal: new AbortController().signal,
    secret: () => undefined,
    root: '.',
  } as const;
  try {
    const db = await kind.open(kind.facts.parse(Object.fromEntries(given)), context);
    try {
      return await look(db);
    } finally {
      await db.close();
      assert.equal(await scene.fingerprint(), before, 'the database is as it was');
    }
  } finally {
    await scene.stop();
  }
}

const leaks = ({ relations, doors }: MarkerSearch): readonly string[] =>
  [...doors.seen, ...relations.seen]
    .filter(({ thief }) => thief.result === 'done')
    .map(({ subject }) => subject);

test('a healthy database shows marks to their owner alone, and no value leaves', async () => {
  const search = await withTarget('select 1', (db) => db.searchMarkers());
  assert.deepEqual(leaks(search), []);
  assert.deepEqual([...search.relations.doubts, ...search.doors.doubts], []);
  assert.equal(search.places.items.length, search.places.recount.count);
  assert.ok(
    search.relations.seen.some(
      ({ subject, owner }) => subject.startsWith('accounts:') && owner.result === 'done',
    ),
  );
  for (const canary of tenantCanaries) assert.ok(!JSON.stringify(search).includes(canary), canary);
});

test('without an inspector, an audit table still shows the marks that a trigger carries into it', async () => {
  const tenants = ['a0000000-0000-4000-8000-000000000001', 'b0000000-0000-4000-8000-000000000002'];
  const search = await withTarget(
    `create table audit (what text); grant select on audit to api;
     create function log() returns trigger language plpgsql security definer
       as $$ begin insert into public.audit values (new.body); return new; end $$;
     create trigger log after insert on notes for each row execute function log()`,
    (db) => db.searchMarkers(),
    { inspector: undefined, tenancy: { setting: 'app.current_user_id', tenants } },
  );
  assert.deepEqual(leaks(search), ['audit: other tenant finds marks of the owner']);
});

test('what cannot be called or searched is named, and the rest goes on', async () => {
  const search = await withTarget(
    `create view broken as select (1 / (select 0))::text as one, name from accounts; alter view broken owner to owner;
     grant select on broken to api;
     create procedure tidy() language sql security definer as 'delete from public.notes where false';
     create function any_of(variadic ids uuid[]) returns setof public.accounts language sql security definer
       as 'select * from public.accounts';
     create function far() returns int language plpgsql security definer
       as $$ begin perform dblink_exec('select 1'); return 1; end $$;
     create function made_up(t text) returns int language plpgsql volatile security definer
       as $$ begin execute 'delete from ' || t; return 1; end $$;
     create table jobs (subject uuid); insert into jobs select id from users; grant select on jobs to api`,
    (db) => db.searchMarkers(),
  );
  assert.deepEqual(leaks(search), ['jobs: other tenant finds marks of the owner']);
  const doubted = search.doors.doubts.map(
    ({ subject, missing }) => `${subject}: ${missing.split(', and ')[0]}`,
  );
  assert.deepEqual(doubted, [
    'function any_of(VARIADIC ids uuid[]): nobody tried what it shows or changes: it takes any number of arguments',
    'function far(): nobody tried what it shows or changes: it reaches outside of the database',
    'function made_up(t text): nobody tried what it shows or changes: it runs SQL that it puts together',
    'function tidy(): nobody tried what it shows or changes: a procedure may end the transaction',
  ]);
  const view = search.relations.seen.find(({ subject }) => subject.startsWith('broken:'));
  assert.equal(view?.thief.result, 'broken');
});

test('a session that is a member of nothing becomes nothing', async () => {
  const { tried, became } = await withTarget('select 1', (db) => db.becomeRoles());
  assert.ok(tried > 3, `${tried} roles`);
  assert.deepEqual(became, [
    { role: 'none', unguarded: 0 },
    { role: 'api', unguarded: 0 },
  ]);
});
