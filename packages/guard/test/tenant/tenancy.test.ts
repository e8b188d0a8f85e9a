import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate as later } from 'node:timers/promises';
import fc from 'fast-check';
import { createTenancy, TenantError } from '../../src/tenant/index.ts';
import { statementKind } from '../../src/tenant/statement.ts';

const ann = '00000000-0000-4000-8000-00000000000a';
const bob = '00000000-0000-4000-8000-00000000000b';
const setting = 'app.current_user_id';

const refused = (code: string) => (error: unknown) => error instanceof TenantError && error.code === code;

describe('who the tenant is', () => {
  const tenancy = createTenancy({ setting });

  test('is known inside, to everything that is awaited there, and to nobody outside', async () => {
    assert.equal(tenancy.peek(), null);
    assert.throws(() => tenancy.current(), refused('tenant/none'));
    const seen = await Promise.all(
      [ann, bob].map((tenant) =>
        tenancy.runAs(tenant, async () => {
          await later();
          return tenancy.current();
        }),
      ),
    );
    assert.deepEqual(seen, [ann, bob]);
    assert.equal(tenancy.peek(), null);
  });

  test('may be another one further in, and is the first again afterwards', async () => {
    await tenancy.runAs(ann, async () => {
      await tenancy.runAs(bob, async () => assert.equal(tenancy.current(), bob));
      assert.equal(tenancy.current(), ann);
    });
  });

  test('is the inner one for a query that starts only when it is awaited', async () => {
    const lazy = (): PromiseLike<string> => ({
      // biome-ignore lint/suspicious/noThenProperty: this is what Prisma and Drizzle return.
      then: (resolve, reject) => Promise.resolve(tenancy.current()).then(resolve, reject),
    });
    assert.equal(await tenancy.runAs(ann, lazy), ann);
    assert.equal(await tenancy.runAs(ann, () => tenancy.runAs(bob, lazy)), bob);
  });

  test('cannot be changed from inside', () => {
    tenancy.runAs(ann, () => {
      const scope = tenancy.scope();
      assert.ok(scope !== null);
      assert.throws(() => Object.assign(scope, { tenant: bob }), TypeError);
      assert.equal(tenancy.current(), ann);
    });
  });

  test('is of the declared kind', () => {
    const cases = {
      uuid: { right: [ann, ann.toUpperCase()], wrong: ['', 'ann', `${ann} `, `{${ann}}`, `${ann}\n`] },
      int: {
        right: ['0', '1', '-5', '9223372036854775807'],
        wrong: ['', '01', '1.0', '1e3', ' 1', '9223372036854775808', '-0', '٣'],
      },
      text: { right: ['a', 'Ann O’Neil', "a'b"], wrong: ['', 'a\0b', 'x'.repeat(1025), '\ud800'] },
    } as const;
    for (const kind of ['uuid', 'int', 'text'] as const) {
      const of = createTenancy({ setting, kind });
      for (const tenant of cases[kind].right)
        assert.equal(
          of.runAs(tenant, () => of.current()),
          tenant,
        );
      for (const tenant of cases[kind].wrong) {
        assert.throws(
          () => of.runAs(tenant, () => null),
          refused('tenant/invalid'),
          `${kind} ${JSON.stringify(tenant)}`,
        );
      }
    }
  });

  test('is never told in an error', () => {
    const secret = `not-a-uuid-canary`;
    assert.throws(
      () => tenancy.runAs(secret, () => null),
      (error) =>
        error instanceof TenantError && !`${error.message}${error.hint}${error.stack}`.includes(secret),
    );
  });

  test('the setting is one of the application’s own, looked at once', () => {
    for (const wrong of [
      'role',
      'search_path',
      '',
      'app.',
      '.x',
      "app.x', 'y",
      'app.x y',
      `app.${'x'.repeat(70)}`,
    ]) {
      assert.throws(() => createTenancy({ setting: wrong }), refused('tenant/option'), wrong);
    }
  });
});

describe('what a statement is, by its first words', () => {
  const cases = {
    begin: [
      'begin',
      'BEGIN ISOLATION LEVEL SERIALIZABLE',
      'start transaction',
      '/* a /* b */ c */ begin',
      '-- x\nbegin',
      ';begin',
    ],
    modes: [
      'set transaction read only',
      'SET LOCAL TRANSACTION ISOLATION LEVEL SERIALIZABLE',
      'set /* */ transaction read only',
    ],
    end: ['commit', 'END', 'rollback', 'abort', 'rollback to savepoint a', 'commit and chain'],
    outlives: [
      "set app.current_user_id = 'x'",
      "set session app.current_user_id = 'x'",
      "set local app.current_user_id = 'x'",
      'set local "app"."current_user_id" = 1',
      'set local app./* */current_user_id = 1',
      'set /* local */ role owner',
      'set role owner',
      'reset all',
      'discard all',
      'listen x',
      'prepare x as select 1',
      'prepare transaction $$x$$',
      'rollback /* to */ prepared $$x$$',
      'copy notes from stdin',
      'declare c cursor with hold for select 1',
    ],
    ordinary: [
      'select 1',
      "set local statement_timeout = '1s'",
      'set constraints all deferred',
      'savepoint a',
      'release savepoint a',
      'declare c cursor for select 1',
      'with x as (select 1) select * from x',
      '(select 1)',
      '',
      '/* never ends begin',
      'beginning',
    ],
  } as const;
  for (const [kind, texts] of Object.entries(cases)) {
    test(kind, () => {
      for (const text of texts) assert.equal(statementKind(text, setting), kind, text);
    });
  }

  test('comments and case in front of a word change nothing', () => {
    const noise = fc
      .array(fc.constantFrom(' ', '\n', '\t', ';', '-- begin\n', '/* ; commit */', '/*/* x */*/'))
      .map((parts) => parts.join(''));
    const known = Object.entries(cases).flatMap(([kind, texts]) => texts.map((text) => ({ kind, text })));
    fc.assert(
      fc.property(noise, fc.constantFrom(...known), (front, { kind, text }) => {
        assert.equal(statementKind(front + text, setting), kind);
      }),
    );
  });

  test('no text takes long to look at', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('/', '*', '-', '\n', ' ', ';', 'a'), maxLength: 5_000 }),
        (text) => {
          statementKind(text, setting);
        },
      ),
    );
  });
});
