import { control, supports } from '../../core/control.ts';
import { BlindError } from '../../core/error.ts';
import type { Change, Step } from '../../core/plan.ts';
import type { See } from '../../core/see.ts';
import { buildsOf } from '../../targets/repo/build.ts';
import { contextsOf } from '../../targets/repo/build-context.ts';
import { isDockerfile } from '../../targets/repo/dockerfile.ts';
import { envFileOf, isSealed, suspicions, usualEnvNames } from '../../targets/repo/env-file.ts';
import type { IgnoreRule } from '../../targets/repo/ignored.ts';
import { baseOf, below, folderOf, type RepoPath } from '../../targets/repo/name.ts';
import type { Repo } from '../../targets/repo/target.ts';
import { sha256 } from '../../targets/repo/write.ts';

export default control({
  claim: 'No env file is or ever was tracked, and git and image builds leave every one out',
  why: 'What was committed once stays in every clone, and what was copied into an image goes wherever the image goes.',
  requirements: [
    supports('mp22:1.4', 'ignored by what git itself says, and absent from all history'),
    supports('tsc:CC6.1', 'credentials do not travel with the code'),
  ],
  targets: { repo: 'repo' },
  touch: 'nothing',
  async prove({ repo }, see) {
    const tracked = new Set((await see.population('tracked files', repo.tracked())).map(({ path }) => path));
    await neverTracked(repo, tracked, see);
    const { doubt } = await repo.files(() => false);
    if (doubt !== null)
      return see.blind('ignore rules', doubt, { hint: 'point path: at a whole checkout, not a sparse one' });
    await leftLying(repo, tracked, see);
    for (const { folder, rules } of await probes(repo)) {
      const open = rules.filter(({ ignored }) => !ignored).map(({ path }) => baseOf(path));
      see.must(`${folder === '' ? 'root' : folder}: git ignores env files`, open.length === 0, {
        want: 'all ignored',
        got: open.length === 0 ? 'all ignored' : `not ignored: ${open.join(', ')}`,
        hint: 'surety plan secrets/env-files-ignored',
      });
      for (const file of new Set(rules.flatMap(untracked)))
        see.must(`${file}: tracked, so that others have it`, false, { hint: `git add ${file}` });
    }
    await templates(repo, see);
    await builds(repo, tracked, see);
    const nested = await repo.nested();
    if (nested.length > 0) see.note('repositories inside', `not looked into: ${nested.join(', ')}`);
    see.note('contents of earlier versions', 'only their names were read here; see secrets/none-in-source');
  },
  async plan({ repo }) {
    const lines = new Map<RepoPath, ReadonlySet<string>>();
    const add = (path: RepoPath, more: readonly string[]) =>
      lines.set(path, new Set([...(lines.get(path) ?? []), ...more]));
    for (const { rules } of await probes(repo))
      for (const { path, ignored, source } of rules)
        if (!ignored) add(fileToMend(source), [...gitLines, ...(usual(path) ? [] : [baseOf(path)])]);
    for (const context of await openContexts(repo)) {
      const unusual = context.let.filter((path) => !usual(path)).map((path) => `**/${baseOf(path)}`);
      add(context.ignoreFile, [...dockerLines, ...unusual]);
    }
    return Promise.all(Array.from(lines, ([path, more]) => addLines(repo, path, [...more])));
  },
});

const purge = 'change every value in it, then git rm --cached and rewrite history with git filter-repo';

async function neverTracked(repo: Repo, tracked: ReadonlySet<RepoPath>, see: See): Promise<void> {
  const history = await repo.history();
  await see.population('commits', history.commits);
  const incidents = history.added.filter(({ path }) => envFileOf(path) === 'plain');
  const since = new Map(incidents.map(({ path, commit }) => [path, commit]));
  const staged = [...tracked].filter((path) => envFileOf(path) === 'plain');
  for (const path of new Set([...since.keys(), ...staged])) {
    const commit = since.get(path)?.slice(0, 12);
    const got = `${tracked.has(path) ? 'tracked now' : 'deleted since'}${commit ? `, added in ${commit}` : ', staged'}`;
    see.must(`${path}: never tracked`, false, { want: 'in no commit', got, hint: purge });
  }
  if (since.size + staged.length === 0)
    see.must('env files ever tracked', true, { want: 'none', got: 'none' });
  if (history.incomplete !== null)
    see.blind('history', history.incomplete, {
      hint: 'git fetch --unshallow; in CI check out with fetch-depth: 0',
    });
}

