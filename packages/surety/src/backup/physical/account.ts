import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';

/** Who a program runs as; `null`: as ourselves. */
export type Account = { readonly uid: number; readonly gid: number } | null;

export type RunAs = {
  readonly account: Account;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal: AbortSignal;
  /** Bytes of standard output that are kept at most; more ends the program. Default: 16 MiB. */
  readonly limit?: number;
};

/** How a program ended. `code` is `null` where a signal ended it, or it said more than it may. */
export type Ended = { readonly code: number | null; readonly stdout: Buffer; readonly stderr: string };

const keptErrors = 8192;
const mebi = 2 ** 20;

/**
 * Runs a program to its end, without a shell and with no input, in a process group of its own.
 *
 * @throws what `spawn` throws where it cannot be started; the reason of `signal` where that ended it
 */
export async function runAs(
  program: string,
  args: readonly string[],
  { account, env, cwd, signal, limit = 16 * mebi }: RunAs,
): Promise<Ended> {
  signal.throwIfAborted();
  const child = spawn(program, [...args], {
    ...account,
    env: { ...env },
    ...(cwd !== undefined && { cwd }),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const stop = (): void => void endGroup(child);
  signal.addEventListener('abort', stop, { once: true });
  try {
    const closed = new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code));
    });
    const [code, stdout, stderr] = await Promise.all([
      closed,
      kept(child.stdout, limit, stop),
      kept(child.stderr, keptErrors, () => undefined),
    ]);
    signal.throwIfAborted();
    return { code, stdout, stderr: stderr.toString('utf8') };
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Asks it and all that it started to end. */
function endGroup({ pid, exitCode, signalCode }: ChildProcess): boolean {
  if (pid === undefined || exitCode !== null || signalCode !== null) return false;
  try {
    return process.kill(-pid, 'SIGTERM');
  } catch {
    return false;
  }
}

/** The first bytes of a stream; `full` is called where there are more, and the rest is read and dropped. */
async function kept(stream: Readable | null, limit: number, full: () => void): Promise<Buffer> {
  if (stream === null) return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('error', () => undefined);
  stream.on('data', (chunk: Buffer) => {
    if (bytes + chunk.length > limit) full();
    else chunks.push(chunk);
    bytes += chunk.length;
  });
  await new Promise((resolve) => stream.once('close', resolve));
  return Buffer.concat(chunks);
}
