import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { startServer } from '../../../src/targets/postgres/server.ts';

async function one(url: string, sql: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<{ answer: unknown }>(sql);
    return rows[0]?.answer;
  } finally {
    await client.end();
  }
}

async function isGone(folder: string): Promise<boolean> {
  return access(folder).then(
    () => false,
    () => true,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('a started server answers on loopback, and leaves nothing behind', async () => {
  const server = await startServer({ settings: { work_mem: '7MB' } });
  const folder = String(await one(server.url, "select current_setting('data_directory') as answer"));
  assert.equal(await one(server.url, "select current_setting('work_mem') as answer"), '7MB');
  assert.equal(await one(server.url, "select current_setting('listen_addresses') as answer"), '127.0.0.1');
  assert.match(server.version, /^\d+\.\d+/);
  const wrong = server.url.replace(/:[^:@/]+@/, ':wrong@');
  await assert.rejects(one(wrong, 'select 1 as answer'), { code: '28P01' });
  await server.stop();
  await server.stop();
  assert.equal(await isGone(folder), true);
  assert.equal(isAlive(server.pid), false);
});

test('a server does not outlive a process that was killed', async () => {
  const module = new URL('../../../src/targets/postgres/server.ts', import.meta.url).href;
  const script = `import { startServer } from ${JSON.stringify(module)};
    const server = await startServer(); console.log(server.pid); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve) => {
    child.stdout.once('data', (chunk) => resolve(Number(String(chunk))));
  });
  assert.equal(isAlive(pid), true);
  child.kill('SIGKILL');
  for (let waits = 0; waits < 200 && isAlive(pid); waits += 1) await sleep(50);
  assert.equal(isAlive(pid), false);
});

test('a folder without a server is named, with what to do', async () => {
  await assert.rejects(startServer({ env: { SURETY_PG_BIN: '/nowhere' } }), {
    code: 'postgres/no-binaries',
    message: 'SURETY_PG_BIN names a folder without postgres and initdb: /nowhere',
  });
});

test('a server that cannot start says why', async () => {
  await assert.rejects(startServer({ settings: { shared_preload_libraries: 'no_such_library' } }), {
    code: 'postgres/no-start',
    message: /no_such_library/,
  });
});
