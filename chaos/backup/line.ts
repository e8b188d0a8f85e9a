import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** The way to a server on loopback, which can be cut. What the server holds is not touched by that. */
export type Line = {
  readonly port: number;
  /** Bytes that went through so far, both ways. */
  bytes(): number;
  /** Resolves when the next connection comes. */
  next(): Promise<void>;
  /** The next `times` connections that get so far end after so many bytes more. */
  cut(after: readonly number[]): void;
  /** Ends all connections and takes no other until `up`. */
  down(): void;
  /** As if nothing had been. */
  up(): void;
  close(): Promise<void>;
};

export async function startLine(to: number): Promise<Line> {
  const open = new Set<Socket>();
  let passed = 0;
  let isDown = false;
  let cuts: readonly { readonly at: number }[] = [];
  let waiting: (() => void)[] = [];
  const endAll = (): void => {
    for (const socket of open) socket.resetAndDestroy();
  };
  const count = (bytes: number, socket: Socket): void => {
    passed += bytes;
    const due = cuts.find(({ at }) => passed >= at);
    if (due === undefined) return;
    cuts = cuts.filter((one) => one !== due);
    socket.resetAndDestroy();
  };
  const server = createServer((client) => {
    for (const wake of waiting.splice(0)) wake();
    if (isDown) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(to, '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.on('data', (chunk: Buffer) => count(chunk.length, socket));
      socket.on('error', () => undefined);
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    bytes: () => passed,
    next: () =>
      new Promise((resolve) => {
        waiting = [...waiting, resolve];
      }),
    cut(after) {
      let at = passed;
      cuts = after.map((more) => {
        at += more;
        return { at };
      });
    },
    down() {
      isDown = true;
      endAll();
    },
    up() {
      isDown = false;
      cuts = [];
    },
    async close() {
      endAll();
      server.close();
      await once(server, 'close');
    },
  };
}
