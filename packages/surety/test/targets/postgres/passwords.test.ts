import assert from 'node:assert/strict';
import { test } from 'node:test';
import kind from '../../../src/targets/postgres/target.ts';
import { closedPort } from '../../../src/testing/loopback.ts';

test('every password of every connection string is secret, wherever in it it stands', async () => {
  const place = `127.0.0.1:${await closedPort()}/none`;
  const learnt: string[] = [];
  const facts = kind.facts.parse({
    url: `postgresql://${place}?user=api&password=canary%26one`,
    inspector: `postgresql://inspector:canary%40two@${place}?password=canary+three`,
    migrator: `postgresql://${place}?password=canary-four&password=canary-five`,
    roles: { reporting: { url: `postgresql://reporting@${place}?sslmode=disable&password=canary-six` } },
  });
  const signal = new AbortController().signal;
  const secret = (value: string) => void learnt.push(value);
  await assert.rejects(kind.open(facts, { touch: 'nothing', signal, secret, root: '.' }), {
    code: 'postgres/unreachable',
  });
  const passwords = ['canary&one', 'canary@two', 'canary three', 'canary-four', 'canary-five', 'canary-six'];
  assert.deepEqual(learnt, passwords);
});
