import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { scratchPostgres } from '../../../../src/testing/scratch-postgres.ts';
import { attack } from './attacked.ts';

const scratch = scratchPostgres();
after(() => scratch.close());

async function attackOn(broken: string) {
  const scene = await scratch.scene(broken);
  try {
    return await attack(scene);
  } finally {
    await scene.stop();
  }
}

/** Notes can be read by whoever has no flag, and by nobody else. */
const flagged = (has: string) => `
  alter table users add column flag boolean not null default false;
  create policy odd on notes as restrictive for select
    using (case when (${has}) then 1 / (length(body) - length(body)) = 0 else true end)`;

test('a table that cannot be read after a promotion is not said to have shown nothing', async () => {
  const { verdict, blind, held } = await attackOn(
    `${flagged('select u.flag from users u where u.id = tenant()')}; grant update (flag) on users to api`,
  );
  assert.equal(verdict, 'unknown');
  assert.deepEqual(
    [...blind],
    [['notes: read by a tenant who wrote users.flag', 'the server answered with 22012']],
  );
  assert.ok(held.has('users.flag: a tenant writes its own, and reads every table'));
});

test('a table that cannot be read beside temporary ones is not said to have shown nothing', async () => {
  const { verdict, blind } = await attackOn(
    `create function flagged() returns boolean language sql stable as 'select false';
     ${flagged('flagged()')};
     create or replace function flagged() returns boolean language plpgsql stable
       as 'begin return (select u.flag from users u where u.id = tenant()); end'`,
  );
  assert.equal(verdict, 'unknown');
  assert.deepEqual([...blind], [['notes: read beside temporary tables', 'the server answered with 22012']]);
});
