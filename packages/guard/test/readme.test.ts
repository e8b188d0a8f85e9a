import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { generatePrisma } from './tenant/prisma-shop.ts';
import { openShop, type Shop } from './tenant/shop.ts';

const root = resolve(import.meta.dirname, '../../..');
const examples = [
  ...readFileSync(join(import.meta.dirname, '../README.md'), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g),
];
const outputs = ['3 notes\ntenant/none\n', '3 3 3\n', 'renamed\n2 tenants\n'];

let shop: Shop;
let prisma: Awaited<ReturnType<typeof generatePrisma>>;
before(async () => {
  [shop, prisma] = await Promise.all([openShop(), generatePrisma()]);
});
after(async () => {
  prisma.remove();
  await shop.stop();
});

test('each example of the README has the right types and does what it says', () => {
  const files = examples.map(([, code = ''], at) => {
    const file = join(prisma.folder, `example-${at + 1}.ts`);
    writeFileSync(file, code);
    return file;
  });
  writeFileSync(
    join(prisma.folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), files, include: [] }),
  );
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', prisma.folder], { encoding: 'utf8' });
  const env = {
    ...process.env,
    DATABASE_URL: shop.url,
    JOBS_URL: shop.urlOf('jobs'),
    MIGRATOR_URL: shop.server.url,
  };
  const printed = files.map((file) => execFileSync(process.execPath, [file], { encoding: 'utf8', env }));
  assert.deepEqual(printed, outputs);
});
