import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, Socket } from 'node:net';
import path from 'node:path';
import { newGatherer } from './gather.ts';

/** Bytes that are read at once. */
const readBytes = 64 * 1024;
/** Of the address of a socket; macOS takes the fewest. */
const longestPath = 100;

/** What a program gets as its output, and what comes out of it. */
export type Channel = {
  /** For `spawn`; to be destroyed once the program has it. */
  readonly end: Socket;
  /** Ends when nobody has that end any more. A piece is good only until the next is asked for. Whoever stops reading closes it. */
  readonly pieces: AsyncGenerator<Uint8Array>;
};

/**
 * A pair of sockets. The one that `spawn` makes gives each piece memory of its own, hundreds of megabytes that wait for the garbage collection.
 *
 * @param folder that nobody else may enter
 * @returns `null` where its path is too long
 */
export async function openChannel(folder: string): Promise<Channel | null> {
  const address = path.join(folder, 'output');
  if (Buffer.byteLength(address) > longestPath) return null;
  const server = createServer({ pauseOnConnect: true });
  server.listen(address);
  await once(server, 'listening');
  try {
    const gatherer = newGatherer();
    const buffer = Buffer.allocUnsafeSlow(readBytes);
    const callback = (bytes: number): boolean => {
      gatherer.take(buffer.subarray(0, bytes));
      return true;
    };
    const accepted = once(server, 'connection');
    const ours = connect({ path: address, onread: { buffer, callback } });
    ours.on('error', gatherer.fail);
    ours.on('close', gatherer.end);
    const [end] = await accepted;
    if (!(end instanceof Socket)) throw new Error('a connection is no socket');
    return { end, pieces: gatherer.pieces(ours) };
  } finally {
    server.close();
    await rm(address, { force: true });
  }
}
