import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import { z } from 'zod';
import type { S3Facts } from '../backup/stores/s3/client.ts';
import { closedPort } from './loopback.ts';

/** Ceph's S3 server, with Object Lock that holds: nobody here wrote it, and so it is the referee. */
export type RadosGateway = {
  /** Makes a bucket, and says what an estate would say of it. */
  bucket(name: string, is: 'locked' | 'versioned' | 'plain'): Promise<S3Facts>;
  stop(): Promise<void>;
};

const programs = ['ceph', 'ceph-authtool', 'ceph-mon', 'ceph-osd', 'monmaptool', 'radosgw', 'radosgw-admin'];
const patience = 60_000;

/** What a gateway needs that this machine may lack, or `null`. */
export function gatewayMissing(): string | null {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return programs.find((name) => !folders.some((folder) => existsSync(join(folder, name)))) ?? null;
}

const madeUser = z.object({
  keys: z.array(z.object({ access_key: z.string(), secret_key: z.string() })).min(1),
});

/** One monitor, one store in memory (512 MiB at most) and one gateway, on loopback and without a trace. @throws when it takes a minute */
export async function startRadosGateway(): Promise<RadosGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'surety-rados-'));
  const children: ChildProcess[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(children.map(end));
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const signal = AbortSignal.timeout(patience);
    const { endpoint, user } = await startCluster(folder, children, signal);
    const client = new S3Client({
      endpoint,
      region: 'default',
      forcePathStyle: true,
      credentials: { accessKeyId: user.access_key, secretAccessKey: user.secret_key },
    });
    return {
      bucket: (name, is) => makeBucket(client, endpoint, user, name, is),
      stop: async () => {
        client.destroy();
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

type User = z.infer<typeof madeUser>['keys'][number];

async function startCluster(
  folder: string,
  children: ChildProcess[],
  signal: AbortSignal,
): Promise<{ endpoint: string; user: User }> {
  const fsid = randomUUID();
  const disk = randomUUID();
  const ports = { v2: await closedPort(), v1: await closedPort(), s3: await closedPort() };
  const monitors = `[v2:127.0.0.1:${ports.v2},v1:127.0.0.1:${ports.v1}]`;
  const at = { cwd: folder, signal };
  const run = (program: string, ...args: string[]) => promisify(execFile)(program, args, at);
  const start = (program: string, ...args: string[]): void => {
    children.push(spawn(program, ['-c', 'ceph.conf', ...args, '-f'], { cwd: folder, stdio: 'ignore' }));
  };
  for (const name of ['mon', 'osd']) await mkdir(join(folder, name));
  await writeFile(join(folder, 'ceph.conf'), settings(folder, fsid, monitors, ports.s3));
  const allowed = ['mon', 'osd', 'mgr'].flatMap((what) => ['--cap', what, 'allow *']);
  for (const [index, name] of ['mon.', 'client.admin', 'osd.0', 'client.rgw'].entries()) {
    const create = index === 0 ? ['--create-keyring'] : [];
    await run('ceph-authtool', ...create, 'keyring', '--gen-key', '-n', name, ...allowed);
  }
  await run('monmaptool', '--create', '--fsid', fsid, '--addv', 'a', monitors, 'monmap');
  await run('ceph-mon', '-c', 'ceph.conf', '-i', 'a', '--mkfs', '--monmap', 'monmap', '--keyring', 'keyring');
  start('ceph-mon', '-i', 'a');
  await run('ceph', '-c', 'ceph.conf', 'osd', 'new', disk);
  await run('ceph', '-c', 'ceph.conf', 'auth', 'import', '-i', 'keyring');
  await run('ceph-osd', '-c', 'ceph.conf', '-i', '0', '--mkfs', '--osd-uuid', disk);
  start('ceph-osd', '-i', '0');
  start('radosgw', '-n', 'client.rgw');
  const made = await run('radosgw-admin', '-c', 'ceph.conf', 'user', 'create', '--uid=s', '--display-name=s');
  const [user] = madeUser.parse(JSON.parse(made.stdout)).keys;
  if (user === undefined) throw new Error('the gateway made no key');
  const endpoint = `http://127.0.0.1:${ports.s3}`;
  while (!(await answers(endpoint))) await wait(100, undefined, { signal });
  return { endpoint, user };
}

function settings(folder: string, fsid: string, monitors: string, port: number): string {
  return `[global]
fsid = ${fsid}
mon host = ${monitors}
public network = 127.0.0.0/8
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = ${folder}/keyring
mon data = ${folder}/mon
osd data = ${folder}/osd
crash dir = ${folder}
run dir = ${folder}
pid file =
admin socket =
log file =
osd objectstore = memstore
memstore device bytes = 536870912
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
mon allow pool size one = true
osd crush chooseleaf type = 0
paxos propose interval = 0.05
mon data avail crit = 1
mon data avail warn = 1
rgw frontends = beast endpoint=127.0.0.1:${port}
`;
}

const answers = (endpoint: string): Promise<boolean> =>
  fetch(endpoint).then(
    () => true,
    () => false,
  );

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function makeBucket(
  client: S3Client,
  endpoint: string,
  user: User,
  name: string,
  is: 'locked' | 'versioned' | 'plain',
): Promise<S3Facts> {
  await client.send(new CreateBucketCommand({ Bucket: name, ObjectLockEnabledForBucket: is === 'locked' }));
  if (is === 'versioned') {
    const VersioningConfiguration = { Status: 'Enabled' as const };
    await client.send(new PutBucketVersioningCommand({ Bucket: name, VersioningConfiguration }));
  }
  return {
    bucket: name,
    endpoint,
    region: 'default',
    prefix: '',
    accessKeyId: user.access_key,
    secretAccessKey: user.secret_key,
    lock: is === 'locked' ? 'object-lock' : 'none',
  };
}
