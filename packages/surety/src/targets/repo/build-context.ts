import { posix } from 'node:path';
import type { Build } from './build.ts';
import type { Dockerfile } from './dockerfile.ts';
import { excludes, pathPattern } from './dockerignore.ts';
import { below, folderOf, type RepoPath } from './name.ts';
import type { Repo } from './target.ts';

/** What one folder as context lets into an image. */
export type Context = {
  readonly folder: RepoPath;
  /** The file that leaves things out, whether or not it exists. */
  readonly ignoreFile: RepoPath;
  /** Of the paths asked about, those that are copied and not left out. */
  readonly let: readonly RepoPath[];
};

/**
 * Which of `paths` a build copies, for each folder that its context can be: the one that a compose file
 * names; else the folder of the Dockerfile and the root, as far as what it copies by name is there.
 */
export async function contextsOf(
  repo: Repo,
  build: Build,
  paths: readonly RepoPath[],
): Promise<readonly Context[]> {
  const sources = sourcesOf(build.file);
  if (sources.length === 0) return [];
  const folders = await foldersOf(repo, build, sources);
  return Promise.all(folders.map((folder) => look(repo, build, sources, folder, paths)));
}

async function look(
  repo: Repo,
  build: Build,
  sources: readonly string[],
  folder: RepoPath,
  paths: readonly RepoPath[],
): Promise<Context> {
  const own = build.path === null ? null : `${build.path}.dockerignore`;
  const ignoreFile = own !== null && (await repo.has(own)) ? own : below(folder, '.dockerignore');
  const rules = (await repo.has(ignoreFile)) ? await repo.text(ignoreFile) : '';
  const inside = paths.filter((path) => folder === '' || path.startsWith(`${folder}/`));
  const through = inside.filter((path) => {
    const relative = folder === '' ? path : path.slice(folder.length + 1);
    return sources.some((source) => copies(source, relative)) && !excludes(rules, relative);
  });
  return { folder, ignoreFile, let: through };
}

async function foldersOf(repo: Repo, build: Build, sources: readonly string[]): Promise<readonly RepoPath[]> {
  if (build.context !== null) return [build.context];
  const beside = folderOf(build.path ?? '');
  if (beside === '') return [''];
  const files = (await repo.files(() => true)).items;
  const literal = sources.filter((source) => source !== '.' && !/[*?[]/.test(source));
  const fits = (folder: RepoPath) =>
    literal.every((source) => {
      const path = below(folder, source);
      return files.some((file) => file === path || file.startsWith(`${path}/`));
    });
  const candidates = [beside, ''].filter(fits);
  return candidates.length === 0 ? [beside, ''] : candidates;
}

/** What COPY and ADD take from the context; `.` for all of it, and for what only a build knows. */
function sourcesOf({ stages }: Dockerfile): readonly string[] {
  const instructions = stages.flatMap((stage) => stage.instructions);
  const taken = instructions.flatMap(({ keyword, args, flags }) => {
    const [, trigger, rest] =
      /^(COPY|ADD)\s+(.*)$/is.exec(keyword === 'ONBUILD' ? args : `${keyword} ${args}`) ?? [];
    if (trigger === undefined || rest === undefined) return [];
    const from = flags.some(({ name }) => name.toLowerCase() === 'from') || /^--from=/.test(rest);
    return from ? [] : words(rest.replace(/^(?:--\S+\s+)+/, '')).slice(0, -1);
  });
  const kept = taken.filter((source) => !/^(?:<<|[a-z]+:\/\/|git@)/i.test(source));
  return [...new Set(kept.map((source) => (source.includes('$') ? '.' : clean(source))))];
}

function words(args: string): readonly string[] {
  if (!args.startsWith('[')) return args.split(/\s+/);
  try {
    const list: unknown = JSON.parse(args);
    return Array.isArray(list) ? list.map(String) : ['.', ''];
  } catch {
    return ['.', ''];
  }
}

function clean(source: string): string {
  const path = posix.normalize(source.replace(/^\/+/, '') || '.').replace(/(?<=.)\/$/, '');
  return path.startsWith('..') ? '.' : path;
}

function copies(source: string, path: string): boolean {
  if (source === '.') return true;
  const matches = pathPattern(source);
  const parts = path.split('/');
  return parts.some((_, index) => matches(parts.slice(0, index + 1).join('/')));
}
