import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readDockerfile } from '../../../src/targets/repo/dockerfile.ts';
import { excludes } from '../../../src/targets/repo/dockerignore.ts';
import { envFileOf, suspicions } from '../../../src/targets/repo/env-file.ts';
import { nameOf, rawOf } from '../../../src/targets/repo/name.ts';
import { withNumericUser } from '../../../src/targets/repo/numeric-user.ts';
import { pageOf, readRunbook } from '../../../src/targets/repo/runbook.ts';
import { splitNul } from '../../../src/targets/repo/tracked.ts';

test('every name can be turned back into its bytes, and holds nothing that a terminal obeys', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 40 }),
    fc.string({ unit: 'binary', maxLength: 20 }).map((text) => Buffer.from(text.toWellFormed())),
  );
  fc.assert(
    fc.property(bytes, (raw) => {
      const name = nameOf(Buffer.from(raw));
      assert.deepEqual(rawOf(name), Buffer.from(raw));
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point
      assert.doesNotMatch(name, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/u);
    }),
  );
});

test('lists of names come apart as they were put together', () => {
  const names = fc.array(
    fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0))),
  );
  fc.assert(
    fc.property(names, (list) => {
      const joined = Buffer.concat(list.flatMap((name) => [name, Buffer.of(0)]));
      assert.deepEqual(splitNul(joined), list);
    }),
  );
});

test('whatever a Dockerfile is made of, mending it changes one line or nothing', () => {
  const line = fc.constantFrom(
    'FROM node:24',
    'FROM node:24 AS base',
    'FROM base',
    'USER root',
    'USER 1001',
    'user node',
    'RUN x \\',
    '# USER 0',
    '',
    'CMD ["x"]',
    'ENTRYPOINT x',
    'COPY <<EOF /x',
    'EOF',
    'ARG U=0',
    'USER $U',
    'ONBUILD USER root',
    '  WORKDIR /x',
    'ENV U=5',
  );
  const ending = fc.constantFrom('\n', '\r\n');
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), ending, (lines, newline) => {
      const text = lines.join(newline);
      const file = readDockerfile(text);
      if ('trouble' in file) return;
      const stage = file.stages.at(-1);
      assert.ok(stage);
      const mended = withNumericUser(text, [{ stage, args: new Map() }]);
      if (mended === null || mended === text) return;
      const [before, after] = [text.split(newline), mended.split(newline)];
      const first = after.findIndex((one, at) => one !== before[at]);
      const added = after.length - before.length;
      assert.ok(added === 0 || added === 1);
      assert.deepEqual(after.slice(first + 1), before.slice(first + 1 - added));
      assert.equal(withNumericUser(mended, [{ stage, args: new Map() }]), mended);
    }),
    { numRuns: 500 },
  );
});

test('dockerignore is read by its own rules', () => {
  const cases: readonly [string, string, boolean][] = [
    ['.env', '.env', true],
    ['.env', 'apps/.env', false],
    ['**/.env', 'apps/.env', true],
    ['**/.env', '.env', true],
    ['/.env', '.env', true],
    ['./.env', '.env', true],
    ['.env/', '.env', true],
    ['apps', 'apps/api/.env', true],
    ['*', 'apps/.env', true],
    ['*\n!apps', 'apps/.env', false],
    ['*\n!apps\n**/.env', 'apps/.env', true],
    ['**/.env*\n!**/.env.example', 'a/.env.example', false],
    ['# .env', '.env', false],
    ['  .env  \r', '.env', true],
    ['.en?', '.env', true],
    ['.[a-f]nv', '.env', true],
    ['.[^a-f]nv', '.env', false],
    // An exclamation mark negates nothing there.
    ['.[!a-f]nv', '.env', true],
    ['.env.*', '.env', false],
    ['\\.env', '.env', true],
    ['\ufeff.env', '.env', true],
    ['apps/**', 'apps/x/.env', true],
    ['[', '.env', false],
  ];
  for (const [rules, path, excluded] of cases)
    assert.equal(excludes(rules, path), excluded, JSON.stringify([rules, path]));
});

test('env files are known by their names', () => {
  const kinds: Readonly<Record<string, ReturnType<typeof envFileOf>>> = {
    '.env': 'plain',
    'a/.env.production': 'plain',
    'prod.env': 'plain',
    '.envrc': 'plain',
    '.env.example.local': 'plain',
    '.env.keys': 'plain',
    '.env.sh': 'plain',
    '.env/production': 'plain',
    '.env.example': 'template',
    'env.sample': 'template',
    'example.env': 'template',
    '.env.production.dist': 'template',
    '.env.vault': 'sealed',
    '.environment': null,
    'src/env.ts': null,
    'src/app.env.ts': null,
    'vite-env.d.ts': null,
    'environments/prod.yml': null,
    'docs/.env.md': null,
  };
  for (const [path, kind] of Object.entries(kinds)) assert.equal(envFileOf(path), kind, path);
});

test('placeholders are let pass, and values are not, without ever being told', () => {
  const fine = [
    '',
    'X=1',
    'SECRET=',
    'SECRET=changeme',
    'SECRET=<secret>',
    'SECRET=xxxxxxxx',
    'DB_PASSWORD=postgres',
    'TOKEN_TTL=15m',
    'PUBLIC_KEY=AbC123dEf456GhI789',
    'URL=postgres://a:a@db/x',
    'URL=postgres://a:password@localhost/x',
    'API_KEY=$API_KEY',
    '# Token: ask the platform team',
    'AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE',
    'SORT_KEY=created_at',
  ];
  for (const line of fine) assert.deepEqual(suspicions(line), [], line);
  const values = [
    'JWT_SECRET=ci-test-encryption-key-exactly32',
    'ADMIN_PASSWORD=Summer2025!',
    "# API_KEY='Zx81-Qw12'",
    'export SMTP_PASS="a b c D9"',
    'DSN=https://u:Qw12Er34Ty56Ui78@sentry.io/1',
    'URL=postgres://app:hunter22@db.example-prod.com/x',
  ];
  for (const line of values) {
    const [found] = suspicions(line);
    assert.ok(found, line);
    assert.equal(
      line
        .split(/[=:]/)
        .slice(1)
        .some((value) => JSON.stringify(found).includes(value)),
      false,
      line,
    );
  }
});

test('links of alerts lead to pages wherever they are written from', () => {
  const origin = 'github.com/Acme/budget';
  const at = (link: string) => pageOf(link, 'infra/rules.yml', origin)?.path ?? null;
  assert.equal(at('docs/runbooks/a.md'), 'docs/runbooks/a.md');
  assert.equal(at('/docs/runbooks/a.md#x'), 'docs/runbooks/a.md');
  assert.equal(at('../docs/a%20b.md'), 'docs/a b.md');
  assert.equal(at('https://github.com/acme/budget/blob/main/docs/a.md'), 'docs/a.md');
  assert.equal(at('https://github.com/acme/budget-two/blob/main/docs/a.md'), null);
  assert.equal(at('https://wiki.example.com/a'), null);
  assert.deepEqual(readRunbook('1. **Look** at it\n').ownerless, ['**Look** at it']);
});
