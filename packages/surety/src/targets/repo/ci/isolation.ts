import { posix } from 'node:path';
import { BlindError } from '../../../core/error.ts';
import { baseOf, folderOf, type RepoPath } from '../name.ts';
import type { Repo } from '../target.ts';
import { type Answer, both, either, no, unknown, yes } from './answer.ts';
import type { Trigger } from './condition.ts';
import { isManifest, readPackage } from './packages.ts';
import { type Runs, scriptReaches } from './reach.ts';
import { commandsOf, shellOptions } from './script.ts';
import { isTestFile, type Level, levels, ownImports, readSuite, type Suite } from './suite.ts';
import { isWorkflow, readWorkflow, type Step } from './workflow.ts';

/** Something that could not be read, and so was not looked at. */
export type Unread = { readonly path: RepoPath; readonly why: string };

/** The suites of a repository, and what would run them. */
export type IsolationTests = {
  readonly suites: readonly Suite[];
  /** How many files of tests were looked at. */
  readonly testFiles: number;
  readonly steps: readonly Step[];
  readonly workflows: readonly RepoPath[];
  /** Jobs that call another workflow, CI of other kinds, and workflows that cannot be read: none is followed. */
  readonly unfollowed: readonly string[];
  /** Packages with a front that people open in a browser. */
  readonly webApps: readonly string[];
  readonly unread: readonly Unread[];
  readonly runs: Runs;
};

const runnerConfig = /^(?:vitest|vite|jest|playwright|cypress)\.config\.[cm]?[jt]s$/;
const otherCi =
  /^(?:\.gitlab-ci\.yml|\.circleci\/config\.yml|azure-pipelines\.yml|bitbucket-pipelines\.yml|Jenkinsfile|\.drone\.yml|\.woodpecker\.ya?ml|\.buildkite\/pipeline\.yml)$/;
const webFrameworks =
  /^(?:next|nuxt|react-dom|vue|svelte|solid-js|preact|@angular\/core|@sveltejs\/kit|@remix-run\/react|astro)$/;

/** Reads all of it as data. Nothing of it is run. */
export async function readIsolationTests(repo: Repo): Promise<IsolationTests> {
  const unread: Unread[] = [];
  const read = async (path: RepoPath): Promise<string | null> => {
    try {
      return await repo.text(path);
    } catch (error) {
      if (!(error instanceof BlindError)) throw error;
      unread.push({ path, why: error.message });
      return null;
    }
  };
  const list = async (matches: (path: RepoPath) => boolean) => (await repo.files(matches)).items;
  const texts = async (paths: readonly RepoPath[]) => {
    const found = new Map<RepoPath, string>();
    for (const path of paths) {
      const text = await read(path);
      if (text !== null) found.set(path, text);
    }
    return found;
  };
  const manifests = await texts(await list(isManifest));
  const packages = [...manifests].flatMap(([path, text]) => {
    const found = readPackage(path, text);
    return found === null ? [] : [found];
  });
  const workflows = await texts(await list(isWorkflow));
  const steps: Step[] = [];
  const unfollowed = [...(await list((path) => otherCi.test(path)))];
  for (const [path, text] of workflows) {
    const workflow = readWorkflow(path, text);
    if ('trouble' in workflow) {
      unread.push({ path, why: workflow.trouble });
      unfollowed.push(path);
    } else {
      steps.push(...workflow.steps);
      unfollowed.push(...workflow.calls);
    }
  }
  const tests = await list(isTestFile);
  return {
    suites: await suitesOf(repo, tests, read),
    testFiles: tests.length,
    steps,
    workflows: [...workflows.keys()],
    unfollowed,
    webApps: packages
      .filter(({ dependencies }) => [...dependencies].some((name) => webFrameworks.test(name)))
      .map(({ name, folder }) => name ?? folder),
    unread,
    runs: { packages, configs: await texts(await list((path) => runnerConfig.test(baseOf(path)))) },
  };
}

async function suitesOf(
  repo: Repo,
  tests: readonly RepoPath[],
  read: (path: RepoPath) => Promise<string | null>,
): Promise<readonly Suite[]> {
  const declared = new Map<RepoPath, readonly Level[]>();
  for (const level of levels) {
    for (const path of repo.isolation[nameOf[level]]) {
      declared.set(path, [...(declared.get(path) ?? []), level]);
    }
  }
  const suites: Suite[] = [];
  for (const path of new Set([...tests, ...declared.keys()])) {
    const text = await read(path);
    if (text === null) continue;
    const nearby = await modulesOf(repo, path, text);
    const suite = readSuite(path, text, nearby, declared.get(path) ?? []);
    if (suite !== null) suites.push(suite);
  }
  return suites;
}

const nameOf = { SQL: 'sql', HTTP: 'http', browser: 'browser' } as const;

/** The texts of the modules beside a test that it imports; what cannot be read there tells nothing. */
async function modulesOf(repo: Repo, path: RepoPath, text: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const written of ownImports(text)) {
    const module = posix.normalize(posix.join(folderOf(path), written));
    for (const candidate of [module, module.replace(/\.js$/, '.ts'), `${module}.ts`, `${module}/index.ts`]) {
      if (!/\.[cm]?[jt]sx?$/.test(candidate) || !(await repo.has(candidate))) continue;
      found.push(await repo.text(candidate).catch(() => ''));
      break;
    }
  }
  return found;
}

/** Whether some step runs the suite after that trigger, and fails where the suite does. */
export function runsAfter(trigger: Trigger, { path }: Suite, { steps, runs }: IsolationTests): Answer {
  return either(
    steps.map((step) => both(stepReaches(step, path, runs), step.runs(trigger))),
    'no step of a workflow runs it',
  );
}

/** Whether row security binds whom the suite connects as, in every step that runs it. */
export function roleIsBound(suite: Suite, { steps, runs }: IsolationTests): Answer {
  if (suite.checksItsRole) return yes;
  const running = steps.filter((step) => stepReaches(step, suite.path, runs).kind === 'yes');
  return both(...running.map(roleOf));
}

function stepReaches(step: Step, file: RepoPath, runs: Runs): Answer {
  const shell = shellOptions(step.shell);
  if (shell === null) return unknown(`${step.name}: its shell is not followed`);
  const folder = posix.normalize(step.folder).replace(/^\.\/?$/, '');
  const answer = scriptReaches(step.run, file, { folder, shell }, runs);
  return answer.kind === 'yes' ? yes : { ...answer, why: `${step.name}: ${answer.why}` };
}

/** Those make the database ready; tests do not ask as them. */
const forSetUp = /admin|super|migrat|owner|root|setup|direct|shadow|template|seed/i;

function roleOf(step: Step): Answer {
  const assigned = commandsOf(step.run, { errexit: true, pipefail: true }).map(({ env }) => env);
  const env = Object.assign({}, step.env, ...assigned);
  const superusers = new Set(['postgres', ...step.superusers]);
  const users = Object.entries<string>(env).flatMap(([name, value]) => {
    if (forSetUp.test(name)) return [];
    if (name === 'PGUSER') return [{ name, user: value }];
    const [, user] = /^postgres(?:ql)?:\/\/([^:@/?]+)[:@]/.exec(value) ?? [];
    return user === undefined ? [] : [{ name, user }];
  });
  const exempt = users.find(({ user }) => superusers.has(user));
  if (exempt !== undefined)
    return no(`${step.name}: ${exempt.name} is a superuser’s, whom policies do not bind`);
  if (users.some(({ user }) => !user.includes('$'))) return yes;
  return unknown(`${step.name}: nothing says as which role it connects`);
}