/** Env files that stand there and would be in the next commit, and sealed ones that are not. */
async function leftLying(repo: Repo, tracked: ReadonlySet<RepoPath>, see: See): Promise<void> {
  const files = await repo.files((path) => ['plain', 'sealed'].includes(envFileOf(path) ?? ''));
  if (files.items.length !== files.recount.count) await see.population('env files', files);
  for (const path of files.items) {
    if (envFileOf(path) === 'plain' && !tracked.has(path))
      see.must(`${path}: ignored`, false, { hint: 'surety plan secrets/env-files-ignored' });
    if (envFileOf(path) === 'sealed')
      await reading(path, see, async () => {
        see.must(`${path}: encrypted`, isSealed(await repo.read(path)), {
          hint: 'encrypt it, and change its values',
        });
      });
  }
}

async function templates(repo: Repo, see: See): Promise<void> {
  const files = await repo.files((path) => envFileOf(path) === 'template');
  if (files.items.length !== files.recount.count) await see.population('env templates', files);
  for (const path of files.items)
    await reading(path, see, async () => {
      const found = suspicions(await repo.text(path));
      for (const { where, why } of found)
        see.must(`${path}: ${where}`, false, {
          want: 'a placeholder',
          got: why,
          hint: 'change it where it is in use, and empty it here',
        });
      if (found.length === 0) see.must(`${path}: placeholders only`, true);
    });
}

/** A file that cannot be read is named, and the others are still looked at. */
async function reading(path: RepoPath, see: See, look: () => Promise<void>): Promise<void> {
  try {
    await look();
  } catch (error) {
    if (!(error instanceof BlindError)) throw error;
    see.blind(path, error.message, { hint: error.hint });
  }
}

async function builds(repo: Repo, tracked: ReadonlySet<RepoPath>, see: See): Promise<void> {
  const { blind } = await buildsOf(repo);
  for (const { subject, why, hint } of blind) see.blind(`${subject}: build context`, why, { hint });
  for (const { name, contexts } of await buildContexts(repo)) {
    const open = contexts.filter((context) => context.let.length > 0);
    const subject = `${name}: image builds leave env files out`;
    if (open.length > 0 && open.length < contexts.length) {
      const got = contexts.map(({ folder }) => folder || 'the root').join(' or ');
      see.blind(subject, `its build context may be ${got}, with different answers`, {
        hint: 'name the context in a compose file',
      });
      continue;
    }
    const [first] = open;
    see.must(subject, first === undefined, {
      want: 'none copied',
      got: first === undefined ? 'none copied' : `copied: ${first.let.slice(0, 3).join(', ')}`,
      hint: `surety plan secrets/env-files-ignored adds them to ${first?.ignoreFile}`,
    });
    for (const { ignoreFile } of contexts)
      if ((await repo.has(ignoreFile)) && !tracked.has(ignoreFile))
        see.must(`${ignoreFile}: tracked, so that others have it`, false, { hint: `git add ${ignoreFile}` });
  }
}

/** For every folder where an env file may come to stand, what git says of the usual names there. */
async function probes(
  repo: Repo,
): Promise<readonly { readonly folder: RepoPath; readonly rules: readonly IgnoreRule[] }[]> {
  const folders = await likelyFolders(repo);
  const names = new Set([...usualEnvNames, ...(await negatedNames(repo))]);
  const present = (await repo.files((path) => envFileOf(path) === 'plain')).items;
  const asked = [...folders].map((folder) => [
    ...new Set([
      ...[...names].map((name) => below(folder, name)),
      ...present.filter((path) => folderOf(path) === folder),
    ]),
  ]);
  const rules = await repo.ignored(asked.flat());
  const byPath = new Map(rules.map((rule) => [rule.path, rule]));
  return [...folders].map((folder, index) => ({
    folder,
    rules: (asked[index] ?? []).flatMap((path) => byPath.get(path) ?? []),
  }));
}

