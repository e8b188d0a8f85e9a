import { posix } from 'node:path';
import { baseOf, folderOf, type RepoPath } from '../name.ts';

/** What a `package.json` says of how things are run. */
export type Package = {
  /** The folder, `''` for the root. */
  readonly folder: RepoPath;
  readonly name: string | null;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: ReadonlySet<string>;
};

export function isManifest(path: RepoPath): boolean {
  return baseOf(path) === 'package.json';
}

/** `null` where it is none. */
export function readPackage(path: RepoPath, text: string): Package | null {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return null;
  }
  const manifest = record(content);
  const scripts = Object.entries(record(manifest.scripts)).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return {
    folder: folderOf(path),
    name: typeof manifest.name === 'string' ? manifest.name : null,
    scripts: Object.fromEntries(scripts),
    dependencies: new Set(
      [manifest.dependencies, manifest.devDependencies].flatMap((all) => Object.keys(record(all))),
    ),
  };
}

/** Which script of which packages a package manager is asked for, and with what after it. */
export type ScriptCall = {
  readonly script: string;
  readonly packages: readonly Package[];
  readonly rest: readonly string[];
};

const managers = /^(npm|pnpm|yarn|bun)$/;
const withValue = /^(-w|--workspace|--prefix|-C|--dir|--cwd|--filter|-F)$/;

/**
 * What `npm run x -w y`, `yarn workspace y x` and their like run. A program that they only start is given as `words`.
 * `null`: no package manager, or something else of it, such as `npm ci`.
 */
export function scriptCall(
  [manager = '', ...given]: readonly string[],
  folder: RepoPath,
  packages: readonly Package[],
): ScriptCall | { readonly words: readonly string[] } | null {
  if (manager === 'npx' || manager === 'bunx') return { words: given.filter((word) => !/^-/.test(word)) };
  if (!managers.test(manager)) return null;
  const where: string[] = [];
  const plain: string[] = [];
  let everywhere = false;
  const cut = given.indexOf('--');
  const before = cut === -1 ? given : given.slice(0, cut);
  for (let at = 0; at < before.length; at += 1) {
    const word = before[at] ?? '';
    if (withValue.test(word)) {
      where.push(before[at + 1] ?? '');
      at += 1;
    } else if (/^--?(w|workspace|prefix|dir|cwd|filter)=/.test(word))
      where.push(word.slice(word.indexOf('=') + 1));
    else if (/^(-r|--recursive|-ws|--workspaces)$/.test(word)) everywhere = true;
    else if (manager === 'yarn' && word === 'workspace' && plain.length === 0) {
      where.push(before[at + 1] ?? '');
      at += 1;
    } else if (!word.startsWith('-') || plain.length > 1) plain.push(word);
  }
  const after = cut === -1 ? [] : given.slice(cut + 1);
  const [verb = '', ...args] = plain;
  if (/^(exec|x|dlx)$/.test(verb)) return { words: [...args, ...after] };
  const named = /^(run|run-script)$/.test(verb);
  const script = named ? (args[0] ?? '') : verb.replace(/^(t|tst)$/, 'test');
  if (!named && manager === 'npm' && script !== 'test' && script !== 'start') return null;
  const asked = packages.filter((one) =>
    where.length === 0
      ? everywhere || one.folder === folder
      : where.some((name) => one.name === name || one.folder === posix.normalize(posix.join(folder, name))),
  );
  return {
    script,
    packages: asked.filter(({ scripts }) => script in scripts),
    rest: [...(named ? args.slice(1) : args), ...after],
  };
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value))
    : {};
}
