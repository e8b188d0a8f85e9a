import { posix } from 'node:path';
import ignore from 'ignore';
import { below, type RepoPath } from '../name.ts';
import { type Answer, both, either, elsewhere, unknown, yes } from './answer.ts';
import { type Package, scriptCall } from './packages.ts';
import { commandsOf, type ShellOptions } from './script.ts';

export type Runs = {
  readonly packages: readonly Package[];
  /** Texts of the configurations of test runners, by path. */
  readonly configs: ReadonlyMap<RepoPath, string>;
};

/** Scripts of packages are run by `sh -c`. */
const plainShell: ShellOptions = { errexit: false, pipefail: false };
const deepest = 6;

/** Whether a script runs the file, and fails where it does. */
export function scriptReaches(
  script: string,
  file: RepoPath,
  at: { readonly folder: RepoPath; readonly shell: ShellOptions },
  runs: Runs,
  depth = 0,
): Answer {
  if (depth > deepest) return unknown('its scripts call each other');
  let { folder } = at;
  const answers = commandsOf(script, at.shell).flatMap(({ words, fate }) => {
    if (words[0] === 'cd') folder = posix.normalize(posix.join(folder, words[1] ?? ''));
    const reached = commandReaches(words, file, folder, runs, depth);
    return reached === null ? [] : [both(fate, reached)];
  });
  return either(answers, 'no command of it runs this file');
}

/** `null`: it has nothing to do with tests. */
function commandReaches(
  words: readonly string[],
  file: RepoPath,
  folder: RepoPath,
  runs: Runs,
  depth: number,
): Answer | null {
  const call = scriptCall(words, folder, runs.packages);
  if (call !== null && 'words' in call) return commandReaches(call.words, file, folder, runs, depth + 1);
  if (call !== null) {
    const answers = call.packages.map((one) => {
      const script = [one.scripts[call.script] ?? '', ...call.rest].join(' ');
      return scriptReaches(script, file, { folder: one.folder, shell: plainShell }, runs, depth + 1);
    });
    return answers.length === 0 ? null : either(answers, 'no such script');
  }
  const [program = '', ...args] = words;
  if (unrelated.test(posix.basename(program))) return null;
  const runner = runners[posix.basename(program)];
  if (runner !== undefined) return runner({ args, file, folder, runs });
  return mayTest.test(words.join(' ')) ? unknown(`${posix.basename(program)} is not followed`) : null;
}