/** The root, a folder that is yet to be made, and folders of packages, images, env files and ignore rules. */
async function likelyFolders(repo: Repo): Promise<ReadonlySet<RepoPath>> {
  const marks =
    /^(?:package\.json|\.gitignore|\.dockerignore|docker-compose.*|compose.*|pyproject\.toml|go\.mod|Cargo\.toml)$/;
  const files = await repo.files(
    (path) => marks.test(baseOf(path)) || isDockerfile(path) || envFileOf(path) !== null,
  );
  return new Set(['', 'apps/yet-to-come', ...files.items.map(folderOf)]);
}

/** Names that rules take back out: `!.env.uat` is a name somebody uses. */
async function negatedNames(repo: Repo): Promise<readonly string[]> {
  const files = await repo.files((path) => baseOf(path) === '.gitignore');
  const lines = await Promise.all(
    files.items.map(async (path) => (await repo.read(path)).toString('latin1')),
  );
  return lines
    .flatMap((text) => text.split(/\r?\n/))
    .filter((line) => line.startsWith('!'))
    .map((line) => baseOf(line.slice(1).trim().replace(/\/$/, '')).replace(/[*?]|\[[^\]]*\]/g, 'x'))
    .filter((name) => envFileOf(name) === 'plain' && /^[\w.-]+$/.test(name));
}

function untracked({ ignored, source }: IgnoreRule): readonly RepoPath[] {
  return ignored && source !== null && !source.tracked ? [source.file] : [];
}

async function buildContexts(repo: Repo) {
  const { builds } = await buildsOf(repo);
  const composed = new Set(builds.flatMap(({ path, context }) => (context === null ? [] : [path])));
  const names = [...(await likelyFolders(repo))].flatMap((folder) =>
    usualEnvNames.map((name) => below(folder, name)),
  );
  const present = (await repo.files((path) => envFileOf(path) === 'plain')).items;
  return Promise.all(
    builds
      .filter(({ path, context }) => context !== null || !composed.has(path))
      .map(async (build) => ({
        name: build.name,
        contexts: await contextsOf(repo, build, [...new Set([...names, ...present])]),
      })),
  );
}

async function openContexts(repo: Repo) {
  const all = (await buildContexts(repo)).map(({ contexts }) => contexts);
  return all.filter((contexts) => contexts.every((context) => context.let.length > 0)).flat();
}

const gitLines = [
  '# env files hold secrets; only templates are for everybody',
  '.env',
  '.env.*',
  '!.env*.example',
];
const dockerLines = [
  '# env files hold secrets, and images travel',
  '**/.env',
  '**/.env.*',
  '!**/.env*.example',
];

function usual(path: RepoPath): boolean {
  return /^\.env(?:\.|$)/.test(baseOf(path));
}

/** Where a rule takes a name back out, the file of that rule; else the root's. */
function fileToMend(source: IgnoreRule['source']): RepoPath {
  const own = source?.pattern.startsWith('!') === true && !source.file.startsWith('../');
  return own ? source.file : '.gitignore';
}

async function addLines(repo: Repo, path: RepoPath, lines: readonly string[]): Promise<Change> {
  const before = (await repo.has(path)) ? await repo.text(path) : null;
  const gap = before === null || before === '' ? '' : before.endsWith('\n') ? '\n' : '\n\n';
  const after = `${before ?? ''}${gap}${lines.join('\n')}\n`;
  const digest = before === null ? null : sha256(before);
  const step = (from: string | null, content: string | null): Step => ({ file: path, before: from, content });
  return {
    id: path,
    title: `leave env files out in ${path}`,
    target: 'repo',
    steps: [step(digest, after)],
    undo: [step(sha256(after), before)],
    requires: [],
  };
}
