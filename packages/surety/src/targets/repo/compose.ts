import { posix } from 'node:path';
import { parseDocument } from 'yaml';
import { baseOf, folderOf, type RepoPath } from './name.ts';
import { expand, type Lookup } from './shell-word.ts';
import type { BuildArgs } from './stage-user.ts';

/** One image that a compose file builds. Paths outside the checkout and addresses are `null`. */
export type ComposeBuild = {
  readonly compose: RepoPath;
  readonly service: string;
  readonly context: RepoPath | null;
  readonly dockerfile: RepoPath | null;
  /** The Dockerfile itself, where it is written into the compose file. */
  readonly inline: string | null;
  readonly target: string | null;
  readonly args: BuildArgs;
  /** Whom the service runs as instead of the image's user; `null` where it says nothing. */
  readonly user: string | null;
};

export function isCompose(path: RepoPath): boolean {
  return /^(?:docker-)?compose(?:[._-].*)?\.ya?ml$/i.test(baseOf(path));
}

/** @returns why it cannot be judged, where it is not a compose file that can be read. */
export function readCompose(
  path: RepoPath,
  text: string,
): readonly ComposeBuild[] | { readonly trouble: string } {
  const document = parseDocument(text, { merge: true, uniqueKeys: false });
  const [error] = document.errors;
  if (error) return { trouble: `not YAML: ${error.code}` };
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: 100 });
  } catch {
    return { trouble: 'its aliases go on and on' };
  }
  const services = record(record(content).services);
  return Object.entries(services).flatMap(([service, declared]) => {
    const { build, user } = record(declared);
    if (build === undefined || build === null) return [];
    return [readBuild(path, service, typeof build === 'string' ? { context: build } : record(build), user)];
  });
}

function readBuild(compose: RepoPath, service: string, build: Mapping, user: unknown): ComposeBuild {
  const folder = folderOf(compose);
  const context = inside(folder, filled(build.context) ?? '.');
  const dockerfile = filled(build.dockerfile) ?? 'Dockerfile';
  return {
    compose,
    service,
    context,
    dockerfile: context === null ? null : inside(context, dockerfile),
    inline: typeof build.dockerfile_inline === 'string' ? build.dockerfile_inline : null,
    target: filled(build.target),
    args: argsOf(build.args),
    user: user === undefined || user === null ? null : (filled(user) ?? '$'),
  };
}

function argsOf(args: unknown): BuildArgs {
  if (Array.isArray(args))
    return new Map(
      args.map(String).map((arg) => {
        const [, name = arg, value] = /^([^=]+)=(.*)$/s.exec(arg) ?? [];
        return [name, value === undefined ? null : filled(value)] as const;
      }),
    );
  return new Map(
    Object.entries(record(args)).map(([name, value]) => [name, value === null ? null : filled(value)]),
  );
}

const unset: Lookup = (name) => ({ unknown: `${name} has no default` });

/** A scalar with its variables filled in by their defaults; `null` where it is none or has one without. */
function filled(value: unknown): string | null {
  if (typeof value !== 'string' && typeof value !== 'number') return null;
  const { text, unknown } = expand(String(value), unset, '\0');
  return unknown === null ? text : null;
}

function inside(folder: string, path: string): RepoPath | null {
  if (/^[a-z]+:\/\/|^git@|^\//i.test(path)) return null;
  const joined = posix.normalize(posix.join(folder, path)).replace(/\/$/, '');
  if (joined === '..' || joined.startsWith('../')) return null;
  return joined === '.' ? '' : joined;
}

type Mapping = Readonly<Record<string, unknown>>;

function record(value: unknown): Mapping {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}
