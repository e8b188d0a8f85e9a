import assert from 'node:assert/strict';
import { it } from 'node:test';
import { backupFacts } from '../../src/backup/facts.ts';
import { sampleRecipients } from './sample-sets.ts';

it('says that text around what env() gives is no connection string', () => {
  const read = backupFacts.safeParse({ url: '[object Object]/shop', restore: { url: 'host=here' } });
  const messages = read.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];
  assert.match(messages.join('\n'), /^url: not a connection string: .*all of it by one env\(\)$/m);
  assert.match(messages.join('\n'), /^restore\.url: not a connection string/m);
});

const messagesOf = (facts: object): string =>
  (backupFacts.safeParse(facts).error?.issues ?? [])
    .map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join('\n');

it('notices a recipient or an identity that was not copied whole', () => {
  const [first, second] = sampleRecipients;
  const wrong = messagesOf({
    recipients: [first, `${second.slice(0, -1)}q`],
    identity: 'AGE-SECRET-KEY-1QQQQQQQQQQQ',
  });
  assert.match(wrong, /^recipients\.1: not an age recipient: a character of it is wrong$/m);
  assert.match(wrong, /^identity: not a whole age identity: cut off, or a character of it is wrong$/m);
  assert.doesNotMatch(wrong, /^recipients\.0|QQQQ/m);
});

it('refuses two stores in one place', () => {
  const one = { bucket: 'backups', endpoint: 'https://s3.example', accessKeyId: 'k', secretAccessKey: 's' };
  assert.match(
    messagesOf({ stores: { a: { folder: './x' }, b: { folder: 'x/' } } }),
    /^stores: two of them/m,
  );
  assert.match(messagesOf({ stores: { a: one, b: one } }), /^stores: two of them are one place/m);
  assert.doesNotMatch(messagesOf({ stores: { a: one, b: { ...one, prefix: 'b/' } } }), /^stores/m);
});
