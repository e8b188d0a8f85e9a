import { equal, rejects } from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { exchange, makeAgent, type Reach } from '../../../src/targets/http/connection.ts';
import { listenOnLoopback, stopServer } from '../../../src/testing/loopback.ts';

const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;

test('a client that stops before it reads on leaves no timer that keeps the process', async (t) => {
  const server = createServer((socket) => {
    socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n'));
    socket.on('error', () => undefined);
  });
  const port = await listenOnLoopback(server);
  t.after(() => stopServer(server));
  const url = new URL(`http://127.0.0.1:${port}`);
  const reach: Reach = { url, host: url.hostname, port, ca: undefined, timeout: 60_000 };
  const agent = makeAgent(reach);
  t.after(() => agent.destroy());
  const before = timers();
  const stop = new AbortController();
  const answer = exchange(agent, reach, { path: '/' }, stop.signal, 60_000);
  while (timers() === before) await turn();
  stop.abort(new Error('enough'));
  await rejects(answer, { message: 'enough' });
  equal(timers(), before);
});
