import assert from 'node:assert/strict';
import { test } from 'node:test';
import everyTableCovered from '../../../../src/controls/tenancy/every-table-covered.ts';
import failsClosed from '../../../../src/controls/tenancy/fails-closed.ts';
import isolated from '../../../../src/controls/tenancy/isolated.ts';
import { type ScratchPostgresOptions, scratchPostgres } from '../../../../src/testing/scratch-postgres.ts';
import { type Hardening, hardening } from './hardened.ts';
import { budget, namedTenants, numberedTenants, unguarded } from './schemas.ts';

const controls = { isolated, failsClosed, everyTableCovered };

/** Planned and applied → every attack is refused; planned again → nothing; undone → as it was. */
async function mends(db: Hardening): Promise<void> {
  const before = await db.fingerprint();
  assert.notEqual(await db.verdict(isolated), 'pass');
  const changes = await db.plan();
  await db.apply(changes);
  for (const [name, control] of Object.entries(controls))
    assert.equal(`${name}: ${await db.verdict(control)}`, `${name}: pass`);
  assert.deepEqual(
    (await db.plan()).map(({ title }) => title),
    [],
  );
  await db.undo(changes);
  assert.equal(await db.fingerprint(), before);
}

type Given = ScratchPostgresOptions & { readonly broken?: string };

const schemas: Readonly<Record<string, Given>> = {
  'the built-in schema': { broken: unguarded },
  'tenants that are numbers, in two schemas, with odd names and partitions': {
    schema: numberedTenants,
    setting: 'app.tenant_id',
    canaries: [],
  },
  'tenants that are texts, composite keys': { schema: namedTenants, setting: 'app.org_slug', canaries: [] },
  'the example as its migrations leave it': { schema: budget, canaries: [] },
};

for (const [name, { broken, ...options }] of Object.entries(schemas)) {
  test(`from nothing to isolated, and back: ${name}`, async (t) => {
    const scratch = scratchPostgres(options);
    t.after(() => scratch.close());
    const scene = await (broken === undefined ? scratch.scene() : scratch.scene(broken));
    await mends(hardening(scene));
  });
}
