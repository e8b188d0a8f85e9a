import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { BlindError } from '../../../src/core/error.ts';
import postgres from '../../../src/targets/postgres/target.ts';
import { auditedSchema } from '../../../src/testing/audited-schema.ts';
import { scratchPostgres } from '../../../src/testing/scratch-postgres.ts';

const scratch = scratchPostgres({ looksAt: 'audit', schema: auditedSchema });
after(() => scratch.close());

/** Nothing about these names tells what they are. */
const renamed = `alter table audit_log rename to book; alter table book rename actor_id to a;
  alter table book rename row_id to b; alter table book rename table_name to c;
  alter table book rename space_id to d; alter table book rename at to e;
  insert into book (a, action, c, b, d)
    select m.user_id, 'read', 'accounts', x.id::text, x.space_id
    from accounts x join user_spaces m on m.space_id <> x.space_id limit 1`;

const declared = {
  table: 'public.book',
  actor: 'a',
  actors: 'public.users',
  row: 'b',
  about: 'c',
  scope: 'd',
  at: 'e',
};

async function sampled(audit: object | undefined) {
  const scene = await scratch.scene(renamed);
  const { kind: _, ...given } = scene.targets.db ?? { kind: '' };
  const facts = postgres.facts.parse({ ...given, tenancy: { setting: 'app.current_user_id', audit } });
  const db = await postgres.open(facts, {
    touch: 'nothing',
    signal: new AbortController().signal,
    secret: () => undefined,
    root: '/',
  });
  try {
    return await db.auditSample(500);
  } finally {
    await db.close();
    await scene.stop();
  }
}

test('an audit log of any names is read as the estate says', async () => {
  await assert.rejects(
    sampled(undefined),
    (error) => error instanceof BlindError && error.code === 'postgres/no-audit-log',
  );
  await assert.rejects(
    sampled({ ...declared, scope: undefined, row: 'z' }),
    /public\.book|book has no column z/,
  );
  const { items, table, recount } = await sampled({ ...declared, scope: undefined });
  assert.equal(table, 'book');
  assert.equal(items.length, recount.count);
  assert.equal(items.filter(({ row }) => row === 'foreign').length, 1);
});

test('what an entry is filed under wants a foreign key or a telling name', async () => {
  await assert.rejects(sampled(declared), /nothing says of which table book\.d is a key/);
});
