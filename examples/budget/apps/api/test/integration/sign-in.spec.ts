import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { base64url, decodeJwt, decodeProtectedHeader, SignJWT } from 'jose';
import { type Api, call, type Estate, signIn, startEstate } from '../running-estate.ts';

const secret = 'q8Zk2vT0nM5xWc7RbY3uHd9LfPs1GaEj4iKo6XtN';
const key = new TextEncoder().encode(secret);

let estate: Estate;
let api: Api;
let email: string;

before(async () => {
  estate = await startEstate();
  api = await estate.startApi({ JWT_SECRET: secret });
  email = estate.users[0]?.email ?? '';
});

after(() => estate.stop());

async function statusWith(token: string): Promise<number> {
  return (await call(estate, api, '/spaces', { token })).status;
}

describe('sign-in', () => {
  it('gives a short-lived access token to the right password', async () => {
    const token = await signIn(estate, api, email);
    const { alg, typ } = decodeProtectedHeader(token);
    const { sub, iss, aud, iat = 0, exp = 0, jti } = decodeJwt(token);
    assert.deepEqual({ alg, typ }, { alg: 'HS256', typ: 'at+jwt' });
    assert.deepEqual(
      { sub, iss, aud },
      { sub: estate.users[0]?.userId, iss: 'https://budget.example', aud: 'budget-api' },
    );
    assert.ok(exp - iat <= 900 && jti !== undefined);
    assert.equal(await statusWith(token), 200);
  });

  it('takes the email in any case', async () => {
    assert.equal(typeof (await signIn(estate, api, email.toUpperCase())), 'string');
  });

  it('answers a wrong password and an unknown email alike', async () => {
    const answers = await Promise.all(
      [
        { email, password: 'wrong' },
        { email: 'nobody@budget.example', password: estate.password },
      ].map((body) => call(estate, api, '/auth/sign-in', { method: 'POST', body })),
    );
    for (const { status, body } of answers) {
      assert.equal(status, 401);
      assert.ok(typeof body === 'object' && body !== null && 'code' in body);
      assert.equal(body.code, 'unauthenticated');
    }
  });

  it('reads neither SQL nor patterns out of an email', async () => {
    for (const odd of ["x' OR '1'='1'@budget.example", '%@budget.example', 'user_@budget.example']) {
      const { status } = await call(estate, api, '/auth/sign-in', {
        method: 'POST',
        body: { email: odd, password: estate.password },
      });
      assert.ok(status === 400 || status === 401, `${odd}: ${status}`);
    }
  });
});

describe('access tokens', () => {
  const now = Math.floor(Date.now() / 1000);
  const good = {
    sub: '',
    iss: 'https://budget.example',
    aud: 'budget-api',
    iat: now,
    exp: now + 600,
    jti: 'a',
  };

  async function forged(
    claims: Record<string, unknown>,
    header: Record<string, unknown> = {},
    by = key,
  ): Promise<string> {
    return new SignJWT({ ...good, sub: estate.users[0]?.userId ?? '', ...claims })
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header })
      .sign(by);
  }

  it('the recipe itself is accepted', async () => {
    assert.equal(await statusWith(await forged({})), 200);
  });

  const refused: readonly [string, () => Promise<string>][] = [
    ['another key', () => forged({}, {}, new TextEncoder().encode(`${secret}x`))],
    ['another issuer', () => forged({ iss: 'https://evil.example' })],
    ['another audience', () => forged({ aud: 'other' })],
    ['another type', () => forged({}, { typ: 'JWT' })],
    ['another algorithm', () => forged({}, { alg: 'HS512' })],
    ['expired', () => forged({ iat: now - 700, exp: now - 100 })],
    ['a long life', () => forged({ exp: now + 86_400 })],
    ['from the future', () => forged({ iat: now + 3_600, exp: now + 4_000 })],
    ['no expiry', () => forged({ exp: undefined })],
    ['no id', () => forged({ jti: undefined })],
    ['a user that is no id', () => forged({ sub: "' OR true --" })],
    ['spaces in it', async () => (await forged({})).replace('.', '. ')],
    ['padding', async () => `${await forged({})}=`],
    [
      'no algorithm',
      async () => {
        const [, payload = ''] = (await forged({})).split('.');
        return `${base64url.encode('{"alg":"none","typ":"at+jwt"}')}.${payload}.`;
      },
    ],
  ];
  for (const [what, token] of refused) {
    it(`refused: ${what}`, async () => assert.equal(await statusWith(await token()), 401));
  }
});
