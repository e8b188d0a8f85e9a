import assert from 'node:assert/strict';
import { after, type TestContext, test } from 'node:test';
import { type Shop, shopServer } from '../../targets/postgres/apply/shop.ts';
import { type EstateFolder, estateFolder } from '../estate-folder.ts';

const stage = await shopServer();
after(() => stage.stop());

const config = (more: string) => `export default ({ file }) => ({
  name: 'shop', environment: 'test', writer: 'laptop',
  targets: { 'shop-db': {
    kind: 'postgres', url: file('.surety/keys/api'), inspector: file('.surety/keys/inspector'),
    migrator: file('.surety/keys/migrator'), tenancy: { setting: 'app.user_id', root: 'public.users' },
  }, ${more} },
});
`;

async function place(t: TestContext, more = ''): Promise<{ shop: Shop; folder: EstateFolder }> {
  const shop = await stage.database();
  const folder = estateFolder({
    'surety.config.ts': config(more),
    '.surety/keys/api': shop.urlOf('api'),
    '.surety/keys/inspector': shop.urlOf('inspector'),
    '.surety/keys/migrator': shop.urlOf('owner'),
  });
  folder.now = new Date();
  t.after(() => folder.remove());
  return { shop, folder };
}

const id = (change: string) => `tenancy/isolated:shop-db:${change}`;

test('a proof that the estate has no target for is not hinted at as if it could be had', async (t) => {
  const { folder } = await place(t);
  const without = await folder.surety('apply', id('accounts'), '--yes', '--without-shadow');
  assert.equal(without.exit, 1);
  assert.match(without.err, /the estate has no http target, and tenancy\/context-per-request needs one\n/);
  assert.match(without.err, /\n {2}hint: add the http target to surety\.config\.ts and .*--accept-impact\n/);

  const api = "'shop-api': { kind: 'http', url: 'http://127.0.0.1:1' }";
  const { folder: whole } = await place(t, api);
  const unproven = await whole.surety('apply', id('accounts'), '--yes', '--without-shadow');
  assert.equal(unproven.exit, 1);
  assert.match(unproven.err, /\n {2}hint: surety prove tenancy\/context-per-request; where you know better/);
  assert.doesNotMatch(unproven.err, /has no http target/);
});

test('a change that is not planned is refused, and one that was applied already is nothing to do', async (t) => {
  const { folder } = await place(t);
  const yes = ['--yes', '--accept-impact', '--without-shadow'];
  for (const asked of [[id('nonsense')], [id('accounts'), id('nonsense')]]) {
    const refused = await folder.surety('apply', ...asked, ...yes);
    assert.equal(refused.exit, 2, refused.out);
    assert.match(
      refused.err,
      /error {2}usage\/no-such-change\n {2}no such change is planned now: tenancy\/isolated:shop-db:nonsense; nothing was changed\n {2}hint: surety plan tenancy\/isolated /,
    );
  }
  const undone = await folder.surety('undo', id('nonsense'), '--yes');
  assert.notEqual(undone.exit, 0);
  assert.match(undone.err, /nonsense is not applied\n {2}hint: surety undo lists what is/);

  const applied = await folder.surety('apply', id('accounts'), ...yes);
  assert.equal(applied.out, '1 applied\n  hint: surety prove tenancy/isolated\n', applied.err);
  const again = await folder.surety('apply', id('accounts'), ...yes);
  assert.equal(again.exit, 0, again.err);
  assert.match(again.out, /^nothing to change\n/);
});
