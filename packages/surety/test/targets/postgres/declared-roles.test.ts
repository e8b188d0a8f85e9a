import assert from 'node:assert/strict';
import { test } from 'node:test';
import { declaredRoles } from '../../../src/targets/postgres/roles/declared-roles.ts';
import { rolesFacts } from '../../../src/targets/postgres/roles/roles.ts';

const table = (schema: string, name: string) => ({ kind: 'table' as const, schema, name });
const declare = (facts: unknown) => declaredRoles(rolesFacts.parse(facts));

test('the narrowest pattern counts, also where it gives less', () => {
  const declared = declare({
    reader: { tables: { '*': ['select'], 'public.*': ['select', 'insert'], 'public.secrets': [] } },
  });
  assert.deepEqual(declared.rights('reader', table('public', 'secrets')), []);
  assert.deepEqual(declared.rights('reader', table('public', 'accounts')), ['insert', 'select']);
  assert.deepEqual(declared.rights('reader', table('billing', 'invoices')), ['select']);
});

test('rights come together over memberships, columns in order, whole over columns', () => {
  const declared = declare({
    api: { memberOf: ['readers'], tables: { 'public.users': ['update (name, email)', 'select (id)'] } },
    readers: { login: false, memberOf: ['all'], tables: { 'public.users': ['update (about)'] } },
    all: { login: false, tables: { 'public.*': ['select'] } },
  });
  assert.deepEqual(declared.rights('api', table('public', 'users')), [
    'select',
    'update (about, email, name)',
  ]);
  assert.deepEqual(declared.ownRights('api', table('public', 'users')), [
    'select (id)',
    'update (email, name)',
  ]);
  assert.deepEqual(declared.memberships('api'), ['all', 'readers']);
});

test('a circle of memberships ends', () => {
  const declared = declare({ a: { memberOf: ['b'] }, b: { memberOf: ['a'] } });
  assert.deepEqual(declared.memberships('a'), ['b']);
});

test("PostgreSQL's own roles are known by what they give", () => {
  const declared = declare({ backup: { memberOf: ['pg_read_all_data'] } });
  assert.deepEqual(declared.rights('backup', table('any', 'thing')), ['select']);
  assert.deepEqual(declared.rights('backup', { kind: 'schema', schema: 'any', name: null }), ['usage']);
});

test('one who logs in may connect unless something else is said; one who does not, not', () => {
  const declared = declare({
    api: {},
    owner: { login: false },
    batch: { database: ['connect', 'temporary'] },
  });
  const database = { kind: 'database' as const, schema: null, name: null };
  assert.deepEqual(declared.rights('api', database), ['connect']);
  assert.deepEqual(declared.rights('owner', database), []);
  assert.deepEqual(declared.rights('batch', database), ['connect', 'temporary']);
});

test('facts that cannot be meant are refused by name', () => {
  const wrong = rolesFacts.safeParse({
    api: { tables: { accounts: ['select'], 'public.accounts': ['read', 'delete (id)'] }, url: 'mysql://x' },
  });
  const keys = wrong.error?.issues.map(({ path }) => path.join('.')) ?? [];
  assert.deepEqual(keys.sort(), [
    'api.tables.accounts',
    'api.tables.public.accounts.0',
    'api.tables.public.accounts.1',
    'api.url',
  ]);
});
