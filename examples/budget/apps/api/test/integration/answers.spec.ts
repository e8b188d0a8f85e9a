import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { connect } from 'node:tls';
import { type Api, type Call, call, type Estate, signIn, startEstate } from '../running-estate.ts';

// Every answer has every security header, also those that no route writes, and errors say a code and nothing else.

const wanted: Readonly<Record<string, RegExp>> = {
  'strict-transport-security': /^max-age=63072000; includeSubDomains$/,
  'content-security-policy':
    /^default-src 'none'; frame-ancestors 'none'; base-uri 'none'; object-src 'none'/,
  'x-content-type-options': /^nosniff$/,
  'referrer-policy': /^no-referrer$/,
  'cross-origin-opener-policy': /^same-origin$/,
  'cross-origin-resource-policy': /^same-origin$/,
  'permissions-policy': /camera=\(\)/,
  'cache-control': /^no-store$/,
};

let estate: Estate;
let api: Api;
let token: string;

before(async () => {
  estate = await startEstate();
  api = await estate.startApi();
  token = await signIn(estate, api, estate.users[0]?.email ?? '');
});

after(() => estate.stop());

type Headers = Readonly<Record<string, string>>;

function hasAllHeaders(headers: Headers): void {
  for (const [name, value] of Object.entries(wanted)) assert.match(headers[name] ?? '', value, name);
  assert.equal(headers.server, undefined);
  assert.equal(headers['x-powered-by'], undefined);
  assert.equal(headers['access-control-allow-origin'], undefined);
}

function saysLittle(body: unknown, code: string): void {
  assert.ok(typeof body === 'object' && body !== null);
  assert.deepEqual(Object.keys(body).sort(), ['code', 'requestId']);
  assert.equal('code' in body && body.code, code);
}

describe('through the router', () => {
  const json = { 'content-type': 'application/json' };
  const cases: readonly [
    what: string,
    path: string,
    wish: Call & { signedIn?: boolean },
    status: number,
    code?: string,
  ][] = [
    ['a list', '/transactions', { signedIn: true }, 200],
    ['alive', '/health/live', {}, 200],
    ['ready', '/health/ready', {}, 200],
    ['no token', '/accounts', {}, 401, 'unauthenticated'],
    ['a token of nobody', '/accounts', { token: 'a.b.c' }, 401, 'unauthenticated'],
    ['unknown path', '/nothing', {}, 404, 'not_found'],
    ['wrong method', '/transactions', { method: 'PUT' }, 405, 'method_not_allowed'],
    ['wrong method with a parameter', '/accounts/1', { method: 'DELETE' }, 405, 'method_not_allowed'],
    ['TRACE', '/accounts', { method: 'TRACE' }, 405, 'method_not_allowed'],
    ['preflight', '/accounts', { method: 'OPTIONS', headers: { origin: 'https://evil.example' } }, 204],
    ['unknown query', '/accounts?admin=1', { signedIn: true }, 400, 'bad_request'],
    ['repeated query', '/accounts?limit=1&limit=2', { signedIn: true }, 400, 'bad_request'],
    ['page too large', '/accounts?limit=101', { signedIn: true }, 400, 'bad_request'],
    ['not an id', '/accounts/1', { signedIn: true }, 400, 'bad_request'],
    ['bad URL', '/%', {}, 400, 'bad_request'],
    ['bad JSON', '/transactions', { method: 'POST', headers: json, body: '{' }, 400, 'bad_request'],
    [
      'prototype keys',
      '/auth/sign-in',
      { method: 'POST', headers: json, body: '{"__proto__":{}}' },
      400,
      'bad_request',
    ],
    [
      'unknown keys',
      '/auth/sign-in',
      { method: 'POST', body: { email: 'a@b.example', password: 'x', admin: true } },
      400,
      'bad_request',
    ],
    ['no body', '/transactions', { method: 'POST', signedIn: true }, 400, 'bad_request'],
    [
      'another content type',
      '/transactions',
      { method: 'POST', headers: { 'content-type': 'text/plain' }, body: 'x' },
      415,
      'unsupported_media_type',
    ],
    ['no content type', '/transactions', { method: 'POST', body: 'x' }, 415, 'unsupported_media_type'],
    [
      'a large body',
      '/auth/sign-in',
      { method: 'POST', body: { email: 'x'.repeat(65_536) } },
      413,
      'too_large',
    ],
    ['an odd expectation', '/accounts', { headers: { expect: 'the-unexpected' } }, 417, 'expectation_failed'],
    ['large headers', '/accounts', { headers: { 'x-large': 'x'.repeat(20_000) } }, 431, 'headers_too_large'],
  ];
  for (const [what, path, { signedIn, ...wish }, status, code] of cases) {
    it(`${what}: ${status}`, async () => {
      const answer = await call(estate, api, path, { ...wish, ...(signedIn === true ? { token } : {}) });
      assert.equal(answer.status, status);
      hasAllHeaders(answer.headers);
      if (code !== undefined) saysLittle(answer.body, code);
      if (status === 405) assert.match(answer.headers.allow ?? '', /GET/);
    });
  }
});

