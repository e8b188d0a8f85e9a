import { createServer, type Server, type Socket } from 'node:net';

const open = new WeakMap<Server, Set<Socket>>();

/** Starts a server on a free port of 127.0.0.1 and gives the port. Its connections are ended by `stopServer`. */
export async function listenOnLoopback(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  open.set(server, sockets);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** Stops listening and cuts every connection. */
export async function stopServer(server: Server): Promise<void> {
  await new Promise((resolve) => {
    server.close(resolve);
    for (const socket of open.get(server) ?? []) socket.destroy();
  });
}

/** A port that nothing listens on: it was free a moment ago. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  const port = await listenOnLoopback(server);
  await stopServer(server);
  return port;
}
