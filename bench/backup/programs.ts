import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { type StoreFacts, storeFacts } from '../../packages/surety/src/backup/facts.ts';
import { type Done, done, type Job } from './job.ts';

/** A script of the kind that backups usually are. Its connection comes from the environment. */
export async function shell(script: string, url: string): Promise<void> {
  const { hostname, port, username, password, pathname } = new URL(url);
  const child = spawn('bash', ['-o', 'pipefail', '-ec', script], {
    env: {
      ...process.env,
      PGHOST: hostname,
      PGPORT: port,
      PGUSER: username,
      PGPASSWORD: decodeURIComponent(password),
      PGDATABASE: pathname.slice(1),
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(`${script}: exit code ${code}: ${said.slice(-400)}`);
}

/** As an installed command has it: no time goes into types. */
const env = { ...process.env, NODE_COMPILE_CACHE: path.join(tmpdir(), 'surety-bench-modules') };
const worker = fileURLToPath(new URL('worker.ts', import.meta.url));

/** Ours, in a process of its own. */
export async function inWorker(job: Job): Promise<Done> {
  const child = spawn(process.execPath, [worker], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(JSON.stringify(job));
  const [said, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`${job.kind}: exit code ${code}`);
  return done.parse(JSON.parse(said.trim().split('\n').at(-1) ?? ''));
}

/** A bucket in a process of its own, in its memory. */
export async function startBucket(): Promise<{ readonly store: StoreFacts; stop(): Promise<void> }> {
  const child = spawn(process.execPath, [worker], { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const job: Job = { kind: 'bucket' };
  child.stdin.end(JSON.stringify(job));
  const lines = createInterface({ input: child.stdout });
  const [line] = await once(lines, 'line');
  return {
    store: storeFacts.parse(JSON.parse(String(line))),
    async stop() {
      child.kill();
      await once(child, 'close');
    },
  };
}
