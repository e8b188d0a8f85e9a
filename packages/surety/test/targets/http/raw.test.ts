import { deepEqual, equal, ok } from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { parseAnswer } from '../../../src/targets/http/raw.ts';

const read = (text: string, ended = false) => parseAnswer(Buffer.from(text, 'latin1'), ended);

describe('a raw answer', () => {
  test('is incomplete until its body is whole', () => {
    const text = 'HTTP/1.1 400 Bad Request\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 4\r\n\r\nbody';
    for (let length = 0; length < text.length; length += 1)
      equal(read(text.slice(0, length)), 'incomplete', `after ${length} bytes`);
    const answer = read(text);
    ok(answer !== 'incomplete');
    deepEqual([answer.status, answer.truncated, answer.body.toString()], [400, false, 'body']);
    deepEqual(answer.headers.slice(0, 2), [
      ['X-A', '1'],
      ['x-a', '2'],
    ]);
  });

  test('interim answers are passed over', () => {
    const answer = read('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n');
    ok(answer !== 'incomplete');
    equal(answer.status, 204);
  });

  test('one that was cut off says so, and one without a length ends with the connection', () => {
    const cut = read('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf', true);
    ok(cut !== 'incomplete');
    equal(cut.protocolError, 'cut off in the body');
    const whole = read('HTTP/1.0 200 OK\r\n\r\nall of it', true);
    ok(whole !== 'incomplete');
    deepEqual([whole.truncated, whole.body.toString()], [false, 'all of it']);
  });

  test('no bytes make the reader throw', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.boolean(), (noise, ended) => {
        const answer = read(`HTTP/1.1 400 No\r\n${noise}`, ended);
        ok(answer === 'incomplete' || answer.status >= 101);
      }),
      { numRuns: 2000 },
    );
  });
});
