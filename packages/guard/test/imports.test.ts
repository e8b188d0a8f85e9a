import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

const source = join(import.meta.dirname, '../src');
const adapters = new Map([
  ['tenant/kysely.ts', /^(pg|kysely)$/],
  ['tenant/drizzle.ts', /^drizzle-orm(\/node-postgres)?$/],
  ['tenant/prisma.ts', /^@prisma\/adapter-pg$/],
]);

test('the guard imports nothing of ours, and each ORM only where its adapter is', () => {
  const files = globSync('**/*.ts', { cwd: source });
  assert.ok(files.length > 10);
  for (const file of files) {
    const imports = [...readFileSync(join(source, file), 'utf8').matchAll(/ from '([^']+)'/g)].map(
      ([, from = '']) => from,
    );
    const allowed = adapters.get(file) ?? /^pg(\/package\.json)?$/;
    for (const from of imports)
      assert.match(from, new RegExp(`^node:|^\\./[\\w-]+\\.ts$|${allowed.source}`), `${file}: ${from}`);
  }
});
