import { BlindError } from '../../core/error.ts';
import { type ComposeBuild, isCompose, readCompose } from './compose.ts';
import { type Dockerfile, isDockerfile, readDockerfile, type Stage } from './dockerfile.ts';
import type { RepoPath } from './name.ts';
import { type BuildArgs, stageNamed } from './stage-user.ts';
import type { Files, Repo } from './target.ts';

/** One image that the repository says how to build. */
export type Build = {
  /** How it is spoken of: `api/Dockerfile`, `compose.yml api`. */
  readonly name: string;
  /** Where its Dockerfile stands; `null` where it is written into a compose file. */
  readonly path: RepoPath | null;
  readonly file: Dockerfile;
  readonly stage: Stage;
  readonly args: BuildArgs;
  /** Folder that COPY starts from, where something in the repository says it. */
  readonly context: RepoPath | null;
  /** Whom the service runs as instead of the image's user; `null` where nothing says. */
  readonly user: string | null;
};

export type Builds = {
  /** Dockerfiles, also those that only a compose file names. */
  readonly files: Files;
  readonly builds: readonly Build[];
  /** What could not be read, and why. */
  readonly blind: readonly { readonly subject: string; readonly why: string; readonly hint: string }[];
};

/** Every image that Dockerfiles and compose files of the repository build: the default stage of each, and the targets named. */
export async function buildsOf(repo: Repo): Promise<Builds> {
  const blind: Builds['blind'][number][] = [];
  const composed = await composedOf(repo, blind);
  const named = new Set(
    composed.flatMap(({ dockerfile, inline }) =>
      dockerfile === null || inline !== null ? [] : [dockerfile],
    ),
  );
  const files = await repo.files((path) => isDockerfile(path) || named.has(path));
  const parsed = new Map<RepoPath, Dockerfile>();
  for (const path of files.items) {
    const file = await attempt(path, async () => readDockerfile(await repo.text(path)), blind);
    if (file) parsed.set(path, file);
  }
  const alone = Array.from(parsed, ([path, file]): readonly Build[] => {
    const stage = stageNamed(file, null);
    return stage === null
      ? []
      : [{ name: path, path, file, stage, args: new Map(), context: null, user: null }];
  }).flat();
  const through = composed.flatMap((build) => fromCompose(build, parsed, blind));
  return { files, builds: [...alone, ...through], blind };
}

async function composedOf(repo: Repo, blind: Builds['blind'][number][]): Promise<readonly ComposeBuild[]> {
  const found: ComposeBuild[] = [];
  for (const path of (await repo.files(isCompose)).items) {
    const builds = await attempt(path, async () => readCompose(path, await repo.text(path)), blind);
    if (builds) found.push(...builds);
  }
  return found;
}

function fromCompose(
  build: ComposeBuild,
  parsed: ReadonlyMap<RepoPath, Dockerfile>,
  blind: Builds['blind'][number][],
): readonly Build[] {
  const name = `${build.compose} ${build.service}`;
  const inline = build.inline === null ? null : readDockerfile(build.inline);
  const file = inline ?? (build.dockerfile === null ? undefined : parsed.get(build.dockerfile));
  if (file === undefined || 'trouble' in file) {
    const why =
      file === undefined
        ? `${build.dockerfile ?? 'its Dockerfile'} is not in the repository, or could not be read`
        : file.trouble;
    blind.push({ subject: name, why, hint: `correct build: of ${build.service} in ${build.compose}` });
    return [];
  }
  const stage = stageNamed(file, build.target);
  if (stage === null) {
    blind.push({
      subject: name,
      why: `there is no stage ${build.target}`,
      hint: `correct target: in ${build.compose}`,
    });
    return [];
  }
  const path = inline === null ? build.dockerfile : null;
  return [{ name, path, file, stage, args: build.args, context: build.context, user: build.user }];
}

/** Reads one file; what cannot be read is written down, and the others go on. */
async function attempt<T extends object>(
  path: RepoPath,
  read: () => Promise<T | { readonly trouble: string }>,
  blind: Builds['blind'][number][],
): Promise<T | null> {
  try {
    const got = await read();
    if (!('trouble' in got)) return got;
    blind.push({
      subject: path,
      why: got.trouble,
      hint: `correct ${path}, or accept the risk with surety except`,
    });
  } catch (error) {
    if (!(error instanceof BlindError)) throw error;
    blind.push({ subject: path, why: error.message, hint: error.hint });
  }
  return null;
}
