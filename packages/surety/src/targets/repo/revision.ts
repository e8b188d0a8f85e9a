import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readlink } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { absolute } from './disk.ts';
import type { Git } from './git.ts';
import { nameOf, type RepoPath } from './name.ts';
import { splitNul } from './tracked.ts';

// A digest of larger files costs more than it tells; their size and time stand for them.
const largestDigested = 64 * 1024 * 1024;

/**
 * The last commit of HEAD that changed something here, and where the work tree differs from HEAD `+` and a
 * digest of what differs: contents of changed, staged, new and missing files that are not ignored. The
 * evidence in `.surety/` does not count: a proof must not grow stale because it was written down.
 */
export async function revisionOf(git: Git): Promise<string> {
  const head = await headCommit(git);
  const committed = new Map(head === null ? [] : await treeOf(git, head));
  const changed: string[] = [];
  for (const path of await candidates(git, head)) {
    const now = await objectOf(git.top, path, head);
    const then = committed.get(path) ?? 'absent';
    if (now !== then) changed.push(`${path}\0${now}\n`);
  }
  const commit = head === null ? 'no-commit' : await lastChange(git, head);
  if (changed.length === 0) return commit;
  const digest = createHash('sha256').update(changed.sort().join('')).digest('hex');
  return `${commit}+${digest.slice(0, 16)}`;
}

const evidence = /(?:^|\/)\.surety\//;

/** In a clone without its history this is HEAD. */
async function lastChange(git: Git, head: string): Promise<string> {
  const paths = [`:(top,literal)${git.prefix}`, ':(top,exclude,glob)**/.surety/**'];
  const out = await git.run(['log', '-1', '--format=%H', head, '--', ...paths]);
  return out.toString().trim() || head;
}

/** `null` before the first commit. */
export async function headCommit(git: Git): Promise<string | null> {
  const out = await git.run(['rev-parse', '--verify', '--quiet', 'HEAD'], { alsoFine: [1] });
  const head = out.toString().trim();
  if (head === '') return null;
  await git.run(['cat-file', '-e', `${head}^{tree}`]);
  return head;
}

/** The first commits: what two clones of one project have in common. Empty where history was cut off. */
export async function rootCommits(git: Git, head: string): Promise<readonly string[]> {
  if (git.shallow) return [];
  const out = await git.run(['rev-list', '--max-parents=0', head]);
  return out.toString().split('\n').filter(Boolean).sort();
}

async function treeOf(git: Git, commit: string): Promise<readonly (readonly [RepoPath, string])[]> {
  return splitNul(await git.run(['ls-tree', '-r', '-z', commit])).map((line) => {
    const tab = line.indexOf('\t');
    const [mode = '', , object = ''] = line.subarray(0, tab).toString('latin1').split(' ');
    return [nameOf(line.subarray(tab + 1)), `${mode} ${object}`] as const;
  });
}

async function candidates(git: Git, head: string | null): Promise<ReadonlySet<RepoPath>> {
  const folder = git.prefix === '' ? [] : ['--', `:(literal)${git.prefix}`];
  const others = ['ls-files', '-z', '--others', '--exclude-per-directory=.gitignore', ...folder];
  const unstaged = ['diff-files', '-z', '--name-only', '--no-ext-diff', '--ignore-submodules=all', ...folder];
  const staged =
    head === null
      ? ['ls-files', '-z', ...folder]
      : [
          'diff-index',
          '-z',
          '--name-only',
          '--cached',
          '--no-ext-diff',
          '--ignore-submodules=dirty',
          head,
          ...folder,
        ];
  const lists = [await git.run(others), await git.run(unstaged), await git.run(staged)];
  // A slash at the end is a repository inside this one.
  return new Set(
    lists
      .flatMap((out) => splitNul(out).map(nameOf))
      .filter((path) => !path.endsWith('/') && !evidence.test(path)),
  );
}

/** Mode and digest of what is on disk, as git would store it; `absent` where nothing is. */
async function objectOf(top: string, path: RepoPath, head: string | null): Promise<string> {
  const file = absolute(top, path);
  const entry = await lstat(file).catch(() => null);
  if (entry === null) return 'absent';
  const hash = createHash(head?.length === 64 ? 'sha256' : 'sha1');
  if (entry.isSymbolicLink()) {
    const target = await readlink(file, 'buffer');
    return `120000 ${hash.update(`blob ${target.length}\0`).update(target).digest('hex')}`;
  }
  if (!entry.isFile()) return 'not a file';
  const mode = (entry.mode & 0o100) === 0 ? '100644' : '100755';
  if (entry.size > largestDigested) return `${mode} ${entry.size} ${entry.mtimeMs}`;
  hash.update(`blob ${entry.size}\0`);
  await pipeline(createReadStream(file), hash);
  return `${mode} ${hash.digest('hex')}`;
}
