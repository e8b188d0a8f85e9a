import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, resolve } from 'node:path';
import { z } from 'zod';
import { BlindError, SuretyError } from '../../core/error.ts';
import type { Population } from '../../core/see.ts';
import { type Handle, type OpenContext, type TargetKind, touches } from '../../core/target.ts';
import { isReadable, readInside } from './disk.ts';
import { type Git, openGit } from './git.ts';
import { type History, readHistory } from './history.ts';
import { type IgnoreRule, ignoreRules } from './ignored.ts';
import type { RepoPath } from './name.ts';
import { originOf } from './origin.ts';
import { type ProjectFiles, projectFiles } from './project-files.ts';
import { headCommit, revisionOf, rootCommits } from './revision.ts';
import { type TrackedFile, trackedFiles } from './tracked.ts';
import { writeFiles } from './write.ts';

const facts = z.strictObject({
  path: z.string().min(1).describe('folder of the checkout, from the folder of the estate'),
  runbooks: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('folders of the runbooks, from path; default docs/runbooks'),
  isolation: z
    .strictObject({
      sql: z.array(z.string().min(1)).default([]).describe('files of tests that ask in SQL'),
      http: z.array(z.string().min(1)).default([]).describe('files of tests that ask over HTTP'),
      browser: z.array(z.string().min(1)).default([]).describe('files of tests that ask through a browser'),
    })
    .optional()
    .describe('suites that tenants do not see each other, where names and titles of tests do not say it'),
  git: z
    .string()
    .refine(isAbsolute, 'not an absolute path')
    .optional()
    .describe('absolute path of the git program; default the one of the system'),
});
export type RepoFacts = z.infer<typeof facts>;

/** The files of the project, and why they may not be all. */
export type Files = Population<RepoPath> & {
  /** `null`, or what was missing to tell which files belong to the project. */
  readonly doubt: string | null;
};

/** A checkout, read and never run: no hook, filter or setting of it takes part. */
export type Repo = {
  readonly runbooks: readonly RepoPath[];
  /** Suites of isolation that the estate names. */
  readonly isolation: Readonly<Record<'sql' | 'http' | 'browser', readonly RepoPath[]>>;
  /**
   * Files and links on disk that are tracked, or neither tracked nor ignored. Without git all but
   * `node_modules`, and in doubt.
   */
  files(matches: (path: RepoPath) => boolean): Promise<Files>;
  /** What the index holds. @throws {BlindError} without git. */
  tracked(): Promise<Population<TrackedFile>>;
  /** Names in all commits of all refs. @throws {BlindError} without git. */
  history(): Promise<History>;
  /** What the `.gitignore` files say of paths, existing or not. @throws {BlindError} without git. */
  ignored(paths: readonly RepoPath[]): Promise<readonly IgnoreRule[]>;
  /** Whether something that can be read stands there: a file, or a link to one in the tree. */
  has(path: RepoPath): Promise<boolean>;
  /** A file's bytes, at most `limit` (default 4 MiB). @throws {BlindError} naming it. */
  read(path: RepoPath, limit?: number): Promise<Buffer>;
  /** A file's text. @throws {BlindError} naming it, also when it is not UTF-8. */
  text(path: RepoPath, limit?: number): Promise<string>;
  /** Repositories inside this one, which are not looked into. */
  nested(): Promise<readonly RepoPath[]>;
};

declare module '../../core/target.ts' {
  interface TargetKinds {
    repo: Repo;
  }
}

const readLimit = 4 * 1024 * 1024;

/** A checkout on this machine. */
export const repo: TargetKind<'repo', RepoFacts> = {
  kind: 'repo',
  summary: 'a checkout of your code; it is read, and nothing in it is ever run',
  facts,
  hosts: () => [],
  open,
};
export default repo;

async function open(given: RepoFacts, context: OpenContext): Promise<Repo & Handle> {
  const root = await folder(resolve(context.root, given.path));
  const git = await openGit(root, given.git ?? 'git', context.signal);
  // One look at the folder serves all questions, until we change it ourselves.
  let looked: Promise<ProjectFiles> | null = null;
  const look = () => {
    looked ??= projectFiles(root, git);
    return looked;
  };
  const changed = () => {
    looked = null;
  };
  return { ...reading(root, git, given, look), ...standing(root, git, context, changed) };
}

function reading(root: string, git: Git | null, given: RepoFacts, look: () => Promise<ProjectFiles>): Repo {
  const read = (path: RepoPath, limit = readLimit) => readInside(root, path, limit);
  return {
    runbooks: given.runbooks ?? ['docs/runbooks'],
    isolation: given.isolation ?? { sql: [], http: [], browser: [] },
    async files(matches) {
      const { found, how, again, howAgain, doubt } = await look();
      const recount = { how: howAgain, count: again.filter(matches).length };
      return { items: found.filter(matches), how, recount, doubt };
    },
    tracked: async () => trackedFiles(needGit(git, root)),
    history: async () => readHistory(needGit(git, root)),
    ignored: async (paths) => ignoreRules(needGit(git, root), paths),
    has: (path) => isReadable(root, path),
    read,
    async text(path, limit) {
      const bytes = await read(path, limit);
      try {
        return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
      } catch (cause) {
        throw new BlindError('repo/not-text', `${path} is not UTF-8`, 'save it as UTF-8', { cause });
      }
    },
    nested: async () => (await look()).nested,
  };
}

function standing(root: string, git: Git | null, context: OpenContext, changed: () => void): Handle {
  return {
    async identity() {
      if (git === null) return { git: false };
      const url = await git.originUrl();
      const origin = url === null ? null : originOf(url);
      const folder = git.prefix === '' ? {} : { folder: git.prefix.slice(0, -1) };
      if (origin !== null) return { git: true, origin, ...folder };
      // Hosted nowhere, it is known by its first commits.
      const head = await headCommit(git);
      return { git: true, origin, roots: head === null ? [] : await rootCommits(git, head), ...folder };
    },
    revision: async () => (git === null ? null : revisionOf(git)),
    principal: async () => null,
    async carryOut(steps) {
      if (touches.indexOf(context.touch) < touches.indexOf('writes'))
        throw new SuretyError(
          'repo/read-only',
          'this was opened to be read only',
          'files change by surety apply only',
        );
      changed();
      await writeFiles(root, steps);
    },
    close: async () => git?.close(),
  };
}

async function folder(path: string): Promise<string> {
  try {
    const real = await realpath(path);
    if ((await stat(real)).isDirectory()) return real;
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unreadable';
    throw notAFolder(path, code, cause);
  }
  throw notAFolder(path, 'ENOTDIR', undefined);
}

function notAFolder(path: string, code: string, cause: unknown): BlindError {
  return new BlindError(
    'repo/no-folder',
    `${path} is not a folder that can be read (${code})`,
    'correct path: in surety.config.ts',
    { cause },
  );
}

function needGit(git: Git | null, root: string): Git {
  if (git !== null) return git;
  throw new BlindError(
    'repo/no-git',
    `${root} has no git folder`,
    'point path: at a checkout; what was ever tracked, only git can tell',
  );
}
