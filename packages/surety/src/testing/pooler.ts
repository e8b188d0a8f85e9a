import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { serverOwner } from '../targets/postgres/server.ts';
import { closedPort } from './loopback.ts';

/** A pooler in front of one role of one database. */
export type Pooler = { readonly url: string; stop(): Promise<void> };

const program = 'pgbouncer';

/** What a pooler needs that this machine may lack, or `null`. */
export function poolerMissing(): string | null {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin'];
  return folders.some((folder) => existsSync(join(folder, program))) ? null : program;
}

/**
 * pgbouncer in transaction mode on loopback, with so many connections to the server: whoever begins a transaction next gets
 * one that another client's transaction has just left.
 */
export async function startPooler(database: string, connections = 1): Promise<Pooler> {
  const owner = await serverOwner();
  const folder = await mkdtemp(join(tmpdir(), 'surety-pooler-'));
  const port = await closedPort();
  const settings = join(folder, 'pgbouncer.ini');
  await writeFile(settings, settingsFor(new URL(database), port, connections), { mode: 0o600 });
  if (owner !== null) for (const path of [folder, settings]) await chown(path, owner.uid, owner.gid);
  const child = spawn(program, ['-q', settings], {
    cwd: folder,
    stdio: 'ignore',
    env: { PATH: `${process.env.PATH}${delimiter}/usr/sbin` },
    ...owner,
  });
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve()).once('error', () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  for (let waited = 0; waited < 5_000; waited += 20) {
    if (await answers(port)) {
      const url = new URL(database);
      url.host = `127.0.0.1:${port}`;
      return { url: url.href, stop };
    }
    await wait(20);
  }
  await stop();
  throw new Error('the pooler did not start');
}

function settingsFor(
  { hostname, port, pathname, username, password }: URL,
  listen: number,
  connections: number,
): string {
  const name = pathname.slice(1);
  const server = `host=${hostname} port=${port} dbname=${name} user=${username} password=${decodeURIComponent(password)}`;
  return `[databases]
${name} = ${server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${listen}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${connections}
`;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
