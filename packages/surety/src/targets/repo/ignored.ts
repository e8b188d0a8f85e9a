import type { Git } from './git.ts';
import { nameOf, type RepoPath, rawOf } from './name.ts';
import { splitNul } from './tracked.ts';

/** The line that decides about a path. */
export type IgnoreRule = {
  readonly path: RepoPath;
  readonly ignored: boolean;
  /** The `.gitignore` and line that decided, from the top of the checkout; `null` where none speaks of it. */
  readonly source: { readonly file: RepoPath; readonly line: number; readonly pattern: string } | null;
};

/**
 * What git's own reading of the `.gitignore` files in the work tree says of each path, whether or not it
 * exists or is tracked. Rules that are not in the repository (`.git/info/exclude`, a user's own) do not
 * count: nobody else has them.
 */
export async function ignoreRules(git: Git, paths: readonly RepoPath[]): Promise<readonly IgnoreRule[]> {
  if (paths.length === 0) return [];
  const nul = Buffer.of(0);
  // A name that begins with a colon would otherwise be read as pathspec magic.
  const input = Buffer.concat(paths.flatMap((path) => [Buffer.from(`./${git.prefix}`), rawOf(path), nul]));
  const args = ['check-ignore', '--verbose', '--non-matching', '-z', '--no-index', '--stdin'];
  const fields = splitNul(await git.run(args, { input, alsoFine: [1] }));
  return paths.map((path, index) => {
    const [file = '', line = '', pattern = ''] = fields.slice(index * 4, index * 4 + 3).map(nameOf);
    if (file === '') return { path, ignored: false, source: null };
    return { path, ignored: !pattern.startsWith('!'), source: { file, line: Number(line), pattern } };
  });
}
