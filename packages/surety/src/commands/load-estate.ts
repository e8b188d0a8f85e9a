import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { SuretyError } from '../core/error.ts';
import { type Estate, makeEstate } from '../core/estate.ts';
import { isValue, type ReadValue, values } from '../core/values.ts';
import { kinds } from '../targets/registry.ts';
import { slug } from './slug.ts';
import type { Terminal } from './verb.ts';

export const configName = 'surety.config.ts';

const run = promisify(execFile);

/**
 * Loads the estate of the user's own configuration. It is code, and it is run: never that of a repository
 * that is only looked at.
 *
 * @throws {SuretyError} `estate/…`, naming the key and the fix
 */
export async function loadEstate(
  file: string | undefined,
  terminal: Pick<Terminal, 'cwd' | 'env'>,
  learn: (secret: string) => void,
): Promise<Estate> {
  const path = resolve(terminal.cwd, file ?? configName);
  if (!existsSync(path)) {
    throw new SuretyError(
      'estate/not-found',
      `there is no ${file ?? configName} in ${terminal.cwd}`,
      'surety init',
    );
  }
  const declare = await importConfig(path);
  const root = dirname(path);
  const declared = await evaluate(declare, path);
  return makeEstate({ file: path, root, declared }, kinds, reader(root, terminal.env), learn);
}

type Declare = (given: typeof values) => unknown;

async function importConfig(path: string): Promise<Declare> {
  const module = await importFresh(path);
  const declare = 'default' in module ? module.default : undefined;
  if (!isDeclare(declare)) {
    throw new SuretyError(
      'estate/no-default-export',
      `${path} does not export a function by default`,
      'export default (({ env }) => ({ name, environment, targets })) satisfies SuretyConfig',
    );
  }
  return declare;
}

async function importFresh(path: string): Promise<object> {
  try {
    const module: unknown = await import(pathToFileURL(path).href);
    return typeof module === 'object' && module !== null ? module : {};
  } catch (error) {
    throw new SuretyError(
      'estate/unreadable',
      `${path}: ${firstLine(error)}`,
      'mend the file; `node --check` shows the line',
    );
  }
}

function isDeclare(value: unknown): value is Declare {
  return typeof value === 'function';
}

/** Also what it does late: a promise, getters, and objects that hold themselves. */
async function evaluate(declare: Declare, path: string): Promise<unknown> {
  try {
    return plain(await declare(values), []);
  } catch (error) {
    throw new SuretyError('estate/unreadable', `${path}: ${firstLine(error)}`, 'mend what the function does');
  }
}

const deepest = 50;

/** A copy that is data only, so that reading it again can neither fail nor say something else. */
function plain(node: unknown, above: readonly object[]): unknown {
  if (typeof node !== 'object' || node === null || isValue(node)) return node;
  if (above.includes(node)) throw new Error('an object holds itself');
  if (above.length >= deepest) throw new Error(`objects are nested more than ${deepest} deep`);
  const inside = [...above, node];
  if (Array.isArray(node)) return node.map((item) => plain(item, inside));
  return Object.fromEntries(Object.entries(node).map(([key, child]) => [key, plain(child, inside)]));
}

function firstLine(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.split('\n')[0] ?? text;
}

/** How `env()`, `file()` and `command()` are read here. */
export function reader(root: string, env: Terminal['env']): ReadValue {
  return {
    env: (name) => env[name],
    file: async (path) => {
      try {
        return await readFile(isAbsolute(path) ? path : join(root, path), 'utf8');
      } catch (error) {
        throw new Error(code(error) === 'ENOENT' ? 'does not exist' : `cannot be read (${code(error)})`);
      }
    },
    command: async ([program, ...args]) => {
      if (program === undefined) throw new Error('is empty');
      try {
        const { stdout } = await run(program, args, { cwd: root, timeout: 20_000, maxBuffer: 1024 * 1024 });
        return stdout;
      } catch (error) {
        // Its output may hold the secret that it was asked for.
        throw new Error(`failed (${code(error)})`);
      }
    },
  };
}

/** A checkout by itself: one target, and none of its own configuration is loaded. */
export async function repoEstate(path: string, terminal: Pick<Terminal, 'cwd'>): Promise<Estate> {
  const root = resolve(terminal.cwd, path);
  if (!existsSync(root))
    throw new SuretyError('usage/no-such-folder', `there is no ${path}`, '--repo PATH of a checkout');
  const name = slug(basename(root), 'repo');
  const declared = { name, environment: 'checkout', targets: { [name]: { kind: 'repo', path: root } } };
  return makeEstate({ file: path, root, declared }, kinds, reader(root, {}), () => undefined);
}

function code(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no code';
}
