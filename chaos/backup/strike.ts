import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { withClient } from '../../packages/surety/src/testing/pg-client.ts';
import type { Random } from '../random.ts';
import { argumentsOf, childrenOf, kill } from './processes.ts';
import type { Stage } from './stage.ts';
import type { ToolRun } from './tool.ts';

/** How long an undisturbed run takes, in milliseconds, and how much it sends. */
export type Usual = {
  /** From its start to its first word with S3. */
  readonly before: number;
  /** From then to its end. */
  readonly rest: number;
  /** Between it and S3. */
  readonly bytes: number;
};

export type Struck = 'struck' | 'too late';

/** One way to break a run. */
export type Strike = {
  readonly kind: string;
  /** Whether the tool may have done all that it was asked for without ever learning of it. */
  readonly deafens: boolean;
  /** Waits for its moment, and strikes. */
  act(run: ToolRun, moment: () => Promise<void>, on: Stage, usual: Usual, random: Random): Promise<Struck>;
  /** Puts right what it broke. */
  mend?(stage: Stage): Promise<void>;
};

const ballast = 'ballast';

export const strikes: readonly Strike[] = [
  {
    kind: 'kill pg_dump',
    deafens: false,
    act: (run, _, __, { rest }, random) => killChild(run, 'pg_dump', random.below(rest / 3)),
  },
  {
    kind: 'kill pg_dumpall',
    deafens: false,
    act: (run, _, __, ___, random) => killChild(run, 'pg_dumpall', random.below(50)),
  },
  {
    kind: 'kill the tool',
    deafens: true,
    async act(run, moment) {
      await moment();
      return run.isOver() || !kill(run.pid, 'SIGKILL') ? 'too late' : 'struck';
    },
  },
  {
    kind: 'kill the server',
    deafens: false,
    async act(run, moment, { source }) {
      await moment();
      if (run.isOver()) return 'too late';
      source.fell();
      return 'struck';
    },
  },
  { kind: 'kill a backend', deafens: false, act: killBackend },
  {
    kind: 'cut uploads',
    deafens: true,
    async act(run, _moment, { line }, { bytes }, random) {
      const first = random.below(bytes);
      line.cut([first, ...Array.from({ length: random.below(7) }, () => random.below(bytes / 10))]);
      const sent = line.bytes();
      await run.ended;
      return line.bytes() - sent > first ? 'struck' : 'too late';
    },
    mend: async ({ line }) => line.up(),
  },
  {
    kind: 'S3 goes away',
    deafens: true,
    async act(run, moment, { line }, _usual, random) {
      await moment();
      if (run.isOver()) return 'too late';
      line.down();
      if (random.next() < 0.5) {
        await Promise.race([run.ended, after(random.below(3_000))]);
        line.up();
      }
      return 'struck';
    },
    mend: async ({ line }) => line.up(),
  },
  {
    kind: 'fill the disk',
    deafens: false,
    async act(run, moment, { vault }, _usual, random) {
      await moment();
      if (run.isOver()) return 'too late';
      await fill(vault);
      if (random.next() < 0.3) {
        await Promise.race([run.ended, after(random.below(500))]);
        await rm(join(vault, ballast), { force: true });
      }
      return 'struck';
    },
    mend: ({ vault }) => rm(join(vault, ballast), { force: true }),
  },
  {
    kind: 'interrupt the tool',
    deafens: false,
    async act(run, moment, _stage, _usual, random) {
      await moment();
      if (run.isOver() || !kill(run.pid, random.pick(['SIGINT', 'SIGTERM']))) return 'too late';
      if (random.next() < 0.25) {
        // Whoever presses Ctrl-C twice means it.
        await Promise.race([run.ended, after(1_100)]);
        if (!run.isOver()) kill(run.pid, 'SIGINT');
      }
      return 'struck';
    },
  },
];

/** Waits for a child of that name, lets it live for a moment, and ends it, or another one of that name. */
async function killChild(run: ToolRun, name: string, life: number): Promise<Struck> {
  let seen: number | null = null;
  while (!run.isOver()) {
    // One that is only asked for its version writes nothing, and another one is taken in its place.
    const [child] = childrenOf(run.pid).filter(
      (one) =>
        one.name === name && argumentsOf(one.pid).some((argument) => argument.startsWith('--no-password')),
    );
    if (child !== undefined) seen ??= performance.now();
    const isDue = seen !== null && performance.now() - seen >= life;
    if (child !== undefined && isDue && kill(child.pid, 'SIGKILL')) return 'struck';
    await after(3);
  }
  return 'too late';
}

async function killBackend(
  run: ToolRun,
  moment: () => Promise<void>,
  { source }: Stage,
  _usual: Usual,
  random: Random,
): Promise<Struck> {
  await moment();
  while (!run.isOver()) {
    const pids = await withClient(source.url, async (client) => {
      const { rows } = await client.query<{ pid: number }>(
        `select pid from pg_stat_activity where application_name = 'surety' order by pid`,
      );
      return rows.map(({ pid }) => pid);
    });
    if (pids.length > 0 && !run.isOver() && kill(random.pick(pids), 'SIGKILL')) return 'struck';
    await after(10);
  }
  return 'too late';
}

async function fill(folder: string): Promise<void> {
  const piece = Buffer.alloc(4 * 1024 * 1024);
  for (let size = piece.length; size > 0; size = Math.floor(size / 2)) {
    const bytes = piece.subarray(0, size);
    for (;;) {
      const wrote = await writeFile(join(folder, ballast), bytes, { flag: 'a' }).then(
        () => true,
        () => false,
      );
      if (!wrote) break;
    }
    if (size <= 4096) return;
  }
}
