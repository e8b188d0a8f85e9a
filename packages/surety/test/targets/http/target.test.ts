import { deepEqual, equal, match, rejects } from 'node:assert/strict';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { BlindError } from '../../../src/core/error.ts';
import type { OpenContext, Touch } from '../../../src/core/target.ts';
import { headerValues, jsonBody } from '../../../src/targets/http/answer.ts';
import http from '../../../src/targets/http/target.ts';
import { type ThrowawayCa, throwawayCa } from '../../../src/testing/certificates.ts';

const rows: Readonly<Record<string, readonly { id: number }[]>> = {
  'token-ann': [{ id: 1 }, { id: 2 }],
  'token-bob': [{ id: 7 }],
};

describe('the http target', () => {
  let ca: ThrowawayCa;
  let server: Server;
  let url: string;
  const secrets: string[] = [];
  const received: string[] = [];

  before(async () => {
    ca = await throwawayCa();
    server = createServer(await ca.issue(), (request, response) => {
      received.push(`${request.method} ${request.url}`);
      const chunks: Buffer[] = [];
      request.on('data', (chunk) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks).toString();
        if (request.url === '/sign-in') {
          const { user, password }: Record<string, string> = JSON.parse(body);
          response.statusCode = password === 'right' ? 200 : 401;
          response.setHeader('set-cookie', [`sid=token-${user}; Secure`, 'theme=dark']);
          response.end(JSON.stringify({ data: { token: `token-${user}` } }));
        } else if (request.url === '/rows') {
          const owned = rows[request.headers.authorization?.replace('Bearer ', '') ?? ''];
          response.statusCode = owned ? 200 : 401;
          response.end(JSON.stringify({ items: owned }));
        } else if (request.url === '/twice') {
          response.writeHead(200, ['X-Twice', 'a', 'x-twice', 'b', 'x-version', '4.2']);
          response.end();
        } else if (request.url === '/big') response.end(Buffer.alloc(3 * 1024 * 1024));
        else if (request.url === '/hang') request.socket.setTimeout(60_000);
        else if (request.url === '/cut') {
          response.write('half');
          setTimeout(() => request.socket.destroy(), 20);
        } else {
          response.statusCode = Number(request.url?.slice(1)) || 404;
          response.end();
        }
      });
    });
    url = await listen(server);
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });

  const open = (facts: object = {}, touch: Touch = 'nothing') =>
    http.open(http.facts.parse({ url, ca: ca.cert, timeout: 2000, ...facts }), context(touch, secrets));

  test('keeps duplicate headers and the order they came in', async (t) => {
    const api = await open();
    t.after(() => api.close());
    const answer = await api.request({ path: '/twice' });
    deepEqual(headerValues(answer, 'X-TWICE'), ['a', 'b']);
  });

  test('signs an actor in once, keeps the token secret and lists its own rows', async (t) => {
    const signIn = (user: string) => ({
      path: '/sign-in',
      body: { user, password: 'right' },
      token: '/data/token',
    });
    const api = await open({
      actors: { ann: { tenant: 't1', signIn: signIn('ann') }, bob: { tenant: 't2', signIn: signIn('bob') } },
      collections: [{ path: '/rows', rows: '/items' }],
    });
    t.after(() => api.close());
    const before = received.length;
    const [collection] = api.collections;
    if (collection === undefined) throw new Error('no collection');
    const [ann, bob] = [await api.as('ann'), await api.as('bob')];
    deepEqual(await Promise.all([ann.list(collection), bob.list(collection)]), [['1', '2'], ['7']]);
    await (await api.as('ann')).list(collection);
    deepEqual(
      received.slice(before).filter((line) => line.startsWith('POST')),
      ['POST /sign-in', 'POST /sign-in'],
    );
    deepEqual(
      secrets.filter((value) => value.startsWith('token-')),
      ['token-ann', 'token-bob'],
    );
    equal(ann.tenant, 't1');
    equal(await api.principal(), 'ann, bob');
  });

  test('a session by cookies, where no token is pointed at', async (t) => {
    const signIn = { path: '/sign-in', body: { user: 'ann', password: 'right' } };
    const api = await open({ actors: { ann: { tenant: 't1', signIn } } });
    t.after(() => api.close());
    const { signedIn } = await api.as('ann');
    equal(signedIn && headerValues(signedIn, 'set-cookie').length, 2);
    equal(JSON.stringify(signedIn).includes('"body"'), false);
  });

  test('says what to do when sign-in is refused, and when the actor is not declared', async (t) => {
    const signIn = { path: '/sign-in', body: { user: 'ann', password: 'wrong' }, token: '/token' };
    const api = await open({ actors: { ann: { tenant: 't1', signIn } } });
    t.after(() => api.close());
    await rejects(api.as('ann'), blind('http/sign-in', /ann could not sign in: \/sign-in answered 401/));
    await rejects(api.as('eve'), blind('http/no-actor', /no actor "eve"/));
  });

  test('refuses to write where nothing may be touched, and sends nothing', async (t) => {
    const api = await open();
    t.after(() => api.close());
    const before = received.length;
    for (const method of ['POST', 'DELETE', 'PROPFIND', 'get'])
      await rejects(api.request({ method, path: '/201' }), blind('http/touch', /may touch nothing/));
    for (const bytes of [
      'POST /201 HTTP/1.1\r\nHost: x\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: x\r\n\r\nPOST /201 HTTP/1.1\r\nHost: x\r\n\r\n',
      '\r\nDELETE /201 HTTP/1.1\r\nHost: x\r\n\r\n',
    ])
      await rejects(api.raw(bytes), blind('http/touch', /may touch nothing/));
    equal(received.length, before);
    const free = await open({}, 'writes');
    t.after(() => free.close());
    equal((await free.request({ method: 'POST', path: '/201', body: { a: 1 } })).status, 201);
  });

  test('where what is rolled back may be tried, the one request that violates goes out, and no other', async (t) => {
    const facts = { probes: { violating: { path: '/409' } } };
    const careful = await open(facts);
    const api = await open(facts, 'rollback');
    t.after(() => Promise.all([careful.close(), api.close()]));
    equal((await api.request({ method: 'POST', path: '/409' })).status, 409);
    for (const ask of [
      { method: 'POST', path: '/201' },
      { method: 'PUT', path: '/409' },
    ])
      await rejects(api.request(ask), blind('http/touch', /may touch rollback/));
    await rejects(
      careful.request({ method: 'POST', path: '/409' }),
      blind('http/touch', /may touch nothing/),
    );
  });

  test('a slow client gets the same answer, and one that is gone halfway ends nothing', async (t) => {
    const api = await open({
      actors: { ann: { tenant: 't1', token: 'token-ann' } },
      collections: [{ path: '/rows', rows: '/items' }],
    });
    t.after(() => api.close());
    const ann = await api.as('ann');
    for (const part of ['head', 'body'] as const) await ann.breakOff({ path: '/rows' }, part, 5);
    deepEqual(jsonBody(await ann.slowly({ path: '/rows' }, 5)), { items: rows['token-ann'] });
  });

  test('an answer by something in front of the service is no answer, unless it was asked for', async (t) => {
    const api = await open();
    t.after(() => api.close());
    for (const status of [429, 502, 503, 504]) {
      await rejects(
        api.request({ path: `/${status}` }),
        blind(`http/${status}`, new RegExp(`answered ${status}`)),
      );
      equal((await api.request({ path: `/${status}`, accept: [status] })).status, status);
    }
    equal((await api.attempt('reads', { path: '/403' })).result, 'refused');
    equal((await api.attempt('reads', { path: '/500' })).result, 'broken');
    equal((await api.attempt('reads', { path: '/503' })).result, 'broken');
    equal((await api.attempt('reads', { path: '/200' })).result, 'done');
  });

  test('bounds the body and notes an answer that was cut off', async (t) => {
    const api = await open();
    t.after(() => api.close());
    const big = await api.request({ path: '/big' });
    deepEqual([big.body.length, big.truncated], [1024 * 1024, true]);
    const cut = await api.request({ path: '/cut' });
    deepEqual([cut.truncated, cut.protocolError], [true, 'cut off in the body']);
    equal(jsonBody(cut), undefined);
  });

  test('hangs up in the middle of a request', async (t) => {
    const actors = { ann: { tenant: 't1', token: 'token-ann' } };
    const api = await open({ actors });
    t.after(() => api.close());
    const ann = await api.as('ann');
    deepEqual(await ann.hangUp({ path: '/hang' }, 100), { answered: false });
    deepEqual(await ann.hangUp({ path: '/200' }, 1500), { answered: true });
  });

  test('no answer in time is blindness', async (t) => {
    const api = await open({ timeout: 200 });
    t.after(() => api.close());
    await rejects(api.request({ path: '/hang' }), blind('net/timeout', /no answer in time/));
  });

  test('provokes rejections without any handler seeing them', async (t) => {
    const api = await open({ probes: { write: { path: '/sign-in' } } });
    t.after(() => api.close());
    const before = received.length;
    equal((await api.rejected('bad request line'))?.status, 400);
    equal((await api.rejected('missing host'))?.status, 400);
    equal((await api.rejected('headers too large'))?.status, 431);
    equal((await api.rejected('unmet expectation'))?.status, 417);
    equal(received.length, before);
    const bare = await open();
    t.after(() => bare.close());
    equal(await bare.rejected('body too large'), null);
  });

  test('says who it is, and which version runs', async (t) => {
    const api = await open({ version: { path: '/twice', header: 'X-Version' } });
    t.after(() => api.close());
    equal(await api.revision(), '4.2');
    match(
      JSON.stringify(await api.identity()),
      /^\{"scheme":"https","host":"localhost","port":\d+,"certificate":"[0-9a-f]{64}"\}$/,
    );
  });

  test('each broken way in is named, with a hint', async () => {
    const other = await throwawayCa('another CA');
    await rejects(open({ ca: other.cert }), blind('tls/untrusted', /not signed by a CA that we trust/));
    await rejects(open({ url: 'https://127.0.0.1:1' }), blind('net/refused', /connection refused/));
    await rejects(
      open({ url: 'https://no-such-host.invalid' }),
      blind('net/no-such-host', /does not resolve/),
    );
    for (const [certificate, code] of [
      [{ until: -0.5 }, 'tls/expired'],
      [{ names: [{ type: 'dns', value: 'other.test' }] }, 'tls/wrong-name'],
    ] as const) {
      const broken = createServer(await ca.issue(certificate));
      const address = await listen(broken);
      await rejects(open({ url: address }), blind(code, /its certificate/));
      broken.close();
    }
  });
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (!isAddress(address)) throw new Error('no port');
  return `https://localhost:${address.port}`;
}

function isAddress(address: AddressInfo | string | null): address is AddressInfo {
  return typeof address === 'object' && address !== null;
}

function context(touch: Touch, secrets: string[]): OpenContext {
  return {
    touch,
    signal: new AbortController().signal,
    secret: (value) => secrets.push(value),
    root: import.meta.dirname,
  };
}

function blind(code: string, message: RegExp) {
  return (error: unknown) => {
    if (!(error instanceof BlindError)) throw error;
    equal(error.code, code);
    match(error.message, message);
    match(error.hint, /\w/);
    return true;
  };
}
