import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { BlindError } from '../../../src/core/error.ts';
import { connect } from '../../../src/targets/postgres/connection.ts';
import { startServer } from '../../../src/targets/postgres/server.ts';
import { blind, SqlError } from '../../../src/targets/postgres/sql-error.ts';

const server = await startServer({ hba: ['local all all trust', 'host all all 127.0.0.1/32 trust'] });
after(() => server.stop());

const { signal } = new AbortController();

test('an inspector that is not there yet comes with the statement that makes it', async () => {
  const url = `postgresql://Nobody%20yet@127.0.0.1:${server.port}/postgres`;
  await assert.rejects(connect({ url, who: 'the inspector', signal }), (error: unknown) => {
    assert.ok(error instanceof BlindError);
    assert.equal(error.code, 'postgres/28000');
    assert.equal(
      error.hint,
      `create role "Nobody yet" login bypassrls password '…'; grant pg_read_all_data to "Nobody yet"`,
    );
    return true;
  });
  await assert.rejects(connect({ url, who: 'the application’s role', signal }), (error: unknown) => {
    assert.ok(error instanceof BlindError && !error.hint.includes('bypassrls'));
    return true;
  });
});

test('where the server has no room for locks, it is said which setting to raise', () => {
  assert.match(
    blind(new SqlError('53200', [], null, false), 'the inspector').hint,
    /max_locks_per_transaction/,
  );
});
