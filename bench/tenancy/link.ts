import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** A door to another port of this machine that takes its time: `milliseconds` each way. Order is kept. */
export async function slowLink(
  port: number,
  milliseconds: number,
): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      // Timers of one length fire in the order in which they were set.
      from.on('data', (chunk) => setTimeout(() => to.destroyed || to.write(chunk), milliseconds));
      from.on('close', () => to.destroy());
      from.on('error', () => to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no free port');
  return {
    port: address.port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
