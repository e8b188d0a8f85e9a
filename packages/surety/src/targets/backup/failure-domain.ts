import { access, readdir, readFile, realpath } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { StoreFacts } from '../../backup/facts.ts';

/** What a store is lost with: stores of one domain are one copy. */
export type FailureDomain = {
  /** `disk vda`, `server files.internal`, `memory of this machine`, `https://s3.eu-central-1.amazonaws.com` */
  readonly name: string;
  /** It is a disk, a memory or a port of this machine, as far as can be seen. */
  readonly here: boolean;
};

/** A folder is lost with the disk or the server that it lies on, a bucket with its endpoint. */
export async function failureDomain(facts: StoreFacts, root: string): Promise<FailureDomain> {
  if ('folder' in facts) return domainOfFolder(await realpath(resolve(root, facts.folder)));
  if (facts.endpoint === undefined) return { name: `AWS ${facts.region}`, here: false };
  const { origin, hostname } = new URL(facts.endpoint);
  return { name: origin, here: /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname) };
}

async function domainOfFolder(folder: string): Promise<FailureDomain> {
  const mount = await mountOf(folder);
  if (mount === null) return { name: 'the disk of this machine', here: true };
  const { type, source } = mount;
  if (source.startsWith('/dev/')) {
    return { name: `disk ${(await disksUnder(source)).join(' and ')}`, here: true };
  }
  const server = /^(?:\/\/)?([^/:]+|\[[^\]]+\])(?::|\/).+/.exec(source)?.[1];
  if (server !== undefined && /^(nfs|cifs|smb|ceph|gluster|fuse\.)/.test(type)) {
    return { name: `server ${server}`, here: false };
  }
  if (type === 'tmpfs' || type === 'ramfs') return { name: 'memory of this machine', here: true };
  // An overlay, or what else hides its disk: the same for all folders in it.
  return { name: `${type} ${source}`, here: true };
}

type Mount = { readonly point: string; readonly type: string; readonly source: string };

/** The mount that a folder lies in; `null` where the system does not say. */
async function mountOf(folder: string): Promise<Mount | null> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const mounts = text.split('\n').flatMap((line): Mount[] => {
    const [before = '', after = ''] = line.split(' - ');
    const point = before.split(' ')[4];
    const [type, source] = after.split(' ');
    return point === undefined || type === undefined || source === undefined
      ? []
      : [{ point: plain(point), type, source: plain(source) }];
  });
  // Of two mounts on one point, the later hides the earlier.
  return mounts
    .filter(({ point }) => folder === point || folder.startsWith(point === '/' ? '/' : `${point}/`))
    .reduce<Mount | null>(
      (deepest, mount) => (mount.point.length >= (deepest?.point.length ?? 0) ? mount : deepest),
      null,
    );
}

/** Spaces and their like stand in octal there. */
const plain = (text: string): string =>
  text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** The disks below a partition, a volume or an encrypted device, by name. */
async function disksUnder(device: string): Promise<readonly string[]> {
  const name = (await realpath(device).catch(() => device)).split('/').at(-1) ?? device;
  const folder = await realpath(join('/sys/class/block', name)).catch(() => null);
  if (folder === null) return [name];
  const below = await readdir(join(folder, 'slaves')).catch(() => []);
  if (below.length > 0) {
    const disks = await Promise.all(below.map((one) => disksUnder(join('/dev', one))));
    return [...new Set(disks.flat())].sort();
  }
  const isPartition = await access(join(folder, 'partition')).then(
    () => true,
    () => false,
  );
  return [isPartition ? (folder.split('/').at(-2) ?? name) : name];
}
