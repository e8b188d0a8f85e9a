import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { test } from 'node:test';
import { BlindError } from '../../../src/core/error.ts';
import type { Touch } from '../../../src/core/target.ts';
import { type ServiceFacts, service } from '../../../src/targets/service/target.ts';

const node = process.execPath;
const listening = `require('node:http').createServer((q, a) => a.end('ok')).listen(Number(process.env.PORT ?? 0), '127.0.0.1', function () {
  console.log('listening on http://127.0.0.1:' + this.address().port);
});`;
const withScript = (script: string, facts: Partial<ServiceFacts> = {}): ServiceFacts => ({
  command: [node, '-e', script],
  ready: { line: 'listening on (?<url>\\S+)' },
  timeoutSeconds: 20,
  ...facts,
});

function open(
  facts: ServiceFacts,
  { touch = 'scratch', signal = new AbortController().signal }: { touch?: Touch; signal?: AbortSignal } = {},
) {
  return service.open(service.facts.parse(facts), {
    touch,
    signal,
    secret: () => undefined,
    root: process.cwd(),
  });
}

async function blind(opening: Promise<unknown>): Promise<BlindError> {
  const cause = await opening.then(
    () => assert.fail('it opened'),
    (thrown: unknown) => thrown,
  );
  assert.ok(cause instanceof BlindError, String(cause));
  return cause;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('starts a program, gives the address of its ready line, and stops it with the signal', async () => {
  const opened = await open(
    withScript(`${listening} process.on('SIGTERM', () => { console.log('draining'); process.exit(7); });`),
  );
  assert.equal(await (await fetch(`${opened.url}/`)).text(), 'ok');
  assert.equal(opened.running(), true);
  const { code, forced } = await opened.stop();
  assert.deepEqual({ code, forced }, { code: 7, forced: false });
  assert.equal(alive(opened.pid), false);
  assert.ok(opened.logs().includes('draining'));
  await opened.close();
});

test('waits for an answer where it is given an address', async () => {
  const port = await freePort();
  const opened = await open(
    withScript(`setTimeout(() => { ${listening} }, 200)`, {
      env: { PORT: String(port) },
      ready: { url: `http://127.0.0.1:${port}/health` },
    }),
  );
  assert.equal(opened.url, `http://127.0.0.1:${port}`);
  await opened.close();
  assert.equal(opened.running(), false);
});

test('kills one that does not stop, and all that it started', async () => {
  const opened = await open(
    withScript(
      `process.on('SIGTERM', () => undefined);
       const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)']);
       console.log('child ' + child.pid); console.log('listening on nowhere'); setInterval(() => undefined, 1000);`,
      { timeoutSeconds: 3 },
    ),
  );
  const { signal, forced } = await opened.stop();
  assert.deepEqual({ signal, forced }, { signal: 'SIGKILL', forced: true });
  const child = Number(/child (\d+)/.exec(opened.logs().join('\n'))?.[1]);
  assert.ok(child > 0);
  await gone(child);
});

test('gives it the given environment and nothing secret of ours', async () => {
  process.env.OURS_ALONE = 'ours';
  const opened = await open(
    withScript(`console.log(Object.keys(process.env).sort().join()); console.log('listening on x')`, {
      env: { GIVEN: 'x' },
    }),
  );
  await opened.close();
  const [names = ''] = opened.logs();
  assert.ok(names.includes('GIVEN') && names.includes('PATH') && !names.includes('OURS_ALONE'), names);
});

test('one that ends before it is ready is blindness, with its last words and without secrets', async () => {
  const cause = await blind(
    open(
      withScript(
        `console.error('cannot reach ' + process.env.DATABASE_URL); console.error('password was ' + decodeURIComponent(new URL(process.env.DATABASE_URL).password));
         console.error('also postgres://other:hunter2@host/db'); process.exit(3)`,
        { env: { DATABASE_URL: 'postgres://api:caf%C3%A9-canary@127.0.0.1:1/db' } },
      ),
    ),
  );
  assert.equal(cause.code, 'service/crashed');
  assert.match(cause.message, /exit 3/);
  assert.match(cause.message, /cannot reach \[redacted\]/);
  assert.doesNotMatch(cause.message, /canary|hunter2/);
});

test('a secret at the edge of what is kept does not show its first half', async () => {
  const secret = 'canary-0123456789-canary';
  const cause = await blind(
    open(
      withScript(`console.error('x'.repeat(1990) + process.env.KEY); process.exit(1)`, {
        env: { KEY: secret },
      }),
    ),
  );
  assert.doesNotMatch(cause.message, /canary/);
});

test('one that is never ready is blindness, and is not left running', async () => {
  const cause = await blind(
    open(
      withScript(`console.log('pid ' + process.pid); setInterval(() => undefined, 1000)`, {
        timeoutSeconds: 1,
      }),
    ),
  );
  assert.equal(cause.code, 'service/never-ready');
  await gone(Number(/pid (\d+)/.exec(cause.message)?.[1]));
});

test('a port in use is named, whether seen from outside or told by the program', async () => {
  const stranger = createServer((_, answer) => answer.end('stranger')).listen(0, '127.0.0.1');
  await new Promise((listens) => stranger.once('listening', listens));
  const port = portOf(stranger);
  const seen = await blind(
    open(withScript(listening, { env: { PORT: String(port) }, ready: { url: `http://127.0.0.1:${port}/` } })),
  );
  const told = await blind(open(withScript(listening, { env: { PORT: String(port) } })));
  assert.equal(seen.code, 'service/port-in-use');
  assert.equal(told.code, 'service/port-in-use');
  stranger.close();
});

test('no such program, no such folder: blindness with a hint', async () => {
  const program = await blind(open({ command: ['no-such-program'], ready: { line: 'x' } }));
  const folder = await blind(open({ command: [node, '-v'], cwd: 'no/such/folder', ready: { line: 'x' } }));
  assert.equal(program.code, 'service/not-started');
  assert.match(program.message, /ENOENT/);
  assert.equal(folder.code, 'service/not-started');
  assert.match(folder.hint, /cwd/);
});

test('a run that may touch nothing starts nothing', async () => {
  const cause = await blind(open(withScript(listening), { touch: 'rollback' }));
  assert.equal(cause.code, 'service/touch');
});

test('stopping the run ends it, while it starts and later', async () => {
  const early = new AbortController();
  const opening = blind(open(withScript(`setInterval(() => undefined, 1000)`), { signal: early.signal }));
  setTimeout(() => early.abort(), 100);
  assert.equal((await opening).code, 'service/aborted');

  const late = new AbortController();
  const opened = await open(withScript(listening), { signal: late.signal });
  late.abort();
  await gone(opened.pid);
});

test('ends with the process that started it, even when that one is killed', async () => {
  const script = `import { service } from ${JSON.stringify(import.meta.resolve('../../../src/targets/service/target.ts'))};
    const context = { touch: 'scratch', signal: new AbortController().signal, secret() {}, root: '.' };
    const facts = { command: [process.execPath, '-e', 'console.log("up"); setInterval(() => undefined, 1000)'], ready: { line: 'up' } };
    console.log(String((await service.open(facts, context)).pid));
    process.kill(process.pid, 'SIGKILL');`;
  const { stdout } = spawnSync(node, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  assert.match(stdout, /^\d+\n$/);
  await gone(Number(stdout));
});

test('facts that cannot be meant are refused by name', () => {
  const wrong = service.facts.safeParse({ command: [], ready: { line: '(' }, stopSignal: 'SIGKILL' });
  const keys = wrong.error?.issues.map(({ path }) => path.join('.')) ?? [];
  assert.deepEqual(keys.sort(), ['command', 'ready.line', 'stopSignal']);
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((listens) => server.once('listening', listens));
  const port = portOf(server);
  await new Promise((closed) => server.close(closed));
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  return address.port;
}

async function gone(pid: number): Promise<void> {
  while (alive(pid)) await new Promise((later) => setTimeout(later, 20));
}
