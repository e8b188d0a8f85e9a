import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { readdir, readlink, symlink, unlink } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { explained } from './disk.ts';
import { EvidenceError, systemCode } from './error.ts';

/** Names that locks have in a log's folder. They are symbolic links that lead nowhere: made in one step, with content. */
export const lockName = /^lock(-[0-9a-f]{32})?$/;

type Holder = {
  readonly machine: string;
  readonly pid: number;
  /** When the process started, so that another one with the same number is told apart. */
  readonly started: string;
  readonly nonce: string;
};

/**
 * Runs `act` while no other process holds the lock of this folder. The lock of a process that is gone is
 * taken over; that of a process on another machine never is.
 *
 * @throws {EvidenceError} `log/locked` when it is not free within `patience` milliseconds.
 */
export async function withLock<T>(folder: string, patience: number, act: () => Promise<T>): Promise<T> {
  const mine = ourselves();
  await explained(folder, () => acquire(folder, 'lock', mine, Date.now() + patience));
  try {
    await sweep(folder, mine.nonce);
    return await act();
  } finally {
    await release(folder, 'lock', mine);
  }
}

async function acquire(folder: string, name: string, mine: Holder, deadline: number): Promise<void> {
  const path = join(folder, name);
  for (;;) {
    if (await tryLink(path, mine)) return;
    const held = await readHolder(path);
    if (held === 'free') continue;
    if (held !== 'unreadable' && isGone(held)) {
      await takeOver(folder, name, held, mine, deadline);
      continue;
    }
    if (Date.now() > deadline) throw locked(path, held);
    await new Promise((resolve) => setTimeout(resolve, 4 + Math.random() * 12));
  }
}

/**
 * Removes the lock of a holder that is gone. Whoever wants to must first hold the lock named after that
 * very lock, so that a second one, who looked at the same moment, cannot remove the first one's new lock.
 */
async function takeOver(
  folder: string,
  name: string,
  gone: Holder,
  mine: Holder,
  deadline: number,
): Promise<void> {
  const claim = `lock-${gone.nonce}`;
  await acquire(folder, claim, mine, deadline);
  try {
    const now = await readHolder(join(folder, name));
    if (typeof now === 'object' && now.nonce === gone.nonce) await unlinkIfThere(join(folder, name));
  } finally {
    await release(folder, claim, mine);
  }
}

async function release(folder: string, name: string, mine: Holder): Promise<void> {
  const held = await readHolder(join(folder, name));
  if (typeof held === 'object' && held.nonce === mine.nonce) await unlinkIfThere(join(folder, name));
}

/** Removes claims that their owners left behind. Nobody needs them: the lock is ours, and not gone. */
async function sweep(folder: string, nonce: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name === 'lock' || name === `lock-${nonce}` || !lockName.test(name)) continue;
    const held = await readHolder(join(folder, name));
    if (typeof held === 'object' && isGone(held)) await unlinkIfThere(join(folder, name));
  }
}

async function tryLink(path: string, { machine, pid, started, nonce }: Holder): Promise<boolean> {
  try {
    await symlink(`${machine}:${pid}:${started}:${nonce}`, path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false;
    throw error;
  }
}

async function readHolder(path: string): Promise<Holder | 'free' | 'unreadable'> {
  try {
    const [, machine, pid, started, nonce] =
      /^([^:]*):(\d+):(\d*):([0-9a-f]{32})$/.exec(await readlink(path)) ?? [];
    if (machine === undefined || started === undefined || nonce === undefined) return 'unreadable';
    return { machine, pid: Number(pid), started, nonce };
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'free';
    if (systemCode(error) === 'EINVAL') return 'unreadable';
    throw error;
  }
}

async function unlinkIfThere(path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

function ourselves(): Holder {
  return {
    machine: machine(),
    pid: process.pid,
    started: startOf(process.pid) ?? '',
    nonce: randomBytes(16).toString('hex'),
  };
}

/** Where process numbers mean the same: this host, since it was started, in this container. */
function machine(): string {
  const boot = readOr('', () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const space = readOr('', () => readlinkSync('/proc/self/ns/pid').replace(/\D/g, ''));
  return [hostname().replaceAll(':', '_'), boot, space].join('/');
}

function isGone(holder: Holder): boolean {
  if (holder.machine !== machine()) return false;
  if (holder.started !== '') return startOf(holder.pid) !== holder.started;
  try {
    process.kill(holder.pid, 0);
    return false;
  } catch (error) {
    return systemCode(error) === 'ESRCH';
  }
}

/** When a process started, in the kernel's ticks; `null` where it is gone, dying, or the system does not say. */
function startOf(pid: number): string | null {
  const stat = readOr('', () => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const [state, ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? null : (fields[18] ?? null);
}

function readOr<T>(otherwise: T, read: () => T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

function locked(path: string, held: Holder | 'unreadable'): EvidenceError {
  const who =
    held === 'unreadable' ? 'something else' : `process ${held.pid} on ${held.machine.split('/')[0]}`;
  return new EvidenceError(
    'log/locked',
    `${who} holds ${path}`,
    'wait until it is done; if it is gone for good, remove that file',
  );
}
