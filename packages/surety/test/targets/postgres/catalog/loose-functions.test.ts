import assert from 'node:assert/strict';
import { test } from 'node:test';
import { looseAnswers } from '../../../../src/targets/postgres/catalog/loose-functions.ts';

const asked = (body: string, language = 'sql', parameters = 's uuid') =>
  looseAnswers({
    name: 'may_see',
    language,
    body,
    source: `CREATE FUNCTION public.may_see(${parameters}) RETURNS boolean LANGUAGE ${language} AS $$${body}$$`,
    signature: `public.may_see(${parameters})`,
  });

const tied = {
  'a membership of what it was given':
    'select exists (select 1 from m where m.user_id = tenant() and m.space_id = s);',
  'by place': 'select exists (select from m where m.space_id = $1 and m.user_id = tenant())',
  'two ways to what it was given': `select exists (select from m where m.space_id = s and m.user_id = tenant())
     or s in (select id from spaces where owner = tenant())`,
  'an OR below a condition on what it was given':
    "select exists (select from m where m.space_id = s and (m.user_id = tenant() or m.role = 'all'))",
  'handed on': 'select is_member(s, tenant())',
  'a word in a text': "select exists (select from m where m.space_id = s and m.note = 'a or b')",
  never: 'select false or s = tenant()',
  'the role that connects': "select s = tenant() or current_user = 'job'",
  'a join': 'select exists (select from m join n on n.space_id = s where m.user_id = tenant())',
};
for (const [what, body] of Object.entries(tied))
  test(`a function that asks about what it is given is sound: ${what}`, () => {
    assert.deepEqual(asked(body), []);
  });

const loose = {
  'a kind of tenant': `select exists (select from m where m.space_id = s and m.user_id = tenant())
     OR exists (select from users u where u.id = tenant() and u.is_admin)`,
  'inside of the condition':
    "select exists (select from m where m.user_id = tenant() and (m.space_id = s or m.role = 'all'))",
  'a union': `select true from m where m.space_id = s union all select is_admin from users where id = tenant()`,
  'by a comment it looks otherwise': `select s = tenant() -- s
     or is_admin() /* s */`,
};
for (const [what, body] of Object.entries(loose))
  test(`a part of a function that says nothing of what it is given is named: ${what}`, () => {
    assert.match(String(asked(body)), /a part of may_see decides by who asks/);
  });

test('branches of plpgsql are read, as far as they say what they return', () => {
  const branch = (condition: string) =>
    `begin if ${condition} then return true; end if; return exists (select from m where m.space_id = s); end`;
  assert.deepEqual(asked(branch('s = tenant()'), 'plpgsql'), []);
  assert.equal(
    asked(branch('exists (select from users where id = tenant() and is_admin)'), 'plpgsql').length,
    1,
  );
  assert.deepEqual(
    asked('declare found boolean; begin select true into found; return found; end', 'plpgsql'),
    [],
  );
});

test('what is given nothing, or gives no answer, is not judged by it', () => {
  assert.deepEqual(asked('select is_admin from users where id = tenant()', 'sql', ''), []);
});
