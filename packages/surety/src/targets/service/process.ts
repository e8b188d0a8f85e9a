import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as wait } from 'node:timers/promises';
import { type Output, outputWithout, secretsOf, splitLines } from './output.ts';

export type Ended = { readonly code: number | null; readonly signal: NodeJS.Signals | null };

export type Stopped = Ended & {
  readonly milliseconds: number;
  /** It did not go by itself and had to be killed. */
  readonly forced: boolean;
};

/** A process group that we started, and the only one that this can end. */
export type OwnProcess = {
  readonly pid: number;
  readonly output: Output;
  /** Resolves when the process has ended, however it did. */
  readonly ended: Promise<Ended>;
  running(): boolean;
  /** Sends the signal to the group, waits for `graceMilliseconds`, then kills what is left. */
  stop(signal: NodeJS.Signals, graceMilliseconds: number): Promise<Stopped>;
};

export type Start = {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly onLine: (line: string) => void;
};

/** What a program needs to run at all; everything else in our own environment may be a secret. */
const inherited = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SystemRoot'];

/**
 * Starts `command` in a process group of its own, with the given environment and nothing of ours but PATH and
 * the like. Nothing is inherited: standard input is empty, what it writes is kept in `output`.
 * @throws the error of `spawn` when there is no such program or folder.
 */
export async function start({ command, cwd, env, onLine }: Start): Promise<OwnProcess> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, {
    cwd,
    env: { ...ambient(), ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = outputWithout(secretsOf(env));
  capture(child, output, onLine);
  const pid = await spawned(child);
  const killGroup = () => signalGroup(pid, 'SIGKILL');
  const watchdog = guard(pid);
  let running = true;
  const ended = new Promise<Ended>((resolve) => {
    child.once('exit', (code, signal) => {
      running = false;
      watchdog.kill('SIGKILL');
      // Whatever it left running belongs to us as well.
      killGroup();
      // Its last words may still be in the pipes; one that left the group may hold those for ever.
      const told = () => {
        clearTimeout(patience);
        for (const stream of [child.stdout, child.stderr]) stream?.destroy();
        resolve({ code, signal });
      };
      const patience = setTimeout(told, 500);
      child.once('close', told);
    });
  });
  return {
    pid,
    output,
    ended,
    running: () => running,
    async stop(signal, graceMilliseconds) {
      const began = performance.now();
      const timer = new AbortController();
      if (running) signalGroup(pid, signal);
      const inTime = await Promise.race([
        ended.then(() => true),
        wait(graceMilliseconds, false, { signal: timer.signal }).catch(() => false),
      ]);
      timer.abort();
      if (!inTime && running) killGroup();
      return { ...(await ended), milliseconds: performance.now() - began, forced: !inTime };
    },
  };
}

function ambient(): Record<string, string> {
  return Object.fromEntries(
    inherited.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Reads both streams line by line, so that halves of lines do not mix. */
function capture(child: ChildProcess, output: Output, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    const write = splitLines((line) => {
      output.add(line);
      onLine(line);
    });
    stream?.setEncoding('utf8');
    stream?.on('data', write);
    stream?.on('end', () => write('\n'));
  }
}

function spawned(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.once('spawn', () => {
      if (child.pid === undefined) reject(new Error('the process has no id'));
      else resolve(child.pid);
    });
  });
}

/**
 * A small process that waits for the end of its standard input, which comes when our own process is gone, even
 * by SIGKILL. Then it ends the group.
 */
function guard(pid: number): ChildProcess {
  const script = 'cat >/dev/null; kill -s KILL -- "-$1"';
  const watchdog = spawn('/bin/sh', ['-c', script, 'surety-service-guard', String(pid)], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.on('error', () => undefined);
  watchdog.unref();
  return watchdog;
}

/** Only ever called with the id of a child that has not been reaped, or in the very turn that it was. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in the group.
  }
}