describe('past the router', () => {
  const cases: readonly [what: string, raw: string, status: number][] = [
    ['not HTTP', 'hello\r\n\r\n', 400],
    ['no Host', 'GET /health/live HTTP/1.1\r\n\r\n', 400],
    [
      'two lengths',
      'POST /transactions HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx',
      400,
    ],
    [
      'length and chunks',
      'POST /transactions HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\nx',
      400,
    ],
    ['unknown method', 'JUMP / HTTP/1.1\r\nhost: a\r\n\r\n', 400],
    ['endless headers', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'x'.repeat(40_000)}`, 431],
  ];
  for (const [what, raw, status] of cases) {
    it(`${what}: ${status}`, async () => {
      const { status: got, headers, body } = await sendRaw(raw);
      assert.equal(got, status);
      hasAllHeaders(headers);
      assert.deepEqual(Object.keys(JSON.parse(body)).sort(), ['code', 'requestId']);
    });
  }
});

async function sendRaw(raw: string): Promise<{ status: number; headers: Headers; body: string }> {
  const ca = readFileSync(estate.certificates.caFile);
  const socket = connect({ host: api.url.hostname, port: Number(api.url.port), ca });
  await once(socket, 'secureConnect');
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    // An answer on a connection that stays open: the rest is asked for by closing.
    if (text.includes('\r\n\r\n')) socket.end();
  });
  socket.write(raw);
  await once(socket, 'close');
  const [head = '', body = ''] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line) => {
    const [name = '', ...value] = line.split(': ');
    return [name.toLowerCase(), value.join(': ')];
  });
  return { status: Number(statusLine.split(' ')[1]), headers: Object.fromEntries(headers), body };
}

describe('the server', () => {
  it('speaks TLS 1.3 and nothing older', async () => {
    const ca = readFileSync(estate.certificates.caFile);
    const old = connect({ host: api.url.hostname, port: Number(api.url.port), ca, maxVersion: 'TLSv1.2' });
    await assert.rejects(once(old, 'secureConnect'));
    const current = connect({ host: api.url.hostname, port: Number(api.url.port), ca });
    await once(current, 'secureConnect');
    assert.equal(current.getProtocol(), 'TLSv1.3');
    current.destroy();
  });

  const shared = process.env.TEST_DATABASE_ADMIN_URL !== undefined && 'needs a server of its own to stop';
  it('is ready only while the database answers, lives on without it, and recovers', {
    skip: shared,
  }, async () => {
    const own = await startEstate();
    try {
      const running = await own.startApi();
      const hers = await signIn(own, running, own.users[0]?.email ?? '');
      await own.stopDatabase();
      assert.equal((await call(own, running, '/health/ready')).status, 503);
      assert.equal((await call(own, running, '/health/live')).status, 200);
      const answer = await call(own, running, '/accounts', { token: hers });
      assert.equal(answer.status, 503);
      saysLittle(answer.body, 'unavailable');
      hasAllHeaders(answer.headers);
      await own.startDatabase();
      assert.equal((await call(own, running, '/accounts', { token: hers })).status, 200);
      assert.equal((await call(own, running, '/health/ready')).status, 200);
    } finally {
      await own.stop();
    }
  });

  it('finishes what is under way when it is told to stop', async () => {
    const own = await estate.startApi();
    const hers = await signIn(estate, own, estate.users[0]?.email ?? '');
    const answers = Array.from({ length: 5 }, () => call(estate, own, '/transactions', { token: hers }));
    await answers[0];
    assert.equal(await own.stop(), 0);
  });
});

describe('the health check of the container', () => {
  async function healthCheck(port: string): Promise<unknown> {
    const program = join(import.meta.dirname, '../../dist/health-check.js');
    const env = { PORT: port, TLS_CERT_FILE: estate.certificates.certFile };
    const [exitCode] = await once(spawn(process.execPath, [program], { env, stdio: 'ignore' }), 'exit');
    return exitCode;
  }

  it('passes while the API is alive, and can fail', async () => {
    const own = await estate.startApi();
    assert.equal(await healthCheck(own.url.port), 0);
    await own.stop();
    assert.equal(await healthCheck(own.url.port), 1);
  });
});

describe('it does not start', () => {
  const cases: readonly [what: string, settings: () => Record<string, string | undefined>, RegExp][] = [
    ['without a secret', () => ({ JWT_SECRET: undefined }), /^JWT_SECRET is missing/],
    [
      'with a short secret',
      () => ({ JWT_SECRET: 'abcdefghij0123456789' }),
      /^JWT_SECRET must have at least 32 bytes/,
    ],
    [
      'with a default secret',
      () => ({ JWT_SECRET: 'change-me-change-me-change-me-change-me' }),
      /^JWT_SECRET is a weak/,
    ],
    ['with one letter repeated', () => ({ JWT_SECRET: 'a'.repeat(64) }), /^JWT_SECRET is a weak/],
    [
      'without a certificate',
      () => ({ TLS_CERT_FILE: '/nowhere/server.crt' }),
      /^TLS_CERT_FILE the file cannot be read \(ENOENT\)/,
    ],
    [
      'with a database elsewhere and no verified TLS',
      () => ({ DATABASE_URL: 'postgresql://a:b@db.example/x', DATABASE_CA_FILE: undefined }),
      /^DATABASE_CA_FILE is missing/,
    ],
    [
      'with TLS settings of its own in the URL',
      () => ({ DATABASE_URL: `${estate.apiUrl}?sslmode=no-verify` }),
      /^DATABASE_URL must not have ssl parameters/,
    ],
    [
      'as a superuser',
      () => ({ DATABASE_URL: estate.adminUrl }),
      /connects as postgres, which row-level security cannot hold/,
    ],
    [
      'with a wrong password',
      () => ({ DATABASE_URL: estate.apiUrl.replace(/:[0-9a-f]+@/, ':wrong@') }),
      /^the database refuses or does not answer/,
    ],
  ];
  for (const [what, settings, message] of cases) {
    it(what, async () => {
      await assert.rejects(estate.startApi(settings()), (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(error.message, /\n {4}at /, 'no stack trace');
        return true;
      });
    });
  }
});
