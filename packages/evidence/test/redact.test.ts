import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createFingerprint, createRedactor, type Observation } from '../src/index.ts';

const secretText = fc
  .string({ unit: 'binary', minLength: 6, maxLength: 40 })
  .filter(
    (value) =>
      value.trim().length >= 6 && value.isWellFormed() && !'[redacted][redacted]'.includes(value.trim()),
  );

test('a registered secret is found in each of the forms that it travels in', () => {
  fc.assert(
    fc.property(secretText, fc.string(), fc.string(), (secret, before, after) => {
      const redactor = createRedactor();
      assert.equal(redactor.secret(secret), 'anywhere');
      const bytes = Buffer.from(secret);
      // The characters that do not depend on what comes after the secret.
      const certain = Math.floor((bytes.length * 8) / 6);
      const forms = [
        secret,
        encodeURIComponent(secret),
        JSON.stringify(secret).slice(1, -1),
        bytes.toString('hex'),
        bytes.toString('base64').slice(0, certain),
        bytes.toString('base64url').slice(0, certain),
      ];
      for (const form of forms) {
        const { text, count } = redactor.redact(`${before}${form}${after}`);
        assert.ok(count >= 1, form);
        assert.ok(!text.replaceAll('[redacted]', '\u0000').includes(form), text);
      }
    }),
  );
});

test('a secret is found inside the base64 of something longer, at any offset', () => {
  const redactor = createRedactor();
  redactor.secret('hunter2hunter2');
  for (const user of ['a', 'bo', 'eve', 'dave']) {
    const header = Buffer.from(`${user}:hunter2hunter2:rest`).toString('base64');
    assert.equal(redactor.redact(`sent ${header} to it`).count, 1);
  }
});

test('secrets that overlap are blacked out as one', () => {
  const redactor = createRedactor();
  redactor.secret('abcdefgh');
  redactor.secret('fghijklm');
  redactor.secret('abcdef');
  assert.deepEqual(redactor.redact('x abcdefghijklm y'), { text: 'x [redacted] y', count: 1 });
  assert.deepEqual(redactor.redact('abcdefabcdef'), { text: '[redacted]', count: 1 });
});

test('short secrets: a whole word from four characters on, refused below', () => {
  const redactor = createRedactor();
  assert.equal(redactor.secret('abc'), 'too-short');
  assert.equal(redactor.secret(''), 'too-short');
  assert.equal(redactor.secret('toor'), 'whole-word');
  assert.equal(redactor.redact('toor doortoor abc').text, '[redacted] doortoor abc');
});

test('secrets that nobody registered are known by their shape', () => {
  const { redact } = createRedactor();
  const pem = '-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA==\n-----END PRIVATE KEY-----';
  const cases: readonly (readonly [string, string])[] = [
    [`key: ${pem} end`, 'key: [redacted] end'],
    ['cut short -----BEGIN RSA PRIVATE KEY-----\nMII', 'cut short [redacted]'],
    ['postgres://app:pa@ss@db:5432/x', 'postgres://app:[redacted]@db:5432/x'],
    ['redis://:hunter2@cache', 'redis://:[redacted]@cache'],
    ['Authorization: Basic YTpi\r\nHost: x', 'Authorization: [redacted]\r\nHost: x'],
    ['{"authorization":"Bearer abc","n":1}', '{"authorization":"[redacted]","n":1}'],
    ['sent bearer abcdef0123456789 twice', 'sent bearer [redacted] twice'],
    ['Set-Cookie: sid=abc123; HttpOnly; Secure', 'Set-Cookie: sid=[redacted]; HttpOnly; Secure'],
    ['Cookie: a=1; sid=abc123\nHost: x', 'Cookie: [redacted]\nHost: x'],
    ['id AKIAIOSFODNN7EXAMPLE', 'id [redacted]'],
    [
      'aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
      'aws_secret_access_key = [redacted]',
    ],
    ['t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_1', 't [redacted]'],
  ];
  for (const [before, after] of cases) {
    assert.equal(redact(before).text, after);
    assert.deepEqual(redact(after), { text: after, count: 0 });
  }
  for (const harmless of ['bearer authentication', 'https://example.com:8443/a@b', 'cookie: HttpOnly'])
    assert.equal(redact(harmless).count, 0);
});

test('JSON is redacted by value, by key, in numbers, and by the name that a value stands under', () => {
  const redactor = createRedactor();
  redactor.secret('84726153');
  redactor.secret('s3cr3t-value');
  const { value, count } = redactor.redactJson({
    's3cr3t-value': 1,
    pin: 84726153,
    list: ['a s3cr3t-value'],
    'set-cookie': ['sid=abc; Secure'],
    n: 42,
  });
  assert.deepEqual(value, {
    '[redacted]': 1,
    pin: '[redacted]',
    list: ['a [redacted]'],
    'set-cookie': ['sid=[redacted]; Secure'],
    n: 42,
  });
  assert.equal(count, 4);
});

test('observations keep what they are judged by', () => {
  const redactor = createRedactor();
  redactor.secret('refused-by-canary');
  redactor.secret('equal');
  const seen: Observation = {
    check: 'refused',
    subject: 'refused-by-canary reads',
    method: 'attack',
    attempt: { act: 'read', actor: 'equal', result: 'refused', detail: '42501', method: 'attack' },
    because: ['42501'],
  };
  const { observations, count } = redactor.redactObservations([seen]);
  assert.deepEqual(observations, [
    { ...seen, subject: '[redacted] reads', attempt: { ...seen.attempt, actor: '[redacted]' } },
  ]);
  assert.equal(count, 2);
});

test('hostile text does not slow the shapes down', () => {
  const { redact } = createRedactor();
  for (const piece of [
    'a.',
    'bearer ',
    'cookie: a=',
    '-----BEGIN PRIVATE KEY-----',
    'a://b:',
    'eyJaaaaaaaa.',
  ])
    redact(piece.repeat(20_000));
});

test('a fingerprint names equal values equally and says nothing without its key', () => {
  const [one, two] = [createFingerprint(Buffer.alloc(16, 1)), createFingerprint(Buffer.alloc(16, 2))];
  assert.match(one('x'), /^fp:[0-9a-f]{12}$/);
  assert.equal(one('x'), one('x'));
  assert.notEqual(one('x'), two('x'));
  assert.notEqual(one('x'), one('y'));
  assert.throws(() => createFingerprint(Buffer.alloc(8)));
});

test('what is left of a character that a shape cut in two is still text', () => {
  const { text, count } = createRedactor().redact(`authorization: a${'😀'.repeat(3_000)}`);
  assert.equal(count, 1);
  assert.ok(text.isWellFormed());
});
