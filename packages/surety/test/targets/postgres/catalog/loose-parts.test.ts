import assert from 'node:assert/strict';
import { test } from 'node:test';
import { looseParts } from '../../../../src/targets/postgres/catalog/loose-parts.ts';

const me = `( SELECT NULLIF(current_setting('app.tenant'::text, true), ''::text)::uuid)`;

const looseOf = (text: string) =>
  looseParts({
    text,
    table: 'notes',
    columns: ['tenant_id', 'body', 'is_public', 'Space Id'],
    setting: 'app.tenant',
    calls: ['tenant', 'is_member', 'is_admin'],
  }).join();

test('a part that ties no row to its tenant is said', () => {
  for (const [condition, why] of [
    [`((tenant_id = ${me}) OR is_public)`, /decides by is_public,/],
    [`(((tenant_id = ${me}) AND (body = 'a'::text)) OR (body = 'b OR c'::text))`, /decides by body,/],
    [`((tenant_id = ${me}) OR is_admin())`, /decides by who asks/],
    [`((${me} IS NOT NULL) AND is_public)`, /decides by is_public,/],
    [`(EXISTS ( SELECT FROM users u WHERE ((u.id = ${me}) AND u.is_admin)))`, /decides by who asks/],
    [
      `(EXISTS ( SELECT FROM m WHERE ((m.t = ${me}) AND ((m.s = notes."Space Id") OR (m.role = 'x'::text)))))`,
      /decides by who asks/,
    ],
    [`(body ~~ (${me} || '%'::text))`, /something else than equality/],
    [`starts_with(body, (tenant())::text)`, /something else than equality/],
    [`CASE WHEN (body = 'a'::text) THEN true ELSE (tenant_id = ${me}) END`, /a case of it/],
  ] as const) {
    assert.match(looseOf(condition), why, condition);
  }
});

test('what ties each row is left alone', () => {
  for (const condition of [
    'true',
    `(tenant_id = ${me})`,
    '(tenant_id = tenant())',
    'is_member(tenant_id)',
    `((tenant_id IS NULL) OR (tenant_id = ${me}))`,
    `((tenant_id = ${me}) AND (is_public OR (body = 'a'::text)))`,
    `((tenant_id = ${me}) OR (CURRENT_USER = 'owner'::name))`,
    `("Space Id" IN ( SELECT m.s FROM m WHERE (m.t = ${me})))`,
    `("Space Id" = ANY (ARRAY( SELECT m.s FROM m WHERE (m.t = ${me}))))`,
    '(EXISTS ( SELECT FROM accounts a WHERE (a.id = notes.tenant_id)))',
    `(EXISTS ( SELECT FROM (a JOIN b ON ((b.id = notes.body))) WHERE (a.t = ${me})))`,
  ]) {
    assert.equal(looseOf(condition), '', condition);
  }
});
