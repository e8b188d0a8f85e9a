import assert from 'node:assert/strict';
import { it } from 'node:test';
import { takeBack } from '../../../src/backup/restore/take-back.ts';

it('names everything that is left where the server is gone', async () => {
  const gone = { url: 'postgresql://nobody@127.0.0.1:1/none' };
  const roles = ['owner', 'api'];
  await assert.rejects(takeBack({ database: null, roles }, gone), {
    code: 'restore/left',
    message: /: role owner, role api$/,
  });
  await assert.rejects(takeBack({ database: 'shop_restoring', roles }, gone), {
    message: /: database shop_restoring, role owner, role api$/,
  });
  await takeBack({ database: null, roles: [] }, gone);
});
