import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Scene, Scratch } from './specimens.ts';

/** Edits of a healthy checkout, in this order: files, links, git commands, and then what follows. */
export type RepoBreak = {
  /** Contents by path; `null` removes the file or folder. Paths below `.git/` are allowed. */
  readonly write?: Readonly<Record<string, string | Uint8Array | null>>;
  /** What links point to, by the path of the link. */
  readonly links?: Readonly<Record<string, string>>;
  /** Arguments of git commands, run in the checkout: `['commit', '-qam', 'x']`. */
  readonly git?: readonly (readonly string[])[];
  readonly next?: RepoBreak;
};

export type ScratchRepoOptions = {
  /** The target's name in the estate. */
  readonly name?: string;
  /** More facts of the target. */
  readonly facts?: Readonly<Record<string, unknown>>;
  readonly canaries?: readonly string[];
  /** The control looks at history, so that a cut or damaged one blinds it. */
  readonly history?: boolean;
  /** Edits that blind this control besides, by name. */
  readonly blinding?: Readonly<Record<string, RepoBreak>>;
};

/** Real git repositories in temporary folders, with `files` in a first commit. */
export function scratchRepo(
  files: Readonly<Record<string, string>>,
  {
    name = 'scratch-repo',
    facts = {},
    canaries = [],
    history = false,
    blinding = {},
  }: ScratchRepoOptions = {},
): Scratch<RepoBreak> {
  const at = (scene: Scene, more: Readonly<Record<string, unknown>>): Scene => ({
    ...scene,
    targets: { [name]: { ...scene.targets[name], kind: 'repo', ...more } },
  });
  const edited =
    (edit: RepoBreak) =>
    async (scene: Scene): Promise<Scene> => {
      await breakRepo(pathOf(scene, name), edit);
      return scene;
    };
  return {
    async unavailable() {
      return git(tmpdir(), ['--version']).then(
        () => null,
        () => 'git',
      );
    },
    async scene(broken) {
      const folder = await mkdtemp(join(tmpdir(), 'surety-repo-'));
      await git(folder, ['init', '-q', '-b', 'main']);
      await breakRepo(folder, {
        write: files,
        git: [
          ['add', '-A', '-f'],
          ['commit', '-qm', 'start'],
        ],
      });
      if (broken) await breakRepo(folder, broken);
      return {
        targets: { [name]: { ...facts, kind: 'repo', path: folder } },
        fingerprint: async () => fingerprint(folder),
        canaries,
        stop: () => rm(folder, { recursive: true, force: true }),
      };
    },
    blind: {
      'folder missing': async (scene) => at(scene, { path: join(pathOf(scene, name), 'nowhere') }),
      'a file, not a folder': async (scene) => at(scene, { path: join(pathOf(scene, name), '.git', 'HEAD') }),
      'no git program': async (scene) => at(scene, { git: '/nonexistent/git' }),
      'no git folder': edited({ write: { '.git': null } }),
      'git folder is not one': edited({
        write: { '.git': null },
        next: { write: { '.git': 'gitdir: nowhere\n' } },
      }),
      'sparse checkout': edited({ git: [['sparse-checkout', 'set', '--no-cone', '/nothing']] }),
      'index damaged': edited({ write: { '.git/index': 'DIRC, but not an index' } }),
      ...Object.fromEntries(Object.entries(blinding).map(([way, edit]) => [way, edited(edit)])),
      ...(history && {
        'history cut off': async (scene: Scene) => cutOff(scene, name, at),
        'commit lost': async (scene: Scene) => loseRoot(scene, name),
        'ref damaged': edited({ write: { '.git/refs/heads/other': 'not an object\n' } }),
      }),
    },
    close: async () => undefined,
  };
}

/** Carries out edits in a checkout. */
export async function breakRepo(
  folder: string,
  { write = {}, links = {}, git: commands = [], next }: RepoBreak,
) {
  for (const [path, content] of Object.entries(write)) {
    const file = join(folder, path);
    await rm(file, { recursive: true, force: true });
    if (content === null) continue;
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }
  for (const [path, target] of Object.entries(links)) {
    await rm(join(folder, path), { recursive: true, force: true });
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(target, join(folder, path));
  }
  for (const command of commands) await git(folder, command);
  if (next) await breakRepo(folder, next);
}

/** A digest of every file, link and folder, `.git` included. */
export async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256');
  const names = await readdir(folder, { recursive: true });
  for (const name of names.sort()) {
    const entry = await lstat(join(folder, name));
    hash.update(`${name}\0${entry.mode}\0`);
    if (entry.isFile()) hash.update(await readFile(join(folder, name)));
    if (entry.isSymbolicLink()) hash.update(await readlink(join(folder, name)));
  }
  return hash.digest('hex');
}

function pathOf(scene: Scene, name: string): string {
  return String(scene.targets[name]?.path);
}

async function cutOff(
  scene: Scene,
  name: string,
  at: (scene: Scene, more: Readonly<Record<string, unknown>>) => Scene,
): Promise<Scene> {
  const whole = pathOf(scene, name);
  await breakRepo(whole, { git: [['commit', '-q', '--allow-empty', '-m', 'second']] });
  const clone = join(whole, '.git', 'cut-off');
  await git(whole, ['clone', '-q', '--depth=1', `file://${whole}`, clone]);
  return at(scene, { path: clone });
}

async function loseRoot(scene: Scene, name: string): Promise<Scene> {
  const folder = pathOf(scene, name);
  await breakRepo(folder, { git: [['commit', '-q', '--allow-empty', '-m', 'second']] });
  const root = (await git(folder, ['rev-list', '--max-parents=0', 'HEAD'])).trim();
  await breakRepo(folder, { write: { [`.git/objects/${root.slice(0, 2)}/${root.slice(2)}`]: null } });
  return scene;
}

const run = promisify(execFile);

async function git(cwd: string, args: readonly string[]): Promise<string> {
  const env = {
    PATH: '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_AUTHOR_NAME: 'scratch',
    GIT_AUTHOR_EMAIL: 'scratch@example.com',
    GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
    GIT_COMMITTER_NAME: 'scratch',
    GIT_COMMITTER_EMAIL: 'scratch@example.com',
    GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
  };
  const { stdout } = await run('git', [...args], { cwd, env });
  return stdout;
}
