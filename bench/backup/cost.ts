import { readFile } from 'node:fs/promises';

/** What a piece of work cost. */
export type Cost = {
  readonly seconds: number;
  /** Seconds of processors, of our programs and of the server's; `null` where the system does not tell. */
  readonly cpu: number | null;
};

/** @param server process id of the postmaster */
export async function costOf<T>(
  server: number,
  work: () => Promise<T>,
): Promise<{ readonly cost: Cost; readonly result: T }> {
  const before = await both(server);
  const from = performance.now();
  const result = await work();
  const seconds = (performance.now() - from) / 1000;
  // Its sessions end a moment later than their clients.
  await new Promise((resolve) => setTimeout(resolve, 300));
  const after = await both(server);
  return { cost: { seconds, cpu: before === null || after === null ? null : after - before }, result };
}

async function both(server: number): Promise<number | null> {
  const [ours, theirs] = await Promise.all([ended('self'), ended(server)]);
  return ours === null || theirs === null ? null : ours + theirs;
}

const ticksPerSecond = 100;

/** Of the children of a process that have ended: `cutime` and `cstime` of proc(5). */
async function ended(process: number | 'self'): Promise<number | null> {
  const stat = await readFile(`/proc/${process}/stat`, 'utf8').catch(() => null);
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? null : (Number(fields[13]) + Number(fields[14])) / ticksPerSecond;
}
