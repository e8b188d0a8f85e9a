import assert from 'node:assert/strict';
import { it } from 'node:test';
import { takeBack } from '../../../src/backup/restore/take-back.ts';
import { startServer } from '../../../src/targets/postgres/server.ts';
import { withClient } from '../../../src/testing/pg-client.ts';

it('names everything that is left where the server is gone', async () => {
  const gone = { url: 'postgresql://nobody@127.0.0.1:1/none' };
  const roles = ['owner', 'api'];
  const why = new Error('a key is violated');
  await assert.rejects(takeBack({ database: null, roles }, gone, why), {
    code: 'restore/left',
    message: /^a key is violated; .*: role owner, role api$/,
  });
  await assert.rejects(takeBack({ database: 'shop_restoring', roles }, gone, why), {
    message: /: database shop_restoring, role owner, role api$/,
  });
  await takeBack({ database: null, roles: [] }, gone, why);
});

it('removes roles that may change settings of the server', async () => {
  const server = await startServer();
  try {
    await withClient(server.url, (client) =>
      client.query('create role tuner; grant set on parameter log_statement to tuner; create role other'),
    );
    await takeBack({ database: null, roles: ['tuner', 'other'] }, server, new Error('it failed'));
    const left = await withClient(server.url, (client) =>
      client.query(`select from pg_roles where rolname in ('tuner', 'other')`),
    );
    assert.equal(left.rowCount, 0);
  } finally {
    await server.stop();
  }
});
