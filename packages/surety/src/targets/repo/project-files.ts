import { isThere, type Prune, walk } from './disk.ts';
import type { Git } from './git.ts';
import { ignoredAmong } from './ignored.ts';
import { baseOf, nameOf, type RepoPath } from './name.ts';
import { splitNul, trackedFiles, within } from './tracked.ts';

/** The files of the project on disk, found in two ways. */
export type ProjectFiles = {
  readonly found: readonly RepoPath[];
  readonly how: string;
  readonly again: readonly RepoPath[];
  readonly howAgain: string;
  /** `null`, or what was missing to tell which files belong to the project. */
  readonly doubt: string | null;
  /** Repositories inside this one, which are not looked into. */
  readonly nested: readonly RepoPath[];
};

/** By git's own listing, and again by walking the folder and asking git about each name. */
export async function projectFiles(root: string, git: Git | null): Promise<ProjectFiles> {
  if (git === null) return withoutGit(root);
  const { files, nested } = await walk(root, (folders) => ignoredAmong(git, folders));
  const ignored = await ignoredAmong(git, files);
  const again = new Set(files.filter((path) => !ignored.has(path)));
  const tracked = (await trackedFiles(git)).items.map(({ path }) => path);
  for (const path of await present(root, tracked)) again.add(path);
  return {
    found: await listed(root, git),
    how: 'git ls-files',
    again: [...again],
    howAgain: 'walking the folder',
    doubt: await leftOut(git),
    nested,
  };
}

async function listed(root: string, git: Git): Promise<readonly RepoPath[]> {
  const folder = git.prefix === '' ? [] : ['--', `:(literal)${git.prefix}`];
  const list = ['ls-files', '-z', '--cached', '--others', '--exclude-per-directory=.gitignore', ...folder];
  const names = splitNul(await git.run(list)).flatMap((name) => within(git.prefix, { path: nameOf(name) }));
  return present(root, [...new Set(names.map(({ path }) => path))]);
}

/** A sparse checkout leaves tracked files out of the folder, where nothing can be read of them. */
async function leftOut(git: Git): Promise<string | null> {
  const entries = splitNul(await git.run(['ls-files', '-z', '-t'])).map(nameOf);
  const skipped = entries.filter((entry) => entry.startsWith(`S ${git.prefix}`)).length;
  return skipped === 0 ? null : `${skipped} tracked files that are not checked out`;
}

async function withoutGit(root: string): Promise<ProjectFiles> {
  const { files, nested } = await walk(root, skipInstalled);
  const how = 'walking the folder';
  const doubt = 'which files belong to the project: there is no git folder';
  return { found: files, how, again: files, howAgain: 'the same walk', doubt, nested };
}

async function present(root: string, paths: readonly RepoPath[]): Promise<readonly RepoPath[]> {
  const there: RepoPath[] = [];
  for (const path of paths) if (await isThere(root, path)) there.push(path);
  return there;
}

const skipInstalled: Prune = async (folders) =>
  new Set(folders.filter((path) => baseOf(path) === 'node_modules'));
