import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';

export type Process = { readonly pid: number; readonly parent: number; readonly name: string };

/** Every process of this machine, as /proc shows it. */
export function processes(): readonly Process[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const found = statOf(name);
      return found === null ? [] : [found];
    });
}

function statOf(pid: string): Process | null {
  try {
    const [, name, state, parent] =
      /^\d+ \((.*)\) (\S) (\d+) /s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    // A zombie has ended; only its exit code is still there.
    return name === undefined || state === 'Z' ? null : { pid: Number(pid), name, parent: Number(parent) };
  } catch {
    // It has just ended.
    return null;
  }
}

export function childrenOf(parent: number): readonly Process[] {
  return processes().filter((one) => one.parent === parent);
}

/** Its arguments, with the program as the first; none where it is gone. */
export function argumentsOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/** Sends a process a signal, 0 to see whether it is there; false where it is not. */
export function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}

/** Those that are still there after `patience` milliseconds; none, as soon as there are none. A number alone may be somebody else's by then. */
export async function remaining(of: readonly Process[], patience: number): Promise<readonly Process[]> {
  const until = performance.now() + patience;
  for (;;) {
    const now = processes();
    const left = of.filter(({ pid, name }) => now.some((one) => one.pid === pid && one.name === name));
    if (left.length === 0 || performance.now() > until) return left;
    await after(20);
  }
}
