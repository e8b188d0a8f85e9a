import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import pg from 'pg';
import { findBinaries } from '../../packages/surety/src/targets/postgres/binaries.ts';
import { serverOwner, startServer } from '../../packages/surety/src/targets/postgres/server.ts';
import { kill, processes } from './processes.ts';

/** A server that may be killed, and comes back on the same port with what it had. */
export type MortalServer = {
  readonly url: string;
  /** Ends the postmaster by SIGKILL. */
  fell(): void;
  /** Starts it again where it was felled, and waits until it lets somebody in. */
  rise(): Promise<void>;
  stop(): Promise<void>;
};

export async function startMortalServer(): Promise<MortalServer> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-mortal-'));
  // The server's own account has to get through.
  await chmod(folder, 0o711);
  const first = await startServer({ folder });
  const [own = ''] = readdirSync(folder);
  const data = join(folder, own, 'data');
  const copied = join(folder, own, 'server', 'bin');
  const bin = existsSync(copied) ? copied : (await findBinaries(process.env)).folder;
  const owner = await serverOwner();
  let postmaster = first.pid;
  let felled = false;
  let guard: ChildProcess | null = null;
  return {
    url: first.url,
    fell() {
      felled = true;
      kill(postmaster, 'SIGKILL');
    },
    async rise() {
      if (!felled) {
        // One of its sessions was killed: it starts anew by itself.
        if (await answers(first.url, () => true)) return;
        throw new Error('the server does not answer');
      }
      for (let tries = 0; ; tries += 1) {
        guard?.kill('SIGKILL');
        const log = await open(join(folder, 'log'), 'a');
        const child = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(first.port)], {
          cwd: data,
          stdio: ['ignore', log.fd, log.fd],
          detached: true,
          ...owner,
        });
        child.unref();
        await log.close();
        postmaster = child.pid ?? 0;
        guard = guardOf(postmaster);
        // What the felled one left behind may still hold its memory: then this one ends at once.
        const isAlive = (): boolean => child.exitCode === null && child.signalCode === null;
        if (await answers(first.url, isAlive)) break;
        if (tries === 200) throw new Error('the server does not rise');
        await after(50);
      }
      felled = false;
    },
    async stop() {
      guard?.kill('SIGKILL');
      kill(postmaster, 'SIGQUIT');
      for (let waited = 0; waited < 5_000 && processes().some(({ pid }) => pid === postmaster); waited += 50)
        await after(50);
      await first.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Ends the server when this process is gone, however that comes about. */
function guardOf(pid: number): ChildProcess {
  const script = 'cat >/dev/null; kill -QUIT "$1" 2>/dev/null';
  const guard = spawn('/bin/sh', ['-c', script, 'surety-chaos-guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  guard.unref();
  return guard;
}

/** Waits until it lets somebody in; false where it ended before, or never does. */
async function answers(url: string, isAlive: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < 600 && isAlive(); tries += 1) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('select 1');
      return true;
    } catch {
      await after(50);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return false;
}
