import { lstat, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { BlindError } from '../../core/error.ts';

/**
 * What git is given instead of the repository's own `.git`: its objects, refs and index, and a
 * configuration of ours. The configuration, attributes and hooks in a checkout can name programs that
 * git starts (filters, file system monitors, diff drivers, pagers, transports, credential helpers), and a
 * list of those to switch off is never complete. So git does not get to read any of it.
 */
export type Quarantine = {
  /** The folder to give as GIT_DIR. */
  readonly gitDir: string;
  readonly index: string;
  /** The repository's own configuration, to be read as data only. */
  readonly foreignConfig: string;
  /** Where the work tree begins. */
  readonly top: string;
  /** The folder looked at, below `top`: `''` or `examples/budget/`. */
  readonly prefix: string;
  /** History was cut off when it was cloned. */
  readonly shallow: boolean;
  remove(): Promise<void>;
};

/** Asks git about one key of a configuration file, without following its includes. */
export type ReadConfig = (file: string, key: string) => Promise<string | null>;

/**
 * @returns `null` where neither the folder nor one above it (of the same owner) is a checkout.
 * @throws {BlindError} `repo/damaged` when there is a `.git` that is not a repository.
 */
export async function quarantine(root: string, readConfig: ReadConfig): Promise<Quarantine | null> {
  const found = await findGit(root);
  if (found === null) return null;
  const { top, gitDir } = found;
  const common = await commonDir(gitDir);
  const own = await mkdtemp(join(tmpdir(), 'surety-git-'));
  const remove = () => rm(own, { recursive: true, force: true });
  try {
    for (const name of ['objects', 'refs', 'packed-refs', 'reftable'])
      await lend(join(common, name), join(own, name));
    for (const name of await readdir(gitDir))
      if (name.startsWith('sharedindex.')) await lend(join(gitDir, name), join(own, name));
    const shallow = await readFile(join(common, 'shallow'), 'utf8').catch(() => '');
    if (shallow !== '') await writeFile(join(own, 'shallow'), shallow);
    await writeFile(join(own, 'HEAD'), await readHead(gitDir));
    const foreignConfig = join(common, 'config');
    await writeFile(join(own, 'config'), await ownConfig(foreignConfig, readConfig));
    const prefix = relative(top, root);
    return {
      gitDir: own,
      index: join(gitDir, 'index'),
      foreignConfig,
      top,
      prefix: prefix === '' ? '' : `${prefix}/`,
      shallow: shallow.trim() !== '',
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

type Found = { readonly top: string; readonly gitDir: string };

/** The nearest `.git`. One above that belongs to somebody else is not ours to believe. */
async function findGit(root: string): Promise<Found | null> {
  const { uid } = await stat(root);
  for (let top = root; ; top = dirname(top)) {
    const dotGit = join(top, '.git');
    const entry = await lstat(dotGit).catch(() => null);
    if (entry !== null && (top === root || entry.uid === uid)) return { top, gitDir: await gitDirOf(dotGit) };
    if (dirname(top) === top) return null;
  }
}

/** `.git` is a folder, or in linked work trees and submodules a file that names one. */
async function gitDirOf(dotGit: string): Promise<string> {
  const entry = await stat(dotGit).catch(() => null);
  if (entry?.isDirectory()) return realpath(dotGit);
  const pointer = entry?.isFile() && entry.size < 65_536 ? await readFile(dotGit, 'utf8') : '';
  const target = /^gitdir: (.+)$/m.exec(pointer)?.[1]?.trim();
  if (target === undefined) throw damaged(dotGit);
  return realpath(resolve(dirname(dotGit), target)).catch(() => {
    throw damaged(dotGit);
  });
}

async function commonDir(gitDir: string): Promise<string> {
  const pointer = await readFile(join(gitDir, 'commondir'), 'utf8').catch(() => '.');
  return resolve(gitDir, pointer.trim());
}

async function lend(from: string, to: string): Promise<void> {
  if (await stat(from).catch(() => null)) await symlink(from, to);
}

async function readHead(gitDir: string): Promise<string> {
  const head = await readFile(join(gitDir, 'HEAD'), 'utf8').catch(() => '');
  if (!/^(ref: refs\/[^\n]+|[0-9a-f]{40}|[0-9a-f]{64})\s*$/.test(head)) throw damaged(gitDir);
  return head;
}

async function ownConfig(foreign: string, readConfig: ReadConfig): Promise<string> {
  const objects = await readConfig(foreign, 'extensions.objectformat');
  const refs = await readConfig(foreign, 'extensions.refstorage');
  const extensions = [
    ...(objects === 'sha256' ? ['objectFormat = sha256'] : []),
    ...(refs === 'reftable' ? ['refStorage = reftable'] : []),
  ];
  return [
    '[core]',
    `repositoryFormatVersion = ${extensions.length === 0 ? 0 : 1}`,
    'bare = false',
    'fsmonitor = false',
    'hooksPath = /dev/null',
    'excludesFile = /dev/null',
    'attributesFile = /dev/null',
    'commitGraph = false',
    'multiPackIndex = false',
    '[protocol]',
    'allow = never',
    ...(extensions.length === 0 ? [] : ['[extensions]', ...extensions]),
    '',
  ].join('\n');
}

function damaged(path: string): BlindError {
  return new BlindError(
    'repo/damaged',
    `${path} is not a git repository`,
    'run git fsck there, or clone it again',
  );
}
