import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { SuretyError } from '../../src/core/error.ts';
import { type Estate, type Kinds, makeEstate, remoteHosts } from '../../src/core/estate.ts';
import { type ReadValue, values } from '../../src/core/values.ts';
import { quietHandle, target } from './estate-of.ts';

const kinds: Kinds = new Map([
  [
    'repo',
    {
      kind: 'repo',
      summary: 'a folder',
      facts: z.strictObject({ path: z.string(), token: z.string().optional() }),
      hosts: () => [],
      open: async () => quietHandle,
    },
  ],
]);

const certificate = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
const certificateAndKey = `${certificate}-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIA\n-----END PRIVATE KEY-----`;

const read: ReadValue = {
  env: (name) =>
    ({
      REPO_PATH: '/srv/repo',
      TOKEN: 'hunter22',
      URL: 'https://ann:s3cr%2Ft@example.com/x',
      SHORT: 'q7x',
      QUERY: 'postgres://app@db.example.com/budget?password=hunter23',
      USER_ONLY: 'https://tok-9f8e7d@example.com/x',
      MALFORMED: 'postgres://app:pa%zzword@db.example.com/budget',
      BOTH: certificateAndKey,
    })[name],
  file: async () => {
    throw new Error('does not exist');
  },
  command: async () => 'from a command\n',
};

async function load(declared: unknown, learn: (secret: string) => void = () => undefined): Promise<Estate> {
  return makeEstate({ file: 'surety.config.ts', root: '/srv', declared }, kinds, read, learn);
}

async function complaint(declared: unknown): Promise<string> {
  const error = await load(declared).then(
    () => assert.fail('it loaded'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof SuretyError);
  return error.message;
}

const sound = { name: 'budget', environment: 'production', targets: { code: { kind: 'repo', path: '.' } } };

test('values are read, and what is secret in them is learnt', async () => {
  const learnt: string[] = [];
  const estate = await load(
    {
      ...sound,
      targets: { code: { kind: 'repo', path: values.env('URL'), token: values.env('TOKEN') } },
    },
    (secret) => learnt.push(secret),
  );
  assert.deepEqual(estate.targets[0]?.facts, {
    path: 'https://ann:s3cr%2Ft@example.com/x',
    token: 'hunter22',
  });
  assert.deepEqual(learnt.sort(), ['hunter22', 's3cr%2Ft', 's3cr/t']);
});

test('a command gives its output without the last line break', async () => {
  const estate = await load({
    ...sound,
    targets: { code: { kind: 'repo', path: values.command('pass', 'x') } },
  });
  assert.deepEqual(estate.targets[0]?.facts, { path: 'from a command' });
});

test('every problem is named at once, each with its key and its fix', async () => {
  const text = await complaint({
    ...sound,
    targets: {
      code: { kind: 'repo', path: values.env('NOT_SET') },
      other: { kind: 'repo', path: values.file('key.pem') },
    },
  });
  assert.equal(
    text,
    [
      'surety.config.ts has 2 problems',
      '  targets.code.path: environment variable NOT_SET is not set',
      '    export NOT_SET=…',
      '  targets.other.path: file key.pem: does not exist',
      '    create key.pem, or name another file',
    ].join('\n'),
  );
});

test('an unknown kind names the kinds there are', async () => {
  const text = await complaint({ ...sound, targets: { code: { kind: 'repos', path: '.' } } });
  assert.match(text, /targets\.code\.kind: there is no kind "repos"\n {4}one of: repo/);
});

test('an unknown key of a target is named, so that a typing error is not silence', async () => {
  const text = await complaint({ ...sound, targets: { code: { kind: 'repo', path: '.', brnach: 'main' } } });
  assert.match(text, /targets\.code: unknown key brnach/);
});

for (const [what, secret] of Object.entries({
  'a URL with a password': 'postgres://app:hunter22@db/app',
  'a URL with a password in its query': 'postgres://app@db/app?sslmode=require&password=hunter22',
  'a connection string with a password': 'host=db user=app password=hunter22',
  'a URL with a token': 'https://api.example.com/v1?access_token=0123456789abcdef',
  'a private key': '-----BEGIN PRIVATE KEY-----\nMC4CAQ',
  'a provider token': 'ghp_0123456789abcdef0123',
})) {
  test(`${what} in the file is refused, and not repeated`, async () => {
    const text = await complaint({ ...sound, targets: { code: { kind: 'repo', path: secret } } });
    assert.match(text, /targets\.code\.path: .* stands in the file/);
    assert.ok(!text.includes(secret));
  });
}

test('a literal under a secret name is refused, a pointer to one is not', async () => {
  assert.match(
    await complaint({ ...sound, targets: { code: { kind: 'repo', path: '.', token: 'hunter22' } } }),
    /targets\.code\.token: a secret stands in the file/,
  );
  await load({ ...sound, targets: { code: { kind: 'repo', path: '.', token: '/accessToken' } } });
});

test('a half-written estate says what is missing', async () => {
  assert.match(await complaint({ name: 'budget' }), /environment: .*\n[\s\S]*targets: /);
  assert.match(await complaint(undefined), /the estate: /);
});

test('only loopback is this machine', () => {
  const hosts = [
    'localhost',
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    '/run/postgresql',
    '10.0.0.1',
    '127.0.0.1.example.com',
    '0.0.0.0',
  ];
  assert.deepEqual(remoteHosts(target('t', { hosts })), ['10.0.0.1', '127.0.0.1.example.com', '0.0.0.0']);
});

test('a secret too short to be blacked out is refused, and not repeated', async () => {
  const told = await complaint({
    ...sound,
    targets: { code: { kind: 'repo', path: '.', token: values.env('SHORT') } },
  });
  assert.match(told, /targets\.code\.token: environment variable SHORT: .*fewer than 4/);
  assert.doesNotMatch(told, /q7x/);
});

test('what signs in from within a URL, or stands behind a certificate, is learnt', async () => {
  for (const [name, secret] of [
    ['QUERY', 'hunter23'],
    ['USER_ONLY', 'tok-9f8e7d'],
    ['MALFORMED', 'pa%zzword'],
    ['BOTH', certificateAndKey],
  ] as const) {
    const learnt: string[] = [];
    await load({ ...sound, targets: { code: { kind: 'repo', path: values.env(name) } } }, (one) =>
      learnt.push(one),
    );
    assert.ok(learnt.includes(secret), name);
  }
});
