import assert from 'node:assert/strict';
import { it } from 'node:test';
import { backupFacts } from '../../src/backup/facts.ts';

it('says that text around what env() gives is no connection string', () => {
  const read = backupFacts.safeParse({ url: '[object Object]/shop', restore: { url: 'host=here' } });
  const messages = read.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
  assert.match(messages.join('\n'), /^url: not a connection string: .*all of it by one env\(\)$/m);
  assert.match(messages.join('\n'), /^restore\.url: not a connection string/m);
});
