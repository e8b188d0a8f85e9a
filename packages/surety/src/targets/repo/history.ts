import type { Population } from '../../core/see.ts';
import type { Git } from './git.ts';
import { nameOf, type RepoPath } from './name.ts';
import { splitNul, within } from './tracked.ts';

/** A path that some commit of some branch, tag or other ref brought in. */
export type Added = { readonly path: RepoPath; readonly commit: string };

export type History = {
  readonly commits: Population<string>;
  /** Every path that was ever tracked, with one commit that brought it in. */
  readonly added: readonly Added[];
  /** Why this is not all of it; `null` when it is. */
  readonly incomplete: string | null;
};

/** Reads the names in all commits that any ref leads to. Needs commits and trees, not contents. */
export async function readHistory(git: Git): Promise<History> {
  const log = await git.run(
    ['log', '--all', '--root', '-m', '--no-renames', '--raw', '--no-abbrev', '-z', '--format=%H'],
    { complaintsAreBlindness: true },
  );
  const count = await git.run(['rev-list', '--all', '--count'], { complaintsAreBlindness: true });
  const { commits, added } = parseLog(log);
  for (const found of await treesWithoutCommit(git)) added.set(found.path, found.commit);
  return {
    commits: {
      items: commits,
      how: 'git log --all',
      recount: { how: 'git rev-list --all --count', count: Number(count.toString()) },
    },
    added: Array.from(added, ([path, commit]) => ({ path, commit })).flatMap((one) =>
      within(git.prefix, one),
    ),
    incomplete: git.shallow ? 'history was cut off when this was cloned' : null,
  };
}

/** Commit ids, and after each the pairs `:modes objects A`, path of what it changed; merges once a parent. */
function parseLog(log: Buffer): { commits: readonly string[]; added: Map<RepoPath, string> } {
  const commits = new Set<string>();
  const added = new Map<RepoPath, string>();
  let commit = '';
  let pathFollows: 'added' | 'other' | null = null;
  for (const token of splitNul(log)) {
    if (pathFollows !== null) {
      if (pathFollows === 'added') added.set(nameOf(token), commit);
      pathFollows = null;
      continue;
    }
    const text = token.toString('latin1').trimStart();
    if (text.startsWith(':')) pathFollows = text.endsWith('A') ? 'added' : 'other';
    else if (text !== '') {
      commit = text;
      commits.add(commit);
    }
  }
  return { commits: [...commits], added };
}

/** Tags may name a tree that no commit has; a log never shows it. */
async function treesWithoutCommit(git: Git): Promise<readonly Added[]> {
  const refs = (await git.run(['for-each-ref', '--format=%(objectname) %(objecttype)'])).toString();
  const found: Added[] = [];
  for (const line of new Set(refs.split('\n'))) {
    const [object = '', type = ''] = line.split(' ');
    if (type !== 'tree' && type !== 'tag') continue;
    const peeled = (await git.run(['rev-parse', '--verify', `${object}^{}`])).toString().trim();
    if ((await git.run(['cat-file', '-t', peeled])).toString().trim() !== 'tree') continue;
    const names = splitNul(await git.run(['ls-tree', '-r', '-z', '--name-only', peeled]));
    found.push(...names.map((name) => ({ path: nameOf(name), commit: object })));
  }
  return found;
}
