import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { BlindError } from '../../core/error.ts';
import { type Quarantine, quarantine } from './quarantine.ts';

/** Git, over one checkout, unable to run anything that the checkout names. */
export type Git = Omit<Quarantine, 'gitDir' | 'foreignConfig' | 'remove'> & {
  /** What git writes, given `args`. Exit codes other than 0 and `alsoFine` are blindness. */
  run(args: readonly string[], options?: RunOptions): Promise<Buffer>;
  /** Where it was cloned from, as its configuration says. */
  originUrl(): Promise<string | null>;
  close(): Promise<void>;
};

export type RunOptions = {
  readonly input?: Buffer;
  readonly alsoFine?: readonly number[];
  /** Git goes on after a ref or object that it cannot read, and only mentions it. Then what it wrote is not all. */
  readonly complaintsAreBlindness?: boolean;
};

const maxOutput = 512 * 1024 * 1024;

// Fixed on purpose: with npx the PATH begins with node_modules/.bin, which belongs to the checkout.
const path = [
  '/usr/local/bin',
  '/usr/bin',
  '/bin',
  '/opt/homebrew/bin',
  '/opt/local/bin',
  '/run/current-system/sw/bin',
].join(':');

/**
 * @param program `git`, or the absolute path of one.
 * @returns `null` where there is no git folder.
 */
export async function openGit(root: string, program: string, signal: AbortSignal): Promise<Git | null> {
  const readConfig = async (file: string, key: string) => {
    const args = ['config', '--file', file, '--no-includes', '--get', key];
    const value = await run({ program, signal, cwd: tmpdir(), env: {} }, args, { alsoFine: [1] });
    return value.length === 0 ? null : value.toString().trim();
  };
  const kept = await quarantine(root, readConfig);
  if (kept === null) return null;
  const { gitDir, foreignConfig, remove, ...open } = kept;
  const env = { GIT_DIR: gitDir, GIT_WORK_TREE: open.top, GIT_INDEX_FILE: open.index };
  return {
    ...open,
    run: (args, options) => run({ program, signal, cwd: open.top, env }, args, options),
    originUrl: () => readConfig(foreignConfig, 'remote.origin.url'),
    close: remove,
  };
}

type Where = {
  readonly program: string;
  readonly signal: AbortSignal;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
};

async function run(where: Where, args: readonly string[], options: RunOptions = {}): Promise<Buffer> {
  const { input, alsoFine = [], complaintsAreBlindness = false } = options;
  const { code, out, err } = await spawnGit(where, args, input);
  const complaint = err
    .split('\n')
    .find((line) => line !== '' && !line.startsWith('warning: ignoring dangling symref'));
  if (code === 0 || alsoFine.includes(code)) {
    if (complaint === undefined || !complaintsAreBlindness) return out;
  }
  throw new BlindError(
    'repo/git-failed',
    `git ${args[0]} could not read it: ${complaint ?? `exit ${code}`}`,
    'run git fsck there; in a partial clone, fetch what is missing first',
  );
}

type Result = { readonly code: number; readonly out: Buffer; readonly err: string };

function spawnGit(
  { program, signal, cwd, env }: Where,
  args: readonly string[],
  input: Buffer | undefined,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['--no-pager', ...args], {
      cwd,
      env: { ...scrubbed, ...env },
      signal,
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const out: Buffer[] = [];
    const err: Buffer[] = [];
    let size = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxOutput) child.kill('SIGKILL');
      else out.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      if (err.length < 64) err.push(chunk);
    });
    child.stdin.on('error', () => undefined);
    child.on('error', (cause) => reject(signal.aborted ? stopped(cause) : missing(program, cause)));
    child.on('close', (code) => {
      if (size > maxOutput) reject(tooMuch());
      else resolve({ code: code ?? -1, out: Buffer.concat(out), err: Buffer.concat(err).toString() });
    });
    child.stdin.end(input);
  });
}

const scrubbed = {
  PATH: path,
  LC_ALL: 'C',
  HOME: '/nonexistent',
  XDG_CONFIG_HOME: '/nonexistent',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_ATTR_NOSYSTEM: '1',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  GIT_TERMINAL_PROMPT: '0',
};

function missing(program: string, cause: Error): BlindError {
  return new BlindError(
    'repo/no-git-program',
    `${program} cannot be started`,
    'install git, or set git: to the absolute path of one in surety.config.ts',
    { cause },
  );
}

function stopped(cause: Error): BlindError {
  return new BlindError('repo/stopped', 'git was stopped before it had answered', 'give it more time', {
    cause,
  });
}

function tooMuch(): BlindError {
  return new BlindError(
    'repo/too-large',
    'git wrote more than 512 MiB',
    'point path: at a part of the repository',
  );
}
