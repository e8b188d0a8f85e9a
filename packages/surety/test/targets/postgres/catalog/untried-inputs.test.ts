import assert from 'node:assert/strict';
import { test } from 'node:test';
import { untriedInputs } from '../../../../src/targets/postgres/catalog/untried-inputs.ts';

const tenant = `NULLIF(current_setting('app.tenant'::text, true), ''::text)::uuid`;

const inputsOf = (condition: string, source: string = '') =>
  untriedInputs({ condition, sources: [source], setting: 'app.tenant', columns: ['tenant_id', 'body'] });

test('what changes from one try to the next is said', () => {
  for (const [condition, why] of [
    ['(EXTRACT(hour FROM now()) < (6)::numeric)', /time/],
    ["((CURRENT_TIME > '22:00:00+00'::time with time zone) OR (tenant_id = tenant()))", /time/],
    ["(now() > '2031-01-01 00:00:00+00'::timestamp with time zone)", /time/],
    ['(random() < (0.01)::double precision)', /dice/],
    ["(inet_client_addr() <<= '10.0.0.0/8'::inet)", /where the session comes from/],
    ["(current_setting('app.support'::text, true) = 'on'::text)", /app\.support/],
    ["(current_setting('application_name'::text) = 'admin'::text)", /any session can set/],
    ["(tenant_id = 'a0000000-0000-4000-8000-000000000001'::uuid)", /key/],
  ] as const) {
    assert.match(inputsOf(condition).join(), why, condition);
  }
  assert.match(inputsOf('(body = helper())', 'select random() < 0.5').join(), /dice/);
});

test('a condition is as sure as the surest that must hold with it', () => {
  assert.deepEqual(inputsOf(`((tenant_id = ${tenant}) AND (EXTRACT(hour FROM now()) > (6)::numeric))`), []);
  assert.deepEqual(
    inputsOf(
      `((tenant_id IN ( SELECT m.t FROM m WHERE (m.u = ${tenant}))) AND (random() < (0.5)::double precision))`,
    ),
    [],
  );
  assert.notDeepEqual(
    inputsOf(`((${tenant} IS NOT NULL) AND (EXTRACT(hour FROM now()) > (6)::numeric))`),
    [],
  );
  assert.notDeepEqual(
    inputsOf(
      `((tenant_id = ${tenant}) OR ((body = ' AND '::text) AND (random() < (0.5)::double precision)))`,
    ),
    [],
  );
});

test('rows, the tenant and what rows say of the time are tried as they stand', () => {
  assert.deepEqual(inputsOf(`(tenant_id = ${tenant})`), []);
  assert.deepEqual(inputsOf(`((expires_at > now()) OR (tenant_id = ${tenant}))`), []);
  assert.deepEqual(
    inputsOf('(tenant_id = mine())', 'select t from m where u = me() and now() < m.until'),
    [],
  );
  assert.deepEqual(inputsOf("(tenant_id <> '00000000-0000-0000-0000-000000000000'::uuid)"), []);
  assert.deepEqual(untriedInputs({ condition: null, sources: ['random()'], setting: null, columns: [] }), []);
});
