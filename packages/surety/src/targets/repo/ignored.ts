import { posix } from 'node:path';
import type { Git } from './git.ts';
import { nameOf, type RepoPath, rawOf } from './name.ts';
import { splitNul } from './tracked.ts';

/** The line that decides about a path. */
export type IgnoreRule = {
  readonly path: RepoPath;
  readonly ignored: boolean;
  /** The `.gitignore` and line that decided, from the folder looked at; `null` where none speaks of it. */
  readonly source: {
    readonly file: RepoPath;
    readonly line: number;
    readonly pattern: string;
    /** Whether the file is tracked, so that others have the rule too. */
    readonly tracked: boolean;
  } | null;
};

/**
 * What git's own reading of the `.gitignore` files in the work tree says of each path, whether or not it
 * exists or is tracked. Rules that are not in the repository (`.git/info/exclude`, a user's own) do not
 * count: nobody else has them.
 */
export async function ignoreRules(git: Git, paths: readonly RepoPath[]): Promise<readonly IgnoreRule[]> {
  const files = await git.run(['ls-files', '-z', '--', ':(glob)**/.gitignore']);
  const tracked = new Set(splitNul(files).map(nameOf));
  return (await decide(git, paths)).map(({ path, file, line, pattern }) => {
    if (file === '') return { path, ignored: false, source: null };
    const source = { file: posix.relative(git.prefix, file), line, pattern, tracked: tracked.has(file) };
    return { path, ignored: !pattern.startsWith('!'), source };
  });
}

/** Those of `paths` that are ignored. */
export async function ignoredAmong(git: Git, paths: readonly RepoPath[]): Promise<ReadonlySet<RepoPath>> {
  const decided = await decide(git, paths);
  return new Set(
    decided.flatMap(({ path, file, pattern }) => (file !== '' && !pattern.startsWith('!') ? [path] : [])),
  );
}

async function decide(git: Git, paths: readonly RepoPath[]) {
  if (paths.length === 0) return [];
  const nul = Buffer.of(0);
  // A name that begins with a colon would otherwise be read as pathspec magic.
  const input = Buffer.concat(paths.flatMap((path) => [Buffer.from(`./${git.prefix}`), rawOf(path), nul]));
  const args = ['check-ignore', '--verbose', '--non-matching', '-z', '--no-index', '--stdin'];
  const fields = splitNul(await git.run(args, { input, alsoFine: [1] }));
  return paths.map((path, index) => {
    const [file = '', line = '', pattern = ''] = fields.slice(index * 4, index * 4 + 3).map(nameOf);
    return { path, file, line: Number(line), pattern };
  });
}
