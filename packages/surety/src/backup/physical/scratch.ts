import { spawn } from 'node:child_process';
import { chown, mkdir, mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BlindError } from '../../core/error.ts';
import type { Account } from './account.ts';

/** Where a copy of the database lives for as long as a drill takes: nobody but the account and root can enter. */
export type Scratch = {
  readonly folder: string;
  /** An empty folder in it. */
  make(name: string): Promise<string>;
  /** Takes a folder in it away. */
  drop(name: string): Promise<void>;
  /** @throws when something of it cannot be removed */
  remove(): Promise<void>;
};

/**
 * Makes one. It goes with `remove`, and also when this process ends, however that comes about.
 *
 * @param bytes that have to fit
 * @throws {BlindError} `physical/room`
 */
export async function makeScratch(
  account: Account,
  bytes: number,
  parent: string = tmpdir(),
): Promise<Scratch> {
  await requireRoom(parent, bytes);
  const folder = await mkdtemp(path.join(parent, 'surety-pitr-'));
  const own = async (one: string): Promise<void> => {
    if (account !== null) await chown(one, account.uid, account.gid);
  };
  await own(folder);
  const watchdog = guard(folder);
  return {
    folder,
    async make(name) {
      const made = path.join(folder, name);
      await mkdir(made, { mode: 0o700 });
      await own(made);
      return made;
    },
    drop: (name) => rm(path.join(folder, name), { recursive: true, force: true }),
    async remove() {
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
      watchdog.kill('SIGKILL');
    },
  };
}

/** Waits for the end of its input, which comes when this process is gone, and then ends the server and removes the folder. */
function guard(folder: string): ReturnType<typeof spawn> {
  const script = `cat >/dev/null
    pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
    for attempt in 1 2 3 4 5; do rm -rf -- "$1" 2>/dev/null && break; sleep 1; done`;
  const watchdog = spawn('/bin/sh', ['-c', script, 'surety-pitr-guard', folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  watchdog.unref();
  return watchdog;
}

async function requireRoom(parent: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(parent);
  const room = bavail * bsize;
  if (room >= bytes) return;
  const mebi = (count: number): string => `${Math.ceil(count / 2 ** 20)} MiB`;
  throw new BlindError(
    'physical/room',
    `the copy needs ${mebi(bytes)}, and ${parent} has ${mebi(room)}`,
    'make room, or set TMPDIR to a larger disk that is encrypted',
  );
}