/** What has such words among its own, and runs no tests. */
const unrelated =
  /^(npm|pnpm|yarn|bun|test|\[{1,2}|cd|echo|printf|export|cat|mkdir|cp|mv|rm|git|curl|wget|apt|apt-get|sleep|openssl|tsc|biome|eslint|prettier|oxlint|semgrep|codecov|gitleaks|trivy)$/;
const mayTest = /(^|[\s/:._-])(tests?|check|e2e|verify|spec|ci)([\s/:._-]|$)/i;

type Asked = {
  readonly args: readonly string[];
  readonly file: RepoPath;
  readonly folder: RepoPath;
  readonly runs: Runs;
};

const isSpec = /\.(?:spec|test)\.[cm]?[jt]sx?$/;
const selecting =
  /^(-t|-g|--grep|--grep-invert|--testNamePattern|--test-name-pattern|--test-skip-pattern|--test-only|--shard|--exclude|--testPathIgnorePatterns|--changed|--onlyChanged|-o|--related|--findRelatedTests)(=|$)/;

const runners: Readonly<Record<string, (asked: Asked) => Answer | null>> = {
  node: nodeRuns,
  vitest: (asked) =>
    matchesOrDefault(asked, /^vitest\.config\.|^vite\.config\./, (path) => isSpec.test(path)),
  jest: (asked) =>
    matchesOrDefault(asked, /^jest\.config\./, (path) => isSpec.test(path) || /(^|\/)__tests__\//.test(path)),
  playwright: (asked) =>
    asked.args[0] === 'test'
      ? matchesOrDefault({ ...asked, args: asked.args.slice(1) }, /^playwright\.config\./, (path) =>
          isSpec.test(path),
        )
      : null,
  cypress: (asked) =>
    asked.args[0] === 'run'
      ? matchesOrDefault({ ...asked, args: asked.args.slice(1) }, /^cypress\.config\./, (path) =>
          /\.cy\.[jt]sx?$/.test(path),
        )
      : null,
  mocha: (asked) =>
    plainArgs(asked.args).length === 0
      ? unknown('mocha without files is not followed')
      : globsMatch(asked, plainArgs(asked.args)),
};

const nodeFlagsWithValue =
  /^(--import|--require|-r|--test-reporter|--test-reporter-destination|--env-file|--conditions|-C|--loader|--experimental-loader)$/;

function nodeRuns(asked: Asked): Answer | null {
  const { args, file, folder } = asked;
  const files = args.filter(
    (word, index) => !word.startsWith('-') && !nodeFlagsWithValue.test(args[index - 1] ?? ''),
  );
  if (!args.includes('--test')) {
    const [program = ''] = files;
    if (within(folder, file) === posix.normalize(program)) return yes;
    return mayTest.test(program) ? unknown(`${program} is a program of its own, and not followed`) : null;
  }
  if (args.some((word) => selecting.test(word))) return unknown('it runs a selection of tests');
  if (files.length > 0) return globsMatch(asked, files);
  const path = within(folder, file);
  const found = path !== null && (isSpec.test(path) || /(^|\/)test\//.test(path));
  return found ? yes : elsewhere('node --test does not look there');
}

/** Words after such a runner are parts of paths; without them its configuration decides. */
function matchesOrDefault(
  { args, file, folder, runs }: Asked,
  config: RegExp,
  isDefault: (path: RepoPath) => boolean,
): Answer {
  if (args.some((word) => selecting.test(word))) return unknown('it runs a selection of tests');
  if (args.some((word) => /^(--config|-c|--project|--root|--dir|-p)(=|$)/.test(word)))
    return unknown('the configuration that it names is not followed');
  const path = within(folder, file);
  if (path === null) return elsewhere('it runs in another folder');
  const filters = plainArgs(args).filter((word) => !/^(run|watch|dev)$/.test(word));
  if (filters.length > 0)
    return filters.some((filter) => path.includes(posix.normalize(filter).replace(/^\.\//, '')))
      ? yes
      : elsewhere('it names other files');
  const texts = [...runs.configs]
    .filter(([at]) => config.test(within(folder, at) ?? ''))
    .map(([, text]) => text);
  if (
    texts.some((text) =>
      /\b(include|exclude|projects|workspace|testRegex|testMatch|testIgnore|testPathIgnorePatterns|testDir|rootDir|roots|specPattern)\b/.test(
        text,
      ),
    )
  )
    return unknown('its configuration chooses the files, and is not followed: name the file in the command');
  return isDefault(path) ? yes : elsewhere('its runner does not look there');
}

function plainArgs(args: readonly string[]): readonly string[] {
  return args.filter((word) => !word.startsWith('-'));
}

function globsMatch({ file, folder }: Asked, globs: readonly string[]): Answer {
  const path = within(folder, file);
  if (path === null) return elsewhere('it runs in another folder');
  const patterns = globs
    .flatMap(alternatives)
    .map((glob) => `/${posix.normalize(glob).replace(/^\.\//, '')}`);
  return ignore({ ignorecase: false }).add(patterns).ignores(path) ? yes : elsewhere('it names other files');
}

/** `a/{b,c}.ts` → `a/b.ts`, `a/c.ts` */
function alternatives(glob: string): readonly string[] {
  const [whole, before = '', inner, after = ''] = /^(.*?)\{([^{}]*)\}(.*)$/s.exec(glob) ?? [];
  if (whole === undefined || inner === undefined) return [glob];
  return inner.split(',').flatMap((one) => alternatives(`${before}${one}${after}`));
}

/** The path as it is seen from the folder; `null` where it is not below it. */
function within(folder: RepoPath, path: RepoPath): RepoPath | null {
  const base = posix.normalize(folder);
  if (base === '.' || base === '') return path;
  return path.startsWith(below(base.replace(/\/$/, ''), ''))
    ? path.slice(base.replace(/\/$/, '').length + 1)
    : null;
}
