import { connect } from 'node:net';
import { clientHello, type Offered } from './client-hello.ts';
import { type Reply, readReply } from './server-hello.ts';
import { errorCode } from './unreachable.ts';

export type Reach = {
  readonly host: string;
  readonly port: number;
  /** Milliseconds that one answer may take. */
  readonly timeout: number;
};

/**
 * What came of one hello. `closed` and `reset`: after the server had it, without a word. `silent`: not in
 * time. `unreachable`: no connection, so that nothing was asked.
 */
export type Greeting =
  | Reply
  | { readonly kind: 'closed' | 'reset' | 'silent' }
  | { readonly kind: 'unreachable'; readonly code: string };

const replyLimit = 64 * 1024;

/** Connects, says hello, and hangs up after the answer. Never throws for what the server does. */
export function greet(reach: Reach, offered: Offered, stop: AbortSignal): Promise<Greeting> {
  const { host, port, timeout } = reach;
  return new Promise((resolve, reject) => {
    if (stop.aborted) return reject(stop.reason);
    let received = Buffer.alloc(0);
    let connected = false;
    const socket = connect({ host, port });
    const timer = setTimeout(() => end({ kind: 'silent' }), timeout);
    const onStop = () => {
      end({ kind: 'silent' });
      reject(stop.reason);
    };
    const end = (greeting: Greeting) => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      socket.destroy();
      if (!stop.aborted) resolve(greeting);
    };
    stop.addEventListener('abort', onStop, { once: true });
    socket.on('connect', () => {
      connected = true;
      socket.write(clientHello(offered));
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      const reply = readReply(received);
      if (reply !== 'incomplete') end(reply);
      else if (received.length > replyLimit) end({ kind: 'garbled' });
    });
    socket.on('end', () => end({ kind: received.length === 0 ? 'closed' : 'garbled' }));
    socket.on('error', (error) => {
      if (!connected) end({ kind: 'unreachable', code: errorCode(error) });
      else end({ kind: received.length === 0 ? 'reset' : 'garbled' });
    });
  });
}
